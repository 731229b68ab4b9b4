import JSON
import Loops
import Testing

/// keys-and-shell.md §8.3: nesting over 10000 is refused. Read on a loop, whose thread has the stack for it.
@Suite("Depth of JSON (keys-and-shell.md §8.3)")
struct JSONDepthTests {
    /// Whether a document is taken, tried on a loop's thread. The value is dropped there as well.
    private static func verdicts(_ documents: [[UInt8]]) async throws -> [JSONError?] {
        let loop = try EventLoop(index: 0)
        loop.start()
        let verdicts = await Task(executorPreference: loop) {
            documents.map { document -> JSONError? in
                do throws(JSONError) {
                    _ = try JSONReader.first(document)
                    return nil
                } catch { return error }
            }
        }.value
        await blocking { loop.stop() }
        return verdicts
    }

    private static func nested(_ open: String, _ count: Int, _ inner: String, _ close: String) -> [UInt8] {
        Array((String(repeating: open, count: count) + inner + String(repeating: close, count: count)).utf8)
    }

    @Test("10000 levels are taken")
    func deepest() async throws {
        let verdicts = try await Self.verdicts([
            Self.nested("[", 10_000, "", "]"), Self.nested("[", 10_000, "1", "]"),
            Self.nested("{\"a\":", 10_000, "1", "}"),
            Self.nested("[{\"a\":", 5000, "null", "}]"), Self.nested("{\"a\":", 9999, "{}", "}"),
        ])
        #expect(verdicts == [nil, nil, nil, nil, nil])
    }

    @Test("10001 levels are refused, whatever stands in the innermost")
    func tooDeep() async throws {
        let verdicts = try await Self.verdicts([
            Self.nested("[", 10_001, "", "]"), Self.nested("[", 10_001, "1", "]"),
            Self.nested("{\"a\":", 10_001, "1", "}"),
            Self.nested("{\"a\":", 10_000, "{}", "}"), Self.nested("[", 10_000, "{}", "]"),
        ])
        #expect(verdicts == [.tooDeep, .tooDeep, .tooDeep, .tooDeep, .tooDeep])
    }

    @Test("a million open brackets are refused and crash nothing")
    func flood() async throws {
        let verdicts = try await Self.verdicts([
            Self.nested("[", 1_000_000, "", ""), Self.nested("{\"a\":", 200_000, "", ""),
            Self.nested("[{\"a\":", 200_000, "", ""),
        ])
        #expect(verdicts == [.tooDeep, .tooDeep, .tooDeep])
    }

    @Test("levels count, not values: a long flat document is fine")
    func flat() async throws {
        let verdicts = try await Self.verdicts([Array("[\(String(repeating: "[],", count: 20_000))[]]".utf8)])
        #expect(verdicts == [nil])
    }
}
