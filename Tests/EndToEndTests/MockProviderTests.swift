import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Claims of every shape, from a real provider (auth.md §8.6; decisions.md #9).
    @Suite(.serialized) struct MockProviderTests {
        /// An e-mail that nobody else has, and what a row adds to it.
        private static func email(_ name: String, _ more: String) -> String {
            #"{"email":"\#(name)@usersd.test",\#(more)}"#
        }

        private static func verified(_ name: String, _ more: String) -> String {
            email(name, #""email_verified":true,\#(more)"#)
        }

        @Test("email_verified in userinfo: two words beside the flag, and nothing else", arguments: Backend.allCases)
        func verifiedInUserinfo(on backend: Backend) async throws {
            var rows = ["true", #""true""#].enumerated().map {
                ClaimRow.user(Self.email("in\($0)", #""email_verified":\#($1)"#), ["email": "in\($0)@usersd.test"])
            }
            rows += ["false", #""false""#].enumerated().map {
                .refused(403, Self.email("out\($0)", #""email_verified":\#($1)"#), "Email not verified", "Verify the")
            }
            rows.append(.refused(403, #"{"email":"missing@usersd.test"}"#, "Email not verified", "Back to login"))
            rows += ["0", "1", "null", #""1""#, #""yes""#, "[true]"].enumerated().map {
                .refused(500, Self.email("odd\($0)", #""email_verified":\#($1)"#))
            }
            let all = rows
            try await MockProvider.with(backend) { try await ClaimRow.check(all, at: $0) }
        }

        @Test(
            "email_verified in the ID token: what is surely true gets in, anything else is refused (142)",
            arguments: Backend.allCases)
        func verifiedInIDToken(on backend: Backend) async throws {
            let good = ["true", #""true""#, #""True""#, #""TRUE""#, #""1""#, #""t""#, #""T""#, "1", "2", "-1", "0.5"]
            let bad = [
                "false", #""false""#, #""0""#, #""f""#, #""""#, #""yes""#, #""tRuE""#, #"" true""#, "0", "0.0", "-0",
                "null", "[]", "[true]", #"{"a":true}"#,
            ]
            var rows = good.enumerated().map {
                ClaimRow.user(Self.email("in\($0)", #""email_verified":\#($1)"#))
            }
            rows += bad.enumerated().map {
                .refused(403, Self.email("out\($0)", #""email_verified":\#($1)"#), "Email not verified")
            }
            rows.append(.refused(403, #"{"email":"missing@usersd.test"}"#, "Email not verified"))
            let all = rows
            try await MockProvider.with(backend, ["--oidc-ignore-userinfo"]) { try await ClaimRow.check(all, at: $0) }
        }

        @Test("email_verified does not count when it is to be ignored (141)", arguments: Backend.allCases)
        func verifiedIgnored(on backend: Backend) async throws {
            let rows: [ClaimRow] = [
                .user(Self.email("a", #""email_verified":false"#)), .user(Self.email("b", #""email_verified":null"#)),
                .user(Self.email("c", #""email_verified":"no""#)), .user(#"{"email":"d@usersd.test"}"#),
            ]
            let arguments = ["--oidc-ignore-email-verified", "--oidc-ignore-userinfo"]
            try await MockProvider.with(backend, arguments) { try await ClaimRow.check(rows, at: $0) }
        }

        @Test("user names: taken as they are, cleaned, or made up (150, 152)", arguments: Backend.allCases)
        func usernames(on backend: Backend) async throws {
            let rows: [ClaimRow] = [
                .user(Self.verified("a", #""preferred_username":"jon""#), ["username": "jon"]),
                .user(Self.verified("b", #""preferred_username":"kyle@kwc.io""#), ["username": "kyle"]),
                .user(Self.verified("c", #""preferred_username":"John Doe""#), ["username": "JohnDoe"]),
                .user(Self.verified("d-local", #""preferred_username":"""#), ["username": "d-local"]),
                .user(#"{"email":"e-local@usersd.test","email_verified":true}"#, ["username": "e-local"]),
                .user(Self.verified("f-local", #""preferred_username":7"#), ["username": "f-local"]),
                .user(Self.verified("g-local", #""preferred_username":null"#), ["username": "g-local"]),
                .user(Self.verified("h", #""preferred_username":"a_b""#), ["username": "ab"]),
                .user(Self.verified("i", #""preferred_username":"Zo\u00eb""#), ["username": "Zo"]),
                .user(
                    Self.verified("j", #""preferred_username":"\#(String(repeating: "x", count: 32))""#),
                    ["username": String(repeating: "x", count: 32)]),
            ]
            try await MockProvider.with(backend) { mock in
                try await ClaimRow.check(rows, at: mock)
                let valid = #/[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*/#
                // Nothing usable is left, or the name is taken.
                for (index, (wish, start)) in [
                    ("!!!", ""), (String(repeating: "y", count: 33), ""), ("new", ""), ("jon", "jon-"), ("JON", "JON-"),
                    (String(repeating: "x", count: 32), ""), ("owner", "owner-"),
                ].enumerated() {
                    let way = try await mock.signIn(
                        "w\(index)", Self.verified("w\(index)", #""preferred_username":"\#(wish)""#))
                    let name = try #require(try mock.server.me(way).json?["username"]?.text, "\(wish): \(way)")
                    #expect(name.wholeMatch(of: valid) != nil && name.count <= 32, "\(wish): \(name)")
                    #expect(name != wish && name.hasPrefix(start), "\(wish): \(name)")
                }
            }
        }

        @Test("e-mails: the claim, or a user name that is an address (140, 144, 145)", arguments: Backend.allCases)
        func emails(on backend: Backend) async throws {
            let rows: [ClaimRow] = [
                .user(
                    #"{"preferred_username":"mia@corp.test","email_verified":true}"#,
                    ["email": "mia@corp.test", "username": "mia"]),
                .refused(400, #"{"preferred_username":"mia","email_verified":true}"#),
                .refused(400, #"{"email_verified":true}"#),
                .refused(500, #"{"email":1,"email_verified":true}"#),
                .refused(500, #"{"email":["a@usersd.test"],"email_verified":true}"#),
                .refused(500, #"{"email":"","preferred_username":"nobody","email_verified":true}"#),
            ]
            try await MockProvider.with(backend) { try await ClaimRow.check(rows, at: $0) }
            let idToken: [ClaimRow] = [
                .refused(400, #"{"email":1,"email_verified":true}"#),
                .refused(400, #"{"email":null,"email_verified":true}"#),
            ]
            try await MockProvider.with(backend, ["--oidc-ignore-userinfo"]) {
                try await ClaimRow.check(idToken, at: $0)
            }
        }

        @Test("domains: what stands behind the last @, in any case, whole (148)", arguments: Backend.allCases)
        func domains(on backend: Backend) async throws {
            @Sendable func claims(_ email: String) -> String { #"{"email":"\#(email)","email_verified":true}"# }
            let rows: [ClaimRow] =
                [
                    .user(claims("a@corp.test"), ["email": "a@corp.test"]),
                    .user(claims("b@CORP.Test")), .user(claims("c@other.test")), .user(claims("m@evil.test@corp.test")),
                ]
                + [
                    "d@sub.corp.test", "e@xcorp.test", "f@corp.test.evil.test", "g@corp.test@evil.test", "h",
                    "corp.test", "i@", "j@corp.test ", "k@corp.test\\n",
                ].map {
                    .refused(
                        403, claims($0), "<!doctype html>", "Unauthorized email", "is not from an authorized domain",
                        "Please contact your administrator", "Back to login")
                }
            try await MockProvider.with(backend, ["--oidc-email-domain", "@Corp.test, other.test"]) { mock in
                try await ClaimRow.check(rows, at: mock)
                let page = try await mock.signIn("last", claims("z@elsewhere.test")).body.lowercased()
                #expect(!page.contains("corp.test") && !page.contains("other.test"))
            }
        }

        @Test("groups: one of the allowed, in either form (149)", arguments: Backend.allCases)
        func groups(on backend: Backend) async throws {
            @Sendable func claims(_ name: String, _ groups: String) -> String {
                Self.verified(name, #""teams":\#(groups)"#)
            }
            let title = "Not a member of an allowed group"
            let rows: [ClaimRow] = [
                .user(claims("a", #"["x","ops"]"#)), .user(claims("b", #""staff""#)),
                .refused(403, claims("d", #"["x"]"#), title, "Back to login"),
                .refused(403, claims("e", "[]"), title), .refused(403, claims("f", #""opsy""#), title),
                .refused(403, #"{"email":"g@usersd.test","email_verified":true}"#, title, "<!doctype html>"),
                .refused(400, claims("h", #""staff,ops""#), "<!doctype html>", "Back to login"),
                .refused(400, claims("i", "7"), "<!doctype html>"), .refused(400, claims("j", #"["ops",7]"#)),
                .refused(400, claims("k", #"{"ops":true}"#)),
            ]
            try await MockProvider.with(
                backend, ["--oidc-group-field", "teams", "--oidc-allowed-groups", "staff, ops"]
            ) { try await ClaimRow.check(rows, at: $0) }
            // Without a list nobody looks (160).
            let ignored: [ClaimRow] = [
                .user(claims("a", #"["x"]"#)), .user(claims("b", #""x,y""#)), .user(claims("c", "7")),
            ]
            try await MockProvider.with(backend, ["--oidc-group-field", "teams"]) {
                try await ClaimRow.check(ignored, at: $0)
            }
        }

        @Test("an allowed group is the whole text, blanks inside it too", arguments: Backend.allCases)
        func groupWithBlank(on backend: Backend) async throws {
            let rows: [ClaimRow] = [
                .user(Self.verified("a", #""teams":["Platform Team"]"#)),
                .refused(403, Self.verified("b", #""teams":["PlatformTeam"]"#), "Not a member of an allowed group"),
            ]
            try await MockProvider.with(
                backend, ["--oidc-group-field", "teams", "--oidc-allowed-groups", "staff, Platform Team"]
            ) { try await ClaimRow.check(rows, at: $0) }
        }

        @Test(
            "names: trimmed, and cut to 128 bytes between characters (151); other fields", arguments: Backend.allCases)
        func names(on backend: Backend) async throws {
            func row(_ email: String, _ name: String, _ shown: String) -> ClaimRow {
                .user(Self.verified(email, #""name":"\#(name)""#), ["name": shown])
            }
            let a = String(repeating: "a", count: 127)
            let rows: [ClaimRow] = [
                row("a", "  Bobby  Whitespace ", "Bobby  Whitespace"), row("b", "\(a)aa", "\(a)a"),
                // é is two bytes, 😀 is four.
                row("c", "\(a)é", a), row("d", String(repeating: "é", count: 70), String(repeating: "é", count: 64)),
                row("e", "\(a.dropLast(2))😀", String(a.dropLast(2))), row("f", " \(a)   b", a),
                row("g", "", ""), row("h", "   ", ""), row("i", #"<b>&\"x\"</b>"#, #"<b>&"x"</b>"#),
                .user(
                    Self.verified("j", #""picture":"https://pictures.usersd.test/j""#),
                    ["avatar_url": "https://pictures.usersd.test/j", "name": ""]),
            ]
            try await MockProvider.with(backend) { try await ClaimRow.check(rows, at: $0) }
            let fields: [ClaimRow] = [
                .user(
                    #"{"mail":"k@usersd.test","nick":"kay","title":"Dr K","email":"not@used.test","email_verified":true}"#,
                    ["email": "k@usersd.test", "username": "kay", "name": "Dr K"])
            ]
            try await MockProvider.with(
                backend,
                ["--oidc-email-field", "mail", "--oidc-username-field", "nick", "--oidc-name-field", "title"]
            ) { try await ClaimRow.check(fields, at: $0) }
        }
    }
}
