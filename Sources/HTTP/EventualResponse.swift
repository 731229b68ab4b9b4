/// What a handler makes of a request: an answer at once, or the work that still has to wait for something.
/// Asynchronous functions cost as much as a short answer, so what waits for nothing does without them.
public enum EventualResponse: Sendable {
    case ready(Response)
    case waiting(@Sendable () async -> Response)

    public var response: Response {
        get async {
            switch self {
            case .ready(let response): response
            case .waiting(let rest): await rest()
            }
        }
    }
}
