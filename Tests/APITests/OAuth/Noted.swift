import Synchronization

/// What closures on several threads note for a test.
final class Noted<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    init(_ value: Value) { stored = Mutex(value) }

    var value: Value { stored.withLock { $0 } }

    func change(_ change: @Sendable (inout Value) -> Void) { stored.withLock { change(&$0) } }
}
