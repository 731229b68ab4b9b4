public import HTTP

/// A site of somebody else's, played on our own engine. Everything it does can be looked at and interfered with by
/// path; what it does by itself is its `answer`.
public protocol FakeSite: Sendable {
    /// Where it listens, such as `http://127.0.0.1:4711`; in the order of its ports.
    var origins: [String] { get }
    /// The path under which all of it lies; empty or with a leading slash.
    var basePath: String { get }
    /// Looks at the traffic under the site's lock.
    func withTraffic<Value: Sendable>(_ look: (inout Traffic) -> Value) -> Value
    /// What the protocol says.
    func answer(_ asked: Asked) -> Response
}

extension FakeSite {
    public var basePath: String { "" }

    // MARK: What was asked

    public var asked: [Asked] { withTraffic { $0.asked } }

    public func asked(_ path: String) -> [Asked] { asked.filter { $0.path == path } }

    public func count(_ path: String) -> Int { withTraffic { $0.count(path) } }

    /// Returns once that many requests have come to the path; those that are held count.
    public func arrival(at path: String, count: Int = 1) async {
        await withCheckedContinuation { continuation in
            if !withTraffic({ $0.awaitArrival(path, count, continuation) }) { continuation.resume() }
        }
    }

    // MARK: Interference

    /// Answers every request to the path with this; nil ends it.
    public func answer(_ path: String, with canned: CannedAnswer?) { withTraffic { $0.canned[path] = canned } }

    /// Answers every request to the path with that status and a short JSON error.
    public func fail(_ path: String, _ status: Status) {
        answer(path, with: CannedAnswer(status, #"{"message":"\#(status.reason)"}"#))
    }

    /// Makes every answer of the path at least so many bytes long, with spaces behind it: JSON stays JSON.
    public func pad(_ path: String, toBytes count: Int) { withTraffic { $0.leastBytes[path] = count } }

    /// Leaves every request to the path without an answer until `release`.
    public func hold(_ path: String) { withTraffic { $0.hold(path) } }

    /// Answers what was held; nil: on every path.
    public func release(_ path: String? = nil) {
        for waiting in withTraffic({ $0.release(path) }) { waiting.resume() }
    }

    // MARK: Serving

    func serve(_ request: Request, origin: String) async -> Response {
        let asked = Asked(request, origin: origin, basePath: basePath)
        record(asked)
        await withCheckedContinuation { continuation in
            if !withTraffic({ $0.wait(asked.path, continuation) }) { continuation.resume() }
        }
        let (canned, leastBytes) = withTraffic { ($0.canned[asked.path], $0.leastBytes[asked.path] ?? 0) }
        var response = canned?.response ?? answer(asked)
        if response.body.count < leastBytes {
            response.body += [UInt8](repeating: 32, count: leastBytes - response.body.count)
        }
        return response
    }

    func record(_ asked: Asked) {
        for reached in withTraffic({ $0.record(asked) }) { reached.resume() }
    }
}
