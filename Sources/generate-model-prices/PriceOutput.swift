internal import Glibc

/// Where the price seed goes.
enum PriceOutput: CustomStringConvertible {
    case standardOutput
    case file(String)

    init(_ argument: String) { self = argument == "-" ? .standardOutput : .file(argument) }

    var description: String {
        switch self {
        case .standardOutput: "standard output"
        case .file(let path): path
        }
    }

    /// A file holds all of `bytes` afterwards, or what it held before, even if the power fails in between.
    func write(_ bytes: [UInt8]) throws(RunError) {
        let failure: Errno? =
            switch self {
            case .standardOutput: Descriptor(STDOUT_FILENO).write(bytes)
            case .file(let path): Self.replace(path, with: bytes)
            }
        if let failure { throw .notWritten(self, errno: failure.code) }
    }

    private static func replace(_ path: String, with bytes: [UInt8]) -> Errno? {
        // A link stays a link: what it leads to is replaced.
        let target = resolved(path) ?? path
        var status = stat()
        let exists = stat(target, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG { return writeInPlace(target, bytes) }

        // Beside the target, since a rename does not cross file systems.
        let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(target[...$0]) } ?? "./"
        var template = Array("\(folder).generate-model-prices.XXXXXX".utf8CString)
        let number = mkstemp(&template)
        if number < 0 { return Errno(code: errno) }
        let mode = exists ? status.st_mode & 0o7777 : 0o666 & ~currentMask()
        let failure = store(bytes, in: number, mode: mode) ?? check(rename(template, target))
        if failure == nil { return sync(folder) }
        unlink(template)
        return failure
    }

    private static func store(_ bytes: [UInt8], in number: Int32, mode: mode_t) -> Errno? {
        let failure =
            check(fchmod(number, mode)) ?? Descriptor(number).write(bytes) ?? check(fsync(number))
        let closing = check(close(number))
        return failure ?? closing
    }

    /// A device or a pipe has no old content to keep, and a rename would put a file in its place.
    private static func writeInPlace(_ path: String, _ bytes: [UInt8]) -> Errno? {
        let number = open(path, O_WRONLY | O_CLOEXEC)
        if number < 0 { return Errno(code: errno) }
        let failure = Descriptor(number).write(bytes)
        let closing = check(close(number))
        return failure ?? closing
    }

    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Makes the rename last. The file is in place by then, so that a file system that cannot do this is no failure.
    private static func sync(_ folder: String) -> Errno? {
        let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if number >= 0 {
            fsync(number)
            close(number)
        }
        return nil
    }

    private static func currentMask() -> mode_t {
        let mask = umask(0)
        umask(mask)
        return mask
    }

    private static func check(_ result: Int32) -> Errno? { result == 0 ? nil : Errno(code: errno) }
}
