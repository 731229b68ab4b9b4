import API
import JSON
import Testing
import TestSupport

/// `GET /users/authmethods`: auth.md §6, cases 78, 79, 81 and 97 of §14; decisions.md #19.
@Suite struct AuthMethodsTests {
    private static let path = "/api/v2/users/authmethods"
    private static let others =
        #""github":{"enabled":false,"default_provider_configured":false},"#
        + #""oidc":{"enabled":false,"signInText":"","iconUrl":""}}"#

    @Test(
        "78, 97: without providers there is the password, to the byte, whatever token is sent",
        arguments: Backend.allCases)
    func plain(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for token in [nil, "rubbish", "0000000000-0000000000000000000000"] {
                let answer = try await server.send("GET", Self.path, token: token)
                #expect(answer.status == 200)
                #expect(answer.body == #"{"password":{"enabled":true},"# + Self.others + "\n")
            }
        }
    }

    @Test("79: the switch shows", arguments: Backend.allCases)
    func switchedOff(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let answer = try await server.send("GET", Self.path)
            #expect(answer.body == #"{"password":{"enabled":false},"# + Self.others + "\n")
        }
    }

    @Test("81: the terms of service come first", arguments: Backend.allCases)
    func terms(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.termsOfServiceURL = "https://terms.test/?a=1&b=2" }) { server in
            let answer = try await server.send("GET", Self.path)
            #expect(answer.json?.names == ["terms_of_service_url", "password", "github", "oidc"])
            #expect(answer["terms_of_service_url"]?.text == "https://terms.test/?a=1&b=2")
        }
    }
}
