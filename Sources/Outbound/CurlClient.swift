internal import CCurl
public import HTTP
internal import Loops

/// `Client` through libcurl, on a few threads of its own: a provider that hangs holds one of them for seconds, and
/// never a loop.
public struct CurlClient: Client {
    private let pool: Offload

    private static let threadCount = 8
    private static let queueLimit = 256
    private static let totalSeconds = 10
    /// Key sets, claims of 64 KiB and pages of a hundred memberships fit.
    private static let bodyLimit = 1 << 20

    public init() { pool = Offload(threadCount: Self.threadCount, queueLimit: Self.queueLimit) }

    public func send(_ request: ClientRequest) async throws(ClientFault) -> ClientResponse {
        let result: Result<ClientResponse, ClientFault>
        do throws(Overloaded) { result = try await pool.run { Self.perform(request) } } catch {
            throw ClientFault("too many calls to other servers wait already")
        }
        return try result.get()
    }

    private static func perform(_ request: ClientRequest) -> Result<ClientResponse, ClientFault> {
        // A token that a provider made up must not become a header line of ours.
        guard request.fields.allSatisfy({ $0.value.utf8.allSatisfy { $0 >= 32 && $0 != 127 } }) else {
            return .failure(ClientFault("a control character in a header field"))
        }
        guard var transfer = Transfer() else { return .failure(ClientFault("libcurl cannot be used")) }
        transfer.set(CURLOPT_URL, request.url)
        transfer.set(CURLOPT_PROTOCOLS_STR, "http,https")
        transfer.set(CURLOPT_TIMEOUT, totalSeconds)
        if request.method == "POST" {
            transfer.set(CURLOPT_POST, 1)
            transfer.set(CURLOPT_POSTFIELDSIZE, request.body.count)
        }
        transfer.set(
            CURLOPT_HTTPHEADER,
            request.fields.map { "\($0.name): \($0.value)" } + ["User-Agent: usersd", "Expect:"])
        do throws(Transfer.Failure) {
            let answer = try transfer.perform(sending: request.body, limit: bodyLimit)
            let fields = answer.head.compactMap { line -> (name: String, value: String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }.prefix { !$0.isNewline }
                return (line[..<colon].lowercased(), String(value))
            }
            return .success(ClientResponse(status: answer.status, fields: fields, body: answer.body))
        } catch {
            return .failure(ClientFault(error.description))
        }
    }
}
