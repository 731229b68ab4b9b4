import FuzzTargets
import Testing

/// What libFuzzer once found, and what is near it. `Scripts/fuzz` looks further.
@Suite("Readers of strangers' bytes")
struct FuzzTests {
    private static func check(_ target: FuzzTarget, _ bytes: [UInt8], _ memory: GuardedBuffer) -> Bool {
        InputsAtWork.note(bytes, for: target)
        do throws(Disagreement) {
            try target.check(bytes, memory)
            return true
        } catch {
            Issue.record("\(target.name): \(error), for these bytes: \(InputsAtWork.hex(bytes))")
            return false
        }
    }

    @Test("every kept input and 10000 changes of them get one answer each", arguments: FuzzTarget.all)
    func keptAndChanged(_ target: FuzzTarget) {
        let kept = target.kept
        // A corpus that is not found would test nothing.
        #expect(kept.count > 20)
        let memory = GuardedBuffer()
        for bytes in kept where !Self.check(target, bytes, memory) { return }
        var numbers = SeededNumbers(9112)
        for _ in 0..<10_000 where !Self.check(target, target.mutated(kept, &numbers), memory) { return }
    }
}
