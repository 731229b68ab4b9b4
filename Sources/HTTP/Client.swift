/// A request to another server.
public struct ClientRequest: Sendable {
    public var method: String
    public var url: String
    public var fields: [(name: String, value: String)]
    public var body: [UInt8]

    public init(_ method: String, _ url: String, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// A POST of name and value pairs as an HTML form sends them.
    public static func form(_ url: String, _ items: [(name: String, value: String)]) -> ClientRequest {
        let text = items.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
        return ClientRequest(
            "POST", url, fields: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(text.utf8))
    }
}

/// What the other server said, whatever its status.
public struct ClientResponse: Sendable {
    public let status: Int
    /// Names in lower case.
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]

    public init(status: Int, fields: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first field of that name, which is in lower case.
    public func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// No answer: not reached, too slow, too large. The text holds no secret.
public struct ClientFault: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Calls other servers. Bounded in time and size, follows no redirect, and does not hold its caller's thread.
public protocol Client: Sendable {
    func send(_ request: ClientRequest) async throws(ClientFault) -> ClientResponse
}
