internal import Glibc
internal import PriceBook

/// Why a run wrote nothing.
enum RunError: Error, CustomStringConvertible {
    case notFetched(String, DownloadError)
    case notRead(PriceInput, errno: Int32)
    case tooLarge(PriceInput)
    case refused(input: PriceInput, PriceGeneratorError)
    case notWritten(PriceOutput, errno: Int32)

    var description: String {
        switch self {
        case .notFetched(let address, let cause): "fetch \(address): \(cause)"
        case .notRead(let input, let code): "\(input): \(Self.text(code))"
        case .tooLarge(let input): "\(input): larger than \(PriceInput.maximumBytes) bytes"
        case .refused(let input, .parse(let flaw)): "\(input): parse: \(flaw)"
        case .refused(_, let cause): "\(cause)"
        case .notWritten(let output, let code): "encode: \(output): \(Self.text(code))"
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
