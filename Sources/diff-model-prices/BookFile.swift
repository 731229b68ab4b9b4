internal import Glibc
internal import PriceBook

/// Why a book cannot be compared.
enum BookError: Error, CustomStringConvertible {
    case notRead(String, errno: Int32)
    case tooLarge(String)
    case refused(String, PriceSeedError)

    var description: String {
        switch self {
        case .notRead(let path, let code): "read \(path): \(String(cString: strerror(code)))"
        case .tooLarge(let path): "read \(path): larger than \(BookFile.maximumBytes) bytes"
        case .refused(let path, let cause): "read \(path): \(cause)"
        }
    }
}

/// A price book on disk.
enum BookFile {
    /// Of a book; the shipped one has 13 kB.
    static let maximumBytes = 100 << 20

    /// The rows, in the order of the file. A book without rows is a book: everything is new then.
    static func rows(_ path: String) throws(BookError) -> [PriceRow] {
        let bytes = try read(path)
        do { return try PriceSeed.check(bytes) } catch .empty { return [] } catch { throw .refused(path, error) }
    }

    private static func read(_ path: String) throws(BookError) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw .notRead(path, errno: errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 {
                // A folder opens, and fails only here.
                if ferror(file) != 0 { throw .notRead(path, errno: errno) }
                return bytes
            }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > maximumBytes { throw .tooLarge(path) }
        }
    }
}
