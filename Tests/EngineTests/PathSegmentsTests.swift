import HTTP
import Testing

/// keys-and-shell.md §8.2: a path is decoded once, slashes in a row count as one, `%2F` separates.
@Suite("Path segments (keys-and-shell.md §8.2)")
struct PathSegmentsTests {
    private static func segments(_ path: String) -> [String]? {
        // From the middle of a buffer: indices do not start at 0.
        let bytes = Array("xx\(path)yy".utf8)
        guard let segments = PathSegments(bytes[2..<(bytes.count - 2)]) else { return nil }
        return (0..<segments.count).map { String(decoding: segments[$0], as: UTF8.self) }
    }

    @Test(
        "a path is cut into decoded segments",
        arguments: [
            ("/", []), ("", []), ("//", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a/b", ["a", "b"]),
            ("//a///b//", ["a", "b"]),
            ("/%61", ["a"]), ("/a%2Fb", ["a", "b"]), ("/a%2fb", ["a", "b"]), ("/%2F%2F", []), ("/%252F", ["%2F"]),
            ("/%25", ["%"]), ("/a+b", ["a+b"]), ("/a%20b", ["a b"]), ("/%C3%BC", ["ü"]), ("/a%00b", ["a\0b"]),
            ("/..", [".."]), ("/./a", [".", "a"]), ("*", ["*"]), ("/a%3Fb", ["a?b"]),
        ])
    func cut(_ path: String, _ expected: [String]) {
        #expect(Self.segments(path) == expected)
    }

    @Test(
        "a percent sign without two digits is refused",
        arguments: ["/%", "/%4", "/%zz", "/%4g", "/a%", "/%%41", "/% 41"])
    func faulty(_ path: String) {
        #expect(Self.segments(path) == nil)
    }

    @Test(
        "a slash at the end is told apart, the root's is not",
        arguments: [
            ("/", false), ("//", false), ("/a", false), ("/a/", true), ("/a//", true), ("/a%2F", true), ("", false),
        ])
    func slashAtEnd(_ path: String, _ ends: Bool) {
        #expect(PathSegments(Array(path.utf8)[...])?.endsInSlash == ends)
    }

    @Test(
        "the normalized path has single slashes and none at its end",
        arguments: [("/", "/"), ("//api//v2/", "/api/v2"), ("/%61pi%2Fv2", "/api/v2"), ("", "/")])
    func normalized(_ path: String, _ expected: String) {
        #expect(PathSegments(Array(path.utf8)[...])?.normalized == expected)
    }
}
