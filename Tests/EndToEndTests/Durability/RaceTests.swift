import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// Two processes on one database, asked at the same moment for what can happen only once or in one order: one
    /// wins, the others are told why, and the database is whole.
    @Suite(.serialized) struct RaceTests {
        private static let rounds = 2

        @Test("many first users: one is made, and only that one can sign in", arguments: Backend.allCases)
        func firstUser(on backend: Backend) async throws {
            try await Rivals.with(backend, hasOwner: false) { rivals in
                let replies = try await rivals.together(
                    (0..<6).map { index in
                        rivals.move(
                            "POST", "users/first", token: "",
                            #"{"email":"u\#(index)@usersd.test","username":"u\#(index)","password":"\#(RunningServer.password)"}"#
                        )
                    })
                #expect(replies.map(\.status).sorted() == [201, 409, 409, 409, 409, 409], "\(replies)")
                let logins = try await rivals.together((0..<6).map { rivals.login("u\($0)") })
                #expect(logins.map { $0.status == 201 } == replies.map { $0.status == 201 }, "\(logins)")
                #expect(
                    try rivals.ground.sql("SELECT count(*) FROM users WHERE NOT is_system") == [["1"]])
            }
        }

        @Test(
            "one user name, one e-mail, one token name, one membership: one 201, the others 409",
            arguments: Backend.allCases)
        func taken(on backend: Backend) async throws {
            try await Rivals.with(backend) { rivals in
                for round in 0..<Self.rounds {
                    func creation(_ name: String, _ email: String) -> Rivals.Move {
                        rivals.move(
                            "POST", "users",
                            """
                            {"username":"\(name)","email":"\(email)@usersd.test","login_type":"none",\
                            "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                            """)
                    }
                    let names = try await rivals.together(
                        (0..<6).map { creation($0 % 2 == 0 ? "n\(round)" : "N\(round)", "n\(round)-\($0)") })
                    let emails = try await rivals.together((0..<6).map { creation("e\(round)-\($0)", "e\(round)") })
                    let owner = try rivals.person("p\(round)")
                    let tokens = try await rivals.together(
                        (0..<6).map { _ in
                            rivals.move("POST", "users/\(owner)/keys/tokens", #"{"token_name":"ci"}"#)
                        })
                    let path = "organizations/coder/members/\(owner)"
                    let leave = try await rivals.together((0..<6).map { _ in rivals.move("DELETE", path) })
                    #expect(leave.map(\.status).sorted() == [204, 404, 404, 404, 404, 404], "\(leave)")
                    let join = try await rivals.together((0..<6).map { _ in rivals.move("POST", path) })
                    #expect(join.map(\.status).sorted() == [200, 409, 409, 409, 409, 409], "\(join)")
                    for replies in [names, emails, tokens] {
                        #expect(replies.map(\.status).sorted() == [201, 409, 409, 409, 409, 409], "\(replies)")
                    }
                    #expect(
                        try rivals.ground.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(owner)'") == [["1"]])
                }
            }
        }

        @Test(
            "a deletion amid changes of the same user: the changes come before it, or get 404",
            arguments: Backend.allCases)
        func deletion(on backend: Backend) async throws {
            try await Rivals.with(backend) { rivals in
                for round in 0..<Self.rounds {
                    let id = try rivals.person("p\(round)")
                    let replies = try await rivals.together([
                        rivals.move("DELETE", "users/\(id)", after: round * 500),
                        rivals.move("DELETE", "users/\(id)", after: round * 500),
                        rivals.move("PUT", "users/\(id)/profile", #"{"username":"q\#(round)","name":"Q"}"#),
                        rivals.move("PUT", "users/\(id)/status/suspend"),
                        rivals.move("PUT", "users/\(id)/roles", #"{"roles":["auditor"]}"#),
                        rivals.move(
                            "PUT", "users/\(id)/appearance", #"{"theme_preference":"dark","terminal_font":"fira-code"}"#
                        ),
                        rivals.move("POST", "users/\(id)/keys/tokens", #"{"token_name":"a"}"#),
                        rivals.move("POST", "users/\(id)/keys/tokens", #"{"token_name":"b"}"#),
                        rivals.move("POST", "users/\(id)/keys"),
                        rivals.move("DELETE", "organizations/coder/members/\(id)"),
                    ])
                    #expect(replies[..<2].map(\.status).sorted() == [200, 404], "\(replies)")
                    for reply in replies[2...] {
                        #expect([200, 201, 204, 404].contains(reply.status), "\(reply)")
                        if let token = reply.json?["key"]?.text { #expect(try rivals.statuses(token) == [401, 401]) }
                    }
                    #expect(
                        try rivals.ground.sql("SELECT count(*) FROM users WHERE deleted AND id = '\(id)'") == [["1"]])
                    #expect(try rivals.ground.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(id)'") == [["0"]])
                }
            }
        }

        @Test(
            "a suspension amid sign-ins: 201 before it, 401 after it, and no session works", arguments: Backend.allCases
        )
        func suspension(on backend: Backend) async throws {
            try await Rivals.with(backend) { rivals in
                for round in 0..<Self.rounds {
                    let id = try rivals.person("p\(round)")
                    let replies = try await rivals.together(
                        [rivals.move("PUT", "users/\(id)/status/suspend", after: round * 15_000)]
                            + (0..<6).map { rivals.login("p\(round)", after: $0 * 10_000) })
                    #expect(replies[0].status == 200, "\(replies[0])")
                    for reply in replies[1...] {
                        #expect([201, 401].contains(reply.status), "\(reply)")
                        guard let token = reply.json?["session_token"]?.text else { continue }
                        #expect(try rivals.statuses(token) == [401, 401])
                    }
                    #expect(try await rivals.together([rivals.login("p\(round)")])[0].status == 401)
                }
            }
        }

        @Test("two owners who remove each other, as owners or altogether: one stays", arguments: Backend.allCases)
        func owners(on backend: Backend) async throws {
            try await Rivals.with(backend) { rivals in
                // The one who is left makes the next one.
                var (first, token) = (
                    try rivals.ground.sql("SELECT id FROM users WHERE username = 'owner'")[0][0] ?? "", rivals.owner
                )
                for round in 0..<Self.rounds {
                    let rivals = rivals.led(by: token)
                    let second = try rivals.person("p\(round)", roles: "\"owner\"")
                    let other = try #require(
                        try await rivals.together([rivals.login("p\(round)")])[0].json?["session_token"]?.text)
                    let isDeletion = round % 2 == 1
                    func removal(_ id: String, by token: String) -> Rivals.Move {
                        isDeletion
                            ? rivals.move("DELETE", "users/\(id)", token: token)
                            : rivals.move("PUT", "users/\(id)/roles", token: token, #"{"roles":[]}"#)
                    }
                    let replies = try await rivals.together([
                        removal(second, by: token), removal(first, by: other),
                    ])
                    #expect(replies.filter { $0.status == 200 }.count == 1, "\(replies)")
                    #expect(
                        replies.contains { [400, 401, 403, 404].contains($0.status) }, "\(replies)")
                    let owners = try rivals.ground.sql(
                        "SELECT id FROM users WHERE NOT deleted AND \(Self.isOwner(backend))")
                    let winner = replies[0].status == 200 ? first : second
                    #expect(owners == [[winner]], "\(replies)")
                    if winner == second { (first, token) = (second, other) }
                }
            }
        }

        private static func isOwner(_ backend: Backend) -> String {
            backend == .sqlite ? "rbac_roles LIKE '%\"owner\"%'" : "'owner' = ANY (rbac_roles)"
        }

        @Test(
            "a change of password amid sign-ins with the old one: no session of the old one is left",
            arguments: Backend.allCases)
        func password(on backend: Backend) async throws {
            try await Rivals.with(backend) { rivals in
                for round in 0..<Self.rounds {
                    let id = try rivals.person("p\(round)")
                    let replies = try await rivals.together(
                        [
                            rivals.move(
                                "PUT", "users/\(id)/password", #"{"password":"\#(ForgetfulPerson.fresh)"}"#,
                                after: round * 10_000)
                        ] + (0..<15).map { rivals.login("p\(round)", after: $0 * 12_000) })
                    #expect(replies[0].status == 204, "\(replies[0])")
                    for reply in replies[1...] {
                        #expect([201, 401].contains(reply.status), "\(reply)")
                        guard let token = reply.json?["session_token"]?.text else { continue }
                        #expect(try rivals.statuses(token) == [401, 401], "round \(round)")
                    }
                    let after = try await rivals.together([
                        rivals.login("p\(round)"), rivals.login("p\(round)", ForgetfulPerson.fresh),
                    ])
                    #expect(after.map(\.status) == [401, 201])
                }
            }
        }
    }
}
