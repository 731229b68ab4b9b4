public import HTTP

/// An answer given in place of the protocol's own.
public struct CannedAnswer: Sendable {
    public var status: Status
    public var contentType: String
    public var body: [UInt8]

    public init(_ status: Status, _ body: String, contentType: String = "application/json") {
        self.status = status
        self.contentType = contentType
        self.body = Array(body.utf8)
    }

    var response: Response {
        var response = Response(status, body: body)
        response.add(.contentType, contentType)
        return response
    }
}

/// What went through a fake site, and where a test interferes; by path.
public struct Traffic: Sendable {
    private(set) var asked: [Asked] = []
    var canned: [String: CannedAnswer] = [:]
    var leastBytes: [String: Int] = [:]
    private var held: [String: [CheckedContinuation<Void, Never>]] = [:]
    private var awaiting: [(path: String, count: Int, reached: CheckedContinuation<Void, Never>)] = []

    init() {}

    func count(_ path: String) -> Int { asked.count { $0.path == path } }

    /// - Returns: who waited for this request.
    mutating func record(_ request: Asked) -> [CheckedContinuation<Void, Never>] {
        asked.append(request)
        let reached = awaiting.filter { $0.count <= count($0.path) }
        awaiting = awaiting.filter { $0.count > count($0.path) }
        return reached.map(\.reached)
    }

    /// - Returns: false when so many requests have come already.
    mutating func awaitArrival(_ path: String, _ count: Int, _ reached: CheckedContinuation<Void, Never>) -> Bool {
        if self.count(path) >= count { return false }
        awaiting.append((path, count, reached))
        return true
    }

    // MARK: Holding

    mutating func hold(_ path: String) { if held[path] == nil { held[path] = [] } }

    /// - Returns: false when nothing is held there.
    mutating func wait(_ path: String, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard held[path] != nil else { return false }
        held[path]?.append(continuation)
        return true
    }

    /// - Parameter path: nil for all of them.
    /// - Returns: who waited.
    mutating func release(_ path: String?) -> [CheckedContinuation<Void, Never>] {
        guard let path else {
            defer { held = [:] }
            return held.values.flatMap { $0 }
        }
        return held.removeValue(forKey: path) ?? []
    }
}
