import API
import JSON
import Testing
import TestSupport

/// `POST /users/validate-password`: auth.md §3 and §11, cases 75–77 of §14.
@Suite struct PasswordStrengthTests {
    private static func judge(_ server: TestServer, _ password: String) async throws -> Answer {
        let body = password.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return try await server.send("POST", "/api/v2/users/validate-password", body: "{\"password\":\"\(body)\"}")
    }

    /// The table of §11.
    private static let table: [(password: String, isStrong: Bool)] = [
        ("SomeSecurePassword!", true), ("PasswordSecured123!", true), ("correcthorse", true), ("Passw0rd!", true),
        ("abcabcabcabc", false), ("newpassword", false), ("passw0rd!", false), ("notstrong", false),
        ("password", false),
        ("hunter2", false), ("abcdefghijklmnopqrstuvwxyz", false), ("qwertyuiop123", false),
        ("aaaaaaaaaaaaaaaaaaaa", false),
    ]

    @Test("77: every row of the contract's table", arguments: Backend.allCases)
    func table(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (password, isStrong) in Self.table {
                let answer = try await Self.judge(server, password)
                #expect(answer.status == 200)
                #expect(answer.json?.names == ["valid", "details"])
                #expect(answer["valid"]?.flag == isStrong, "\(password)")
                #expect(answer["details"]?.text?.isEmpty == isStrong, "\(password)")
            }
        }
    }

    /// Worked out by hand from §11: alphabet B, length L, and 52 bits as the border.
    private static let computed: [(password: String, isStrong: Bool)] = [
        // lower case only, log2(26) = 4.70: 12 characters are 56.4 bits, 11 are 51.7
        ("bqxmwtkzvhrd", true), ("bqxmwtkzvhr", false),
        // digits only, log2(10) = 3.32: 16 are 53.2, 15 are 49.8
        ("4826093715283604", true), ("482609371528360", false),
        // one set of five, log2(5) = 2.32: 23 are 53.4, 22 are 51.1; runs are cut to two
        ("!@$&*!@$&*!@$&*!@$&*!@$", true), ("!@$&*!@$&*!@$&*!@$&*!@", false),
        ("-_. ,-_. ,-_. ,-_. ,-_.", true), ("-_. ,-_. ,-_. ,-_. ,-_", false),
        // the set of 22, log2(22) = 4.46: 12 are 53.5, 11 are 49.1
        ("\"#%'()+/:;<=", true), ("\"#%'()+/:;<", false),
        // a character of no set counts one, and its bytes count in the length: 26 + 1 = 27 (4.75), 9 + 2 bytes are 52.3
        ("bqxmwtkzvé", true), ("bqxmwtkzé", false),
        // runs of one character are cut to two: nothing is gained by the third
        ("bqxmwtkzvrhh", true), ("bqxmwtkzvhhh", false), ("bqxmwtkzvrrrrr", false),
        // sequences are thinned to two, backwards too
        ("zyxwvutsrqponmlkjihgfedcba", false), ("9876543210987654321098765", false), ("poiuytrewq321", false),
        ("lkjhgfdsamnbvcxz", false),
        // case matters to the thinning: 52 letters (5.70), 26 characters
        ("AbCdEfGhIjKlMnOpQrStUvWxYz", true),
    ]

    @Test("77: alphabets, runs and sequences count as the contract computes them", arguments: Backend.allCases)
    func computed(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (password, isStrong) in Self.computed {
                let answer = try await Self.judge(server, password)
                #expect(answer["valid"]?.flag == isStrong, "\(password)")
            }
        }
    }

    private static let hints: [(password: String, details: String)] = [
        (
            "abc",
            "insecure password, try including more special characters, using uppercase letters, using numbers "
                + "or using a longer password"
        ),
        (
            "ABC1",
            "insecure password, try including more special characters, using lowercase letters "
                + "or using a longer password"
        ),
        (
            "!-#",
            "insecure password, try using lowercase letters, using uppercase letters, using numbers or using a longer "
                + "password"
        ),
        (
            "!-a",
            "insecure password, try including more special characters, using uppercase letters, using numbers "
                + "or using a longer password"
        ),
        ("!-#aA1", "insecure password, try using a longer password"),
    ]

    @Test("76: the hints name what is missing", arguments: Backend.allCases)
    func hints(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (password, details) in Self.hints.dropLast() {
                let answer = try await Self.judge(server, password)
                #expect(answer["valid"]?.flag == false)
                #expect(answer["details"]?.text == details, "\(password)")
            }
            // Nothing is missing but length: the contract does not say how the sentence then joins.
            let all = try await Self.judge(server, "!-#aA1")["details"]?.text
            #expect(all?.hasPrefix("insecure password, try ") == true)
            #expect(all?.hasSuffix("using a longer password") == true)
            #expect(all?.contains("including") == false)
        }
    }

    @Test("76, 77: 64 bytes are the most; strength is looked at first", arguments: Backend.allCases)
    func length(on backend: Backend) async throws {
        let varied = "aB3$eF6&hI9*kL2@nO5!qR8-tU1_wX4.zA7,cD0;fG3:iJ6?lM9/oP2+rS5=uV8~yZ"
        try await TestServer.with(backend) { server in
            #expect(try await Self.judge(server, String(varied.prefix(64)))["valid"]?.flag == true)
            let answer = try await Self.judge(server, String(varied.prefix(65)))
            #expect(answer.status == 200)
            #expect(answer["valid"]?.flag == false)
            #expect(answer["details"]?.text == "password must be no more than 64 characters")
            // 64 bytes of two-byte letters are 32 letters.
            let letters = "aB3$eF6&hI9*kL2@nO5!qR8-tU1_wX4." + String(varied.dropFirst(32).prefix(31)) + "é"
            let tooLong = try await Self.judge(server, letters)
            #expect(tooLong["details"]?.text == "password must be no more than 64 characters")
            let weak = try await Self.judge(server, String(repeating: "a", count: 100))
            #expect(weak["details"]?.text?.hasPrefix("insecure password") == true)
        }
    }

    @Test("76: an empty password is a broken rule, not a weak password", arguments: Backend.allCases)
    func empty(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for body in ["{}", #"{"password":""}"#, "null"] {
                let answer = try await server.send("POST", "/api/v2/users/validate-password", body: body)
                #expect(answer.status == 400)
                #expect(answer.message == "Validation failed.")
                #expect(answer.fields == ["password"])
            }
        }
    }

    @Test("75: it needs no session and works with password sign-in switched off", arguments: Backend.allCases)
    func switchedOff(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let answer = try await Self.judge(server, "SomeSecurePassword!")
            #expect(answer.status == 200)
            #expect(answer.body == #"{"valid":true,"details":""}"# + "\n")
        }
    }
}
