internal import Dispatch
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

enum DownloadError: Error, CustomStringConvertible {
    case badAddress
    case transport(String)
    case status(Int)
    case timedOut(seconds: Int)
    case tooLarge(maximumBytes: Int)

    var description: String {
        switch self {
        case .badAddress: "not a URL"
        case .transport(let cause): cause
        case .status(let status): "status \(status)"
        case .timedOut(let seconds): "no complete answer within \(seconds) seconds"
        case .tooLarge(let maximum): "larger than \(maximum) bytes"
        }
    }
}

/// One GET. The body is counted while it arrives, so that an endless one ends here.
final class Download: NSObject, URLSessionDataDelegate {
    /// For the whole exchange, redirects included.
    static let timeoutSeconds = 30

    private struct State {
        var body: [UInt8] = []
        var outcome: Result<Void, DownloadError>?
    }

    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)
    private let maximumBytes: Int

    private init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// The body of an answer with status 200. Follows redirects, heeds the proxy variables, blocks the thread.
    static func get(_ address: String, maximumBytes: Int) throws(DownloadError) -> [UInt8] {
        guard let url = URL(string: address), url.host?.isEmpty == false else { throw .badAddress }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = TimeInterval(timeoutSeconds)
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        let download = Download(maximumBytes: maximumBytes)
        let session = URLSession(configuration: configuration, delegate: download, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: url).resume()
        // URLSession's own timeout starts anew with every byte.
        if download.done.wait(timeout: .now() + .seconds(timeoutSeconds)) == .timedOut {
            throw .timedOut(seconds: timeoutSeconds)
        }
        let state = download.state.withLock { $0 }
        try (state.outcome ?? .success(())).get()
        return state.body
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        if status != 200 { settle(.failure(.status(status))) }
        completionHandler(status == 200 ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = state.withLock { state in
            if state.body.count + data.count > maximumBytes { return true }
            state.body.append(contentsOf: data)
            return false
        }
        if isTooLarge {
            settle(.failure(.tooLarge(maximumBytes: maximumBytes)))
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let error {
            settle(.failure(.transport(error.localizedDescription)))
        } else {
            settle(.success(()))
        }
    }

    /// The first outcome counts: what follows a cancellation is our own doing.
    private func settle(_ outcome: Result<Void, DownloadError>) {
        let isFirst = state.withLock { state in
            if state.outcome != nil { return false }
            state.outcome = outcome
            return true
        }
        if isFirst { done.signal() }
    }
}
