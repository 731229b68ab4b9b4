internal import Glibc
internal import Loops
internal import Synchronization

/// Takes messages away from the request path: a bounded queue, one thread, a few attempts each.
public final class Mailroom: Sendable {
    /// A notification in the two forms it may leave in.
    public struct Item: Sendable {
        /// nil: mail passes it by.
        public let message: Message?
        /// For the webhook.
        public let json: [UInt8]

        public init(message: Message?, json: [UInt8]) {
            self.message = message
            self.json = json
        }
    }

    private let queue: BlockingQueue<Item>
    private let report: @Sendable (String) -> Void
    private let progress = Progress()

    /// What the sending thread and the one that stops it tell each other.
    private final class Progress: Sendable {
        let undelivered = Atomic<Int>(0)
        let isStopping = Atomic<Bool>(false)
    }

    /// Messages that may wait; beyond it they are dropped, and the log says so.
    private static let queueLimit = 1_024
    /// Pauses between attempts, milliseconds.
    private static let pauses: [UInt32] = [500, 2_000, 8_000]

    /// - Parameter report: told what could not be delivered; the text holds no secret.
    public init(mail: MailServer?, webhook: Webhook?, report: @escaping @Sendable (String) -> Void) {
        let queue = BlockingQueue<Item>(limit: Self.queueLimit)
        self.queue = queue
        self.report = report
        let progress = progress
        _ = WorkerThread {
            while let item = queue.take(atMost: 1).first {
                if let mail, let message = item.message {
                    Self.attempt("mail", progress, report) { () throws(Transfer.Failure) in try mail.send(message) }
                }
                if let webhook {
                    Self.attempt("webhook", progress, report) { () throws(Transfer.Failure) in
                        try webhook.post(item.json)
                    }
                }
                progress.undelivered.subtract(1, ordering: .relaxed)
            }
        }
    }

    /// Messages that are not delivered yet.
    public var waitingCount: Int { progress.undelivered.load(ordering: .relaxed) }

    public func send(_ item: Item) {
        progress.undelivered.add(1, ordering: .relaxed)
        guard !queue.add(item) else { return }
        progress.undelivered.subtract(1, ordering: .relaxed)
        report("a notification was dropped: \(Self.queueLimit) wait already")
    }

    /// Takes nothing more and delivers what waits, each once more at the most.
    /// - Parameter seconds: how long that may take; what is left then is lost, and reported.
    public func stop(within seconds: Int) {
        progress.isStopping.store(true, ordering: .relaxed)
        queue.stop()
        for _ in 0..<(seconds * 100) where progress.undelivered.load(ordering: .relaxed) > 0 { usleep(10_000) }
        let lost = progress.undelivered.load(ordering: .relaxed)
        if lost > 0 { report("\(lost) notifications were lost: they could not be delivered before the end") }
    }

    private static func attempt(
        _ way: String, _ progress: Progress, _ report: (String) -> Void,
        _ deliver: () throws(Transfer.Failure) -> Void
    ) {
        for pause in pauses + [0] {
            do throws(Transfer.Failure) {
                return try deliver()
            } catch {
                guard error.isTransient, pause > 0, !progress.isStopping.load(ordering: .relaxed) else {
                    return report("a notification could not be delivered by \(way): \(error)")
                }
                usleep(pause * 1000)
            }
        }
    }
}
