import JSON
import TestSupport
import Testing

/// users.md §4.1, rules 2–7 of the `q` language, cases 20–34 and 38 of §15: which queries are refused, and how.
@Suite struct UserSearchGrammarTests {
    /// Elements that are none: alone, and always about `q`.
    static let malformed = [
        "status:", ":active", ":", "::", "status: active", "a :b", "a:b:c", "name:a:b status:nonsense",
        "foo:bar status:",
        "last_seen_before:2023-01-16T00:00:00Z",  // case 25
        "created_after:2023-01-16T00:00:00+01:00", "name:x :", "http://usersd.test:80", "search:::",
    ]

    static let unknown = [
        "foo:bar": ["foo"], "a::b": ["a"], "a:b": ["a"], "foo:bar baz:x": ["baz", "foo"],  // cases 20, 38
        "is_service_account:true": ["is_service_account"], "has_ai_seat:true": ["has_ai_seat"],  // cases 33, 34
        "email:x": ["email"], "username:x": ["username"], "id:x": ["id"], "limit:1": ["limit"], "q:x": ["q"],
    ]

    static let invalid = [
        "status:nonsense": ["status"], "status:active,": ["status"], "status:,": ["status"],  // case 23
        "status:active status:nonsense": ["status"], "login_type:nonsense": ["login_type"],
        "login_type:oidc,,github": ["login_type"],
        #"created_after:"2023-01-01""#: ["created_after"], #"created_before:"2023-01-01T00:00:00""#: ["created_before"],
        #"last_seen_after:"yesterday""#: ["last_seen_after"],
        #"last_seen_before:"2023-13-01T00:00:00Z""#: ["last_seen_before"],
        #"created_after:"2023-02-29T00:00:00Z""#: ["created_after"], "created_after:1": ["created_after"],
        "github_com_user_id:x": ["github_com_user_id"], "github_com_user_id:7.0": ["github_com_user_id"],  // case 28
        "github_com_user_id:9223372036854775808": ["github_com_user_id"],
        "service_account:maybe": ["service_account"], "service_account:yes": ["service_account"],  // case 33
        "name:a name:b": ["name"], "foo search:bar": ["search"], "search:a search:b": ["search"],  // cases 31, 32
        #"foo "a:b""#: ["search"],
        "service_account:true service_account:true": ["service_account"],
        "github_com_user_id:7 github_com_user_id:7": ["github_com_user_id"],
        #"created_after:"2023-01-01T00:00:00Z" created_after:"2023-01-02T00:00:00Z""#: ["created_after"],
        // Rule 7: what is wrong with keys comes together.
        "status:nonsense login_type:nonsense service_account:maybe foo:bar":
            ["foo", "login_type", "service_account", "status"],
        "name:a name:b status:x": ["name", "status"],
    ]

    @Test("an element that is no element is refused alone, on q (cases 21, 25)", arguments: Backend.allCases)
    func malformedElements(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for q in Self.malformed {
                let answer = try await api.search(q)
                #expect(answer.status == 400, "\(q)")
                #expect(answer.message == "Invalid user search query.", "\(q)")
                #expect(answer.fields == ["q"], "\(q)")
            }
        }
    }

    @Test("an unknown key is refused by its name (cases 20, 33, 34, 38)", arguments: Backend.allCases)
    func unknownKeys(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (q, fields) in Self.unknown {
                let answer = try await api.search(q)
                #expect(answer.status == 400, "\(q)")
                #expect(answer.message == "Invalid user search query.", "\(q)")
                #expect(answer.fields.sorted() == fields, "\(q)")
                for field in fields {
                    let detail = answer.detail(of: field)
                    #expect(detail?.hasSuffix("is not a valid query param") == true, "\(q): \(answer)")
                }
            }
        }
    }

    @Test("a key's bad value is refused by the key's name (cases 23, 27–33)", arguments: Backend.allCases)
    func badValues(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (q, fields) in Self.invalid {
                let answer = try await api.search(q)
                #expect(answer.status == 400, "\(q)")
                #expect(answer.message == "Invalid user search query.", "\(q)")
                #expect(answer.fields.sorted() == fields, "\(q): \(answer)")
            }
        }
    }

    @Test(
        "quotes hold spaces and colons together, and an open one swallows the rest (rule 2)",
        arguments: Backend.allCases)
    func quotes(on backend: Backend) async throws {
        let good = [
            #"search:"a:b""#, #""a:b""#, #"name:"a b:c d""#, #"name:"a status:nonsense"#,
            #"search:"x foo:bar"#, "a\tb", "\"", #"" status:nonsense"#, #"name:a"b c"d"#, #"na"me:x"#,
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for q in good { #expect(try await api.search(q).status == 200, "\(q)") }
            // A colon inside quotes makes a word, not a key.
            #expect(try await api.search(#"na"me:x"#).body == "{\"users\":[],\"count\":0}\n")
            // A tab does not split.
            #expect(try await api.search("status:active\tstatus:active").fields == ["q"])
        }
    }

    @Test("a query with a NUL is refused (decisions.md)", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for query in ["q=a%00b", "q=name:%00", "q=%00", "q=role:%00", "limit=%00", "after_id=%00"] {
                let answer = try await api.list(query)
                #expect(answer.status == 400, "\(query)")
                #expect(answer.message != nil, "\(query)")
            }
        }
    }

    @Test("no query is too strange to answer with 200 or 400", arguments: Backend.allCases)
    func fuzz(on backend: Backend) async throws {
        let pieces = [
            "\"", "\"", ":", ":", " ", " ", "\\", "%", "_", ",", "\t", "é", "İ", "\u{212A}", "日本", "'", ";",
            "--", "(", "$1", "?1", "status", "role", "name", "search", "login_type", "service_account",
            "github_com_user_id", "created_after",
            "last_seen_before", "status:active", "true", "7", "-1", "9223372036854775808", "2023-01-16T00:00:00Z",
            "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999+23:59", "-0001-01-01T00:00:00Z", "owner",
            #"created_after:"0000-01-01T00:00:00Z""#, #"last_seen_before:"0001-01-01T00:00:00+23:59""#,
            #"created_before:"9999-12-31T23:59:59.999999999-23:59""#, #"last_seen_after:"2023-06-30T23:59:60Z""#,
            "member", "x",
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            var random = SplitMix(seed: 20_261_124)
            var answered: Set<Int> = []
            for round in 0..<1500 {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...9, using: &random) {
                    switch Int.random(in: 0..<60, using: &random) {
                    case 0: bytes.append(UInt8.random(in: 0...255, using: &random))
                    default: bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
                    }
                }
                let query = "q=" + UsersAPI.escaped(bytes: bytes)
                let answer = try await api.list(query)
                answered.insert(answer.status)
                #expect(answer.status == 200 || answer.status == 400, "round \(round): \(query): \(answer)")
                if answer.status == 400, !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil {
                    #expect(answer.message == "Invalid user search query.", "round \(round): \(query): \(answer)")
                    #expect(!answer.fields.isEmpty, "round \(round): \(query)")
                }
            }
            #expect(answered == [200, 400])
        }
    }
}

/// A generator that gives the same numbers every time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
