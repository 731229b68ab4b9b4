import HTTP
import Testing

/// users.md §1.4 and keys-and-shell.md §8.2: literal before parameter where the method fits, slashes, closed subtrees.
@Suite("Routes (keys-and-shell.md §8.2)")
struct PathTableTests {
    /// A table, and what its rows are called.
    private struct Named {
        let table: PathTable
        let names: [String]
    }

    private static func table(_ rows: [(HTTP.Method, String)], closed: [String] = []) throws -> Named {
        Named(
            table: try PathTable(rows.enumerated().map { .init($1.0, $1.1, row: $0) }, closed: closed),
            names: rows.map { "\($0.0.name) \($0.1)" })
    }

    /// The pattern found and what its parameters stand for, or the methods allowed, or "nothing".
    private static func find(_ named: Named, _ method: HTTP.Method, _ path: String) throws -> String {
        let segments = try #require(PathSegments(Array(path.utf8)[...]))
        switch named.table.find(method, segments) {
        case .match(let row, let parameters):
            return
                ([named.names[row]]
                + (0..<parameters.count).map {
                    String(decoding: segments[parameters[$0]], as: UTF8.self)
                }).joined(
                    separator: " ")
        case .otherMethods(let methods): return "allow " + methods.map(\.name).sorted().joined(separator: ",")
        case .nothing: return "nothing"
        }
    }

    private static let rows: [(HTTP.Method, String)] = [
        (.get, "/users/"), (.post, "/users/"), (.post, "/users/login"), (.get, "/users/first"), (.post, "/users/first"),
        (.get, "/users/{user}/"), (.delete, "/users/{user}/"), (.get, "/users/{user}/roles"),
        (.post, "/users/{user}/keys/"), (.get, "/users/{user}/keys/{key}/"), (.delete, "/users/{user}/keys/{key}/"),
        (.get, "/users/{user}/keys/tokens/"), (.post, "/users/{user}/keys/tokens/"),
        (.get, "/users/{user}/keys/tokens/tokenconfig"), (.get, "/users/{user}/keys/tokens/{name}/"),
        (.put, "/users/{user}/keys/{key}/expire"), (.get, "/"),
    ]

    @Test(
        "a path finds its route",
        arguments: [
            (HTTP.Method.get, "/", "GET /"), (.get, "//", "GET /"), (.post, "/", "allow GET"),
            (.get, "/users", "GET /users/"), (.get, "/users/", "GET /users/"), (.get, "//users//", "GET /users/"),
            (.get, "/%75sers", "GET /users/"), (.get, "/Users", "nothing"), (.get, "/user", "nothing"),
            (.post, "/users/login", "POST /users/login"), (.get, "/users/login", "GET /users/{user}/ login"),
            (.get, "/users/login/", "GET /users/{user}/ login"), (.post, "/users/login/", "allow DELETE,GET"),
            (.put, "/users/login", "allow DELETE,GET,POST"), (.get, "/users/first", "GET /users/first"),
            (.delete, "/users/first", "DELETE /users/{user}/ first"), (.get, "/users/me", "GET /users/{user}/ me"),
            (.get, "/users/a%2Fb", "nothing"), (.get, "/users/me%2Froles", "GET /users/{user}/roles me"),
            (.get, "/users/me/roles", "GET /users/{user}/roles me"), (.get, "/users/me/roles/", "nothing"),
            (.get, "/users/login/roles", "GET /users/{user}/roles login"), (.get, "/users/me/keys", "allow POST"),
            (.get, "/users/me/keys/k", "GET /users/{user}/keys/{key}/ me k"),
            (.get, "/users/me/keys/k/", "GET /users/{user}/keys/{key}/ me k"),
            (.get, "/users/me/keys/tokens", "GET /users/{user}/keys/tokens/ me"),
            (.delete, "/users/me/keys/tokens", "allow GET,POST"), (.put, "/users/me/keys/tokens/expire", "allow GET"),
            (.get, "/users/me/keys/tokens/tokenconfig", "GET /users/{user}/keys/tokens/tokenconfig me"),
            (.get, "/users/me/keys/tokens/tokenconfig/", "GET /users/{user}/keys/tokens/{name}/ me tokenconfig"),
            (.put, "/users/me/keys/tokens/tokenconfig", "allow GET"),
            (.get, "/users/me/keys/tokens/n", "GET /users/{user}/keys/tokens/{name}/ me n"),
            (.put, "/users/me/keys/k/expire", "PUT /users/{user}/keys/{key}/expire me k"),
            (.put, "/users/me/keys/k/expire/", "nothing"), (.post, "/users/me/keys/k/expire", "allow PUT"),
            (.get, "/users/me/keys/k/x", "nothing"), (.get, "/users/me/x", "nothing"),
            (.other, "/users", "allow GET,POST"),
            (.get, "/users/{user}", "GET /users/{user}/ {user}"),
            (.get, "/users/%7Buser%7D", "GET /users/{user}/ {user}"),
        ])
    func finds(_ method: HTTP.Method, _ path: String, _ expected: String) throws {
        let table = try Self.table(Self.rows, closed: ["/users/{user}/keys/tokens"])
        #expect(try Self.find(table, method, path) == expected)
    }

    @Test("without a closed subtree a literal that has not the method gives way to a parameter")
    func openSubtree() throws {
        let table = try Self.table(Self.rows)
        #expect(try Self.find(table, .delete, "/users/me/keys/tokens") == "DELETE /users/{user}/keys/{key}/ me tokens")
        #expect(
            try Self.find(table, .put, "/users/me/keys/tokens/expire")
                == "PUT /users/{user}/keys/{key}/expire me tokens")
    }

    @Test("parameters of a branch that was given up are forgotten")
    func backtracking() throws {
        let table = try Self.table([(.get, "/{a}/b/{c}/d"), (.get, "/x/{b}/{c}/e"), (.get, "/x/b/y/f")])
        #expect(try Self.find(table, .get, "/x/b/y/d") == "GET /{a}/b/{c}/d x y")
        #expect(try Self.find(table, .get, "/x/b/y/e") == "GET /x/{b}/{c}/e b y")
        #expect(try Self.find(table, .get, "/x/b/y/f") == "GET /x/b/y/f")
        #expect(try Self.find(table, .get, "/x/b/y/g") == "nothing")
    }

    @Test("a faulty table is refused when it is built")
    func faults() {
        typealias Fault = PathTable.Fault
        #expect(throws: Fault.duplicate("GET /a")) { try Self.table([(.get, "/a"), (.get, "/a")]) }
        #expect(throws: Fault.duplicate("GET /{b}/c")) { try Self.table([(.get, "/{b}/c"), (.get, "/{b}/c")]) }
        #expect(throws: Fault.ambiguous("{a}", "{b}")) { try Self.table([(.get, "/{a}/x"), (.get, "/{b}/y")]) }
        for pattern in ["", "a", "a/b", "{a}", "/{", "/{}", "/{a", "/x/{a", "/{a}/{b}/{c}/{d}/{e}"] {
            #expect(throws: Fault.malformed(pattern)) { try Self.table([(.get, pattern)]) }
        }
        #expect(throws: Fault.malformed("x")) { try Self.table([], closed: ["x"]) }
        #expect(throws: Never.self) {
            try Self.table([(.get, "/a"), (.post, "/a"), (.get, "/a/{b}"), (.get, "/{b}/a")])
        }
    }

    @Test("an empty table knows no path")
    func empty() throws {
        #expect(try Self.find(Self.table([]), .get, "/") == "nothing")
    }
}
