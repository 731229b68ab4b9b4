internal import Glibc
internal import Loops

/// Takes messages away from the request path: a bounded queue, one thread, a few attempts each.
public final class Mailroom: Sendable {
    /// A notification in the two forms it may leave in.
    public struct Item: Sendable {
        public let message: Message
        /// For the webhook.
        public let json: [UInt8]

        public init(message: Message, json: [UInt8]) {
            self.message = message
            self.json = json
        }
    }

    private let queue: BlockingQueue<Item>
    private let thread: WorkerThread
    private let report: @Sendable (String) -> Void

    /// Messages that may wait; beyond it they are dropped, and the log says so.
    private static let queueLimit = 1_024
    /// Pauses between attempts, milliseconds.
    private static let pauses: [UInt32] = [500, 2_000, 8_000]

    /// - Parameter report: told what could not be delivered; the text holds no secret.
    public init(mail: MailServer?, webhook: Webhook?, report: @escaping @Sendable (String) -> Void) {
        let queue = BlockingQueue<Item>(limit: Self.queueLimit)
        self.queue = queue
        self.report = report
        thread = WorkerThread {
            while let item = queue.take(atMost: 1).first {
                if let mail {
                    Self.attempt("mail", report) { () throws(Transfer.Failure) in try mail.send(item.message) }
                }
                if let webhook {
                    Self.attempt("webhook", report) { () throws(Transfer.Failure) in try webhook.post(item.json) }
                }
            }
        }
    }

    public func send(_ item: Item) {
        if !queue.add(item) { report("a notification was dropped: \(Self.queueLimit) wait already") }
    }

    /// Delivers what waits, then ends the thread.
    public func stop() {
        queue.stop()
        thread.join()
    }

    private static func attempt(
        _ way: String, _ report: (String) -> Void, _ deliver: () throws(Transfer.Failure) -> Void
    ) {
        for pause in pauses + [0] {
            do throws(Transfer.Failure) {
                return try deliver()
            } catch {
                guard error.isTransient, pause > 0 else {
                    return report("a notification could not be delivered by \(way): \(error)")
                }
                usleep(pause * 1000)
            }
        }
    }
}
