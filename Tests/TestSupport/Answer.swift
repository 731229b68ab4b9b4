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
        headers = String(decoding: response.fieldBytes, as: UTF8.self).split(separator: "\r\n").map { line in
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

extension JSONValue {
    /// A member of an object; the last one of that name.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    public subscript(index: Int) -> JSONValue? { elements.indices.contains(index) ? elements[index] : nil }

    public var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    public var text: String? { if case .string(let text) = self { text } else { nil } }

    public var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

    public var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

    /// The names of an object's members, in order.
    public var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}
