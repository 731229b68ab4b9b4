internal import Glibc

/// A small file that an option names.
enum File {
    /// - Parameter limit: bytes; what is behind them is left out.
    /// - Returns: nil when it cannot be read.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = fread(&buffer, 1, buffer.count, file)
        return ferror(file) == 0 ? Array(buffer[..<count]) : nil
    }
}
