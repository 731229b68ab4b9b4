internal import Glibc

/// A file descriptor that someone else closes. Failures are `errno`.
struct Descriptor {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    /// Everything up to the end, or one byte more than `limit` when there is more than that.
    func read(limit: Int) -> Result<[UInt8], Errno> {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let wanted = min(chunk.count, limit + 1 - bytes.count)
            let count = Glibc.read(number, &chunk, wanted)
            if count == 0 { break }
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
            } else if errno != EINTR {
                return .failure(Errno(code: errno))
            }
        }
        return .success(bytes)
    }

    func write(_ bytes: [UInt8]) -> Errno? {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Glibc.write(number, buffer.baseAddress! + written, buffer.count - written)
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    return Errno(code: errno)
                }
            }
            return nil
        }
    }
}

struct Errno: Error {
    let code: Int32
}
