import FuzzTargets
import HTTP
@testable import HTTPEngine

/// A head in a form that can be compared: offsets are resolved to text.
struct SeenHead: Equatable {
    var method: HTTP.Method
    var path: String
    var query: String?
    var fields: [String]
    var isHTTP10: Bool
    var keepsAlive: Bool
    var expectsContinue: Bool
    var framing: BodyFraming
    var consumed: Int
}

enum Seen: Equatable {
    case more
    case head(SeenHead)
    case reject(Status)

    init(_ parsed: Parsed, _ bytes: UnsafeBufferPointer<UInt8>) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        switch parsed {
        case .needMore: self = .more
        case .reject(let status): self = .reject(status)
        case .head(let head, let consumed):
            self = .head(
                SeenHead(
                    method: head.method, path: text(head.path), query: head.query.map(text),
                    fields: head.fields.map { "\(text($0.name)): \(text($0.value))" }, isHTTP10: head.isHTTP10,
                    keepsAlive: head.keepsAlive, expectsContinue: head.expectsContinue, framing: head.framing,
                    consumed: consumed))
        }
    }

    var head: SeenHead? { if case .head(let head) = self { head } else { nil } }

    /// What a fresh parser makes of `wire`, which ends at a closed page.
    static func parsing(_ wire: String, limits: Limits = Limits()) -> Seen {
        var parser = RequestParser(limits: limits)
        return GuardedBuffer().with(Array(wire.utf8)) { Seen(parser.parse($0, from: 0), $0) }
    }
}
