@testable internal import API
internal import JSON
internal import Storage

extension FuzzTarget {
    /// Bodies: every member that a handler may ask for is what a plain look-up in the value finds.
    static let jsonBody = FuzzTarget(
        name: "json-body",
        words: jsonWords + [
            "\"username\":", "\"USERNAME\":", "\"u\u{17f}ername\":", "\"lifetime\":", "\"roles\":", "\"ids\":",
            "\"flag\":",
            "\"nested\":{", "\"00000000-0000-0000-0000-000000000001\"", "[null]", "{}",
        ],
        check: JSONBodyCheck.run)
}

private enum JSONBodyCheck {
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let members: [JSONValue.Member]
        switch try? JSONReader.first(bytes) {
        case .object(let found)?: members = found
        case .null?: members = []
        default:
            members = [JSONValue.Member("", .null)]
            guard (try? Body(bytes)) == nil else { throw Disagreement("a body that is no object") }
            return
        }
        guard let body = try? Body(bytes) else { throw Disagreement("an object is refused") }
        try expect(
            try? body.string("username"),
            plain(members, "username", or: "") { value in
                guard let text = value.text, !text.utf8.contains(0) else { return nil }
                return text
            })
        try expect(try? body.bool("flag"), plain(members, "flag", or: false, \.flag))
        try expect(try? body.integer("lifetime"), plain(members, "lifetime", or: 0) { $0.integer.map(Int64.init) })
        try expect(try? body.strings("roles"), plain(members, "roles", or: [], texts))
        try expect(
            try? body.ids("ids"),
            plain(members, "ids", or: []) { value in
                texts(value).flatMap { texts in
                    let ids = texts.map { $0.isEmpty ? UUID.zero : UUID(parsing: $0) }
                    return ids.contains(nil) ? nil : ids.compactMap { $0 }
                }
            })
        try nested(body, members)
        try presence(body, members)
    }

    /// Absent, null and a number are three things.
    private static func presence(_ body: Body, _ members: [JSONValue.Member]) throws(Disagreement) {
        let isThere = members.contains { $0.name == "lifetime" }
        let value: Int64??
        do throws(APIError) {
            value = try body.presentInteger("lifetime")
        } catch {
            return try expect(try? body.integer("lifetime"), nil)
        }
        try expect(value != nil, isThere)
        if case .some(let number) = value { try expect(number ?? 0, try? body.integer("lifetime")) }
    }

    private static func nested(_ body: Body, _ members: [JSONValue.Member]) throws(Disagreement) {
        guard let objects = try? body.objects("nested") else { return }
        let names = objects.map(\.name)
        try demand(Set(names).count == names.count, "a name twice among \(names)")
        for object in objects { _ = try? object.body.string("username") }
    }

    /// Absent (`absent`), of the wrong kind anywhere (nil), or the last that is not null.
    private static func plain<Value>(
        _ members: [JSONValue.Member], _ name: String, or absent: Value, _ read: (JSONValue) -> Value?
    ) -> Value? {
        var result = absent
        for member in members where member.value != .null && folded(member.name) == folded(name) {
            guard let value = read(member.value) else { return nil }
            result = value
        }
        return result
    }

    private static func folded(_ name: String) -> [Unicode.Scalar] {
        name.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x17f: "s"
            case 0x212a: "k"
            case 65...90: Unicode.Scalar(UInt8(scalar.value + 32))
            default: scalar
            }
        }
    }

    private static func texts(_ value: JSONValue) -> [String]? {
        guard case .array(let elements) = value else { return nil }
        var texts: [String] = []
        for element in elements {
            guard let text = element == .null ? "" : element.text, !text.utf8.contains(0) else { return nil }
            texts.append(text)
        }
        return texts
    }

    private static func expect<Value: Equatable>(_ body: Value?, _ plain: Value?) throws(Disagreement) {
        try demand(
            body == plain, "the body has \(String(describing: body)), a plain look-up \(String(describing: plain))")
    }
}
