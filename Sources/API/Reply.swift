internal import HTTP
internal import JSON

/// A value that has a JSON form.
protocol WireValue: Sendable {
    func write(to writer: inout JSONWriter)
}

/// A body without content, and a body that is only a message.
struct Message: WireValue {
    let text: String

    init(_ text: String) { self.text = text }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("message")
            object.string(text)
        }
    }
}

/// What a handler answers with, when it is more than a value.
struct Reply: Sendable {
    static let jsonType = "application/json; charset=utf-8"

    var response: Response

    init(_ response: Response) { self.response = response }

    init(_ status: Status, _ value: some WireValue) { self.init(status, body: Self.body(value)) }

    /// - Parameter body: JSON as `body(_:)` makes it.
    init(_ status: Status, body: [UInt8]) {
        response = Response(status, body: body)
        response.add(Self.jsonField)
    }

    static func body(_ value: some WireValue) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.finished()
    }

    private static let jsonField = FieldBlock([(.contentType, jsonType)])

    mutating func set(_ cookie: Cookie) { response.add(.setCookie, cookie.line) }
}
