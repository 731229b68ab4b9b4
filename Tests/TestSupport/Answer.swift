internal import HTTP
public import JSON

/// A response as a test looks at it.
public struct Answer: Sendable, CustomStringConvertible {
    public let status: Int
    /// In the order they were sent.
    public let headers: [(name: String, value: String)]
    public let body: String

    /// - Parameter hasBody: false for HEAD, whose answer the engine sends without its body.
    init(_ response: Response, hasBody: Bool) {
        status = response.status.rawValue
        body = hasBody ? String(decoding: response.body, as: UTF8.self) : ""
        headers = Self.headers(String(decoding: response.fieldBytes, as: UTF8.self).split(separator: "\r\n"))
    }

    /// - Parameter message: a whole response, as read from a socket up to its end, with a body that is not chunked.
    /// - Returns: nil when it is none.
    init?(message: [UInt8]) {
        guard let end = message.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: message[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        self.status = status
        headers = Self.headers(lines.dropFirst())
        body = String(decoding: message[end.upperBound...], as: UTF8.self)
    }

    private static func headers(_ lines: some Sequence<Substring>) -> [(name: String, value: String)] {
        lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), String(parts[1].dropFirst()))
        }
    }

    /// Every value of that header, whatever its case.
    public func header(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The body as JSON; nil when it is none.
    public var json: JSONValue? { try? JSONReader.only(Array(body.utf8)) }

    /// A member of the body.
    public subscript(name: String) -> JSONValue? { json?[name] }

    /// The error body's message.
    public var message: String? { self["message"]?.text }

    public var detail: String? { self["detail"]?.text }

    /// The fields of the error body's validations, in order.
    public var fields: [String] { self["validations"]?.elements.compactMap { $0["field"]?.text } ?? [] }

    public var description: String { "\(status) \(body)" }
}
