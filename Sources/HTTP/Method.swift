/// The request methods of RFC 9110 §9 and RFC 5789. `other` is any further token: no route has it.
public enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, connect, trace, other

    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: ""
        }
    }

    /// Method names are case-sensitive (RFC 9110 §9.1).
    public init(_ token: Slice<UnsafeBufferPointer<UInt8>>) {
        // Nearly every request is one.
        let start = token.startIndex
        if token.count == 3, token[start] == 71, token[start + 1] == 69, token[start + 2] == 84 {
            self = .get
        } else {
            self = Self.allCases.first { $0 != .other && token.elementsEqual($0.name.utf8) } ?? .other
        }
    }

    /// Safe methods change nothing (RFC 9110 §9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .other: false
        }
    }
}
