internal import Glibc

/// Where the models.dev document comes from.
enum PriceInput: CustomStringConvertible {
    case standardInput
    case file(String)
    case address(String)

    static let modelsDev = "https://models.dev/api.json"

    /// Of a document, wherever it comes from; the real one has 2 MB.
    static let maximumBytes = 100 << 20

    init(_ argument: String) {
        if argument == "-" {
            self = .standardInput
        } else if argument.hasPrefix("https://") || argument.hasPrefix("http://") {
            self = .address(argument)
        } else {
            self = .file(argument)
        }
    }

    /// As the start of an error message.
    var description: String {
        switch self {
        case .standardInput: "read standard input"
        case .file(let path): "read \(path)"
        case .address(let address): "fetch \(address)"
        }
    }

    /// - Throws: `RunError`, also when the document is larger than `maximumBytes`.
    func read() throws(RunError) -> [UInt8] {
        switch self {
        case .standardInput: return try read(Descriptor(STDIN_FILENO))
        case .file(let path):
            let number = open(path, O_RDONLY | O_CLOEXEC)
            if number < 0 { throw .notRead(self, errno: errno) }
            defer { close(number) }
            return try read(Descriptor(number))
        case .address(let address):
            do { return try Download.get(address, maximumBytes: Self.maximumBytes) } catch {
                throw .notFetched(address, error)
            }
        }
    }

    private func read(_ descriptor: Descriptor) throws(RunError) -> [UInt8] {
        switch descriptor.read(limit: Self.maximumBytes) {
        case .success(let bytes):
            if bytes.count > Self.maximumBytes { throw .tooLarge(self) }
            return bytes
        case .failure(let error): throw .notRead(self, errno: error.code)
        }
    }
}
