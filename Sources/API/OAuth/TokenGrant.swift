internal import HTTP
internal import JSON
internal import Storage

/// What a token endpoint gave (RFC 6749 §5.1).
struct TokenGrant: Sendable {
    let accessToken: String
    let refreshToken: String
    /// `Timestamp.zero`: it does not expire, or the provider does not say.
    let expiry: Timestamp
    /// OpenID Connect Core §3.1.3.3; nil when there is none, or it is no string.
    let idToken: String?

    /// Why there is no grant.
    enum Refusal: Error, Sendable, Equatable {
        /// The provider's `error` (RFC 6749 §5.2), and its description.
        case refused(code: String, description: String)
        /// Not reached, or not understood. Holds no secret.
        case failed(String)

        /// For the `detail` of an answer.
        var text: String {
            switch self {
            case .refused(let code, let description): description.isEmpty ? code : "\(code): \(description)"
            case .failed(let cause): cause
            }
        }
    }

    /// Sends a request to a token endpoint and reads the answer. GitHub reports errors with status 200.
    static func request(_ request: ClientRequest, by client: any Client, at now: Timestamp) async throws(Refusal)
        -> TokenGrant
    {
        var request = request
        request.fields.append(("Accept", "application/json"))
        let answer: ClientResponse
        do throws(ClientFault) { answer = try await client.send(request) } catch {
            throw .failed("The provider cannot be reached: \(error.description)")
        }
        guard let json = try? JSONReader.only(answer.body), case .object = json else {
            throw .failed("The provider answered \(answer.status) with what is no JSON object.")
        }
        if let code = json["error"]?.text, !code.isEmpty {
            throw .refused(code: code, description: json["error_description"]?.text ?? "")
        }
        guard 200...299 ~= answer.status else { throw .failed("The provider answered \(answer.status).") }
        guard let accessToken = json["access_token"]?.text, !accessToken.isEmpty else {
            throw .failed("The provider's answer has no access_token.")
        }
        let refreshToken = json["refresh_token"]?.text ?? ""
        // RFC 6749 A.12 and A.17: printable ASCII; a control character would end a header field or a stored text.
        guard (accessToken + refreshToken).utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw .failed("The provider's tokens hold a control character.")
        }
        return TokenGrant(
            accessToken: accessToken, refreshToken: refreshToken,
            expiry: expiry(json["expires_in"], now), idToken: json["id_token"]?.text)
    }

    /// Seconds from now, as a number or as its digits; nonsense counts as absent.
    private static func expiry(_ value: JSONValue?, _ now: Timestamp) -> Timestamp {
        let digits: String
        switch value {
        case .number(let text), .string(let text): digits = text
        default: return .zero
        }
        guard let seconds = Double(digits), 1...Double(Int32.max) ~= seconds else { return .zero }
        return now.adding(seconds: Int64(seconds))
    }
}
