internal import Glibc

/// Overwrites what was secret. The compiler may not leave it out, as it may with other writes that nobody reads.
/// Text in a `String` cannot be reached: it stays until its memory is used again.
public enum Wipe {
    /// The first `count` bytes. A buffer that somebody else holds too is theirs to wipe: a copy would be made here.
    @inline(__always)
    public static func bytes(_ bytes: inout [UInt8], count: Int) {
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { explicit_bzero(start, count) }
        }
    }
}
