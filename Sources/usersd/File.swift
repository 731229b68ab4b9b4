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

    /// The entries of a folder; nil when it cannot be read.
    static func count(_ path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            // Names that begin with a dot are the folder and its parent.
            if entry.pointee.d_name.0 != 46 { count += 1 }
        }
        return count
    }
}
