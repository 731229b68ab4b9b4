internal import Glibc
internal import Loops
internal import Synchronization

/// Takes lines to standard error on a thread of its own: a reader that has stopped reading must not stop the loops.
/// Lines that find no room are dropped and counted.
final class LogSink: Sendable {
    /// Of the process.
    static let standardError = LogSink(STDERR_FILENO)

    private let lines = BlockingQueue<[UInt8]>(limit: LogSink.limit)
    private let dropped = Atomic<Int>(0)
    private let isDone = Atomic<Bool>(false)

    private static let limit = 16_384
    private static let batch = 256
    /// How long a reader may keep the process from its end, milliseconds.
    private static let patience = 2_000

    init(_ descriptor: Int32) {
        _ = WorkerThread { [self] in
            while true {
                let taken = lines.take(atMost: Self.batch)
                if taken.isEmpty { break }
                let count = dropped.exchange(0, ordering: .relaxed)
                if count > 0 { Self.write(Array("\(count) log lines found no room\n".utf8), to: descriptor) }
                Self.write(Array(taken.joined()), to: descriptor)
            }
            isDone.store(true, ordering: .releasing)
        }
    }

    /// - Parameter line: with its line feed.
    func add(_ line: [UInt8]) {
        if !lines.add(line) { dropped.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Takes nothing more, and waits until what was taken is written.
    func close() {
        lines.stop()
        for _ in 0..<Self.patience where !isDone.load(ordering: .acquiring) { usleep(1_000) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 { rest = rest.dropFirst(count) } else if count < 0, errno != EINTR { return }
            }
        }
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var baseAddress: UnsafeRawPointer? { base.baseAddress.map { $0 + startIndex } }
}
