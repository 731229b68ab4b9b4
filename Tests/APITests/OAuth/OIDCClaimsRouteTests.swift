import API
import JSON
import TestSupport
import Testing

/// `GET /users/oidc-claims` and large claims: auth.md §8.7, cases 161 and 162 of §14.
@Suite struct OIDCClaimsRouteTests {
    private static let path = "/api/v2/users/oidc-claims"

    @Test("162: a person sees the merged claims of the last sign-in", arguments: Backend.allCases)
    func merged(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let visit = try await scene.visit(
                idToken: ["only_token": ["a", 1, .null], "both": "token"],
                userinfo: ["only_info": true, "both": "info"])
            let claims = try #require(try await visit.browser.get(Self.path)["claims"])
            #expect(claims["only_token"] == ["a", 1, .null] && claims["only_info"] == true)
            #expect(claims["both"] == "info" && claims["sub"] == "subject-1")
            #expect(claims["iss"]?.text == scene.provider.url)
            let later = try await scene.visit(["new": "x"])
            let again = try #require(try await later.browser.get(Self.path)["claims"])
            #expect(again["new"] == "x" && again["only_info"] == nil)
            let stored = try #require(
                try JSONReader.only(Array((try scene.link("claims") ?? "").utf8))["merged_claims"])
            #expect(Set(stored.names) == Set(again.names))
        }
    }

    @Test("162: both sources are stored apart; a missing one is null", arguments: Backend.allCases)
    func stored(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            #expect(try await scene.visit(["x": "y"]).isSignedIn)
            let claims = try JSONReader.only(Array((try scene.link("claims") ?? "").utf8))
            #expect(Set(claims.names) == ["id_token_claims", "user_info_claims", "merged_claims"])
            #expect(claims["user_info_claims"] == .null && claims["id_token_claims"]?["x"] == "y")
        }
    }

    @Test("162: who has no claims", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let owner = try await scene.server.owner()
            #expect(try await scene.server.send("GET", Self.path, token: owner.token).isError(400))
            #expect(try await scene.server.send("GET", Self.path).isError(401))
            let visit = try await scene.visit()
            for empty in ["{}", #"{"merged_claims":null}"#, #"{"merged_claims":{}}"#] {
                try scene.server.database.sql("UPDATE user_links SET claims = '\(empty)'")
                let answer = try await visit.browser.get(Self.path)
                #expect(answer.status == 200 && answer["claims"] == .object([]), "\(empty): \(answer)")
            }
        }
    }

    @Test("162: an account without its link is our fault, told by an id", arguments: Backend.allCases)
    func missingLink(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let visit = try await scene.visit()
            let id = try #require(try await visit.user()["id"]?.text)
            let key = StoredKey(userID: id, loginType: "token", expiresAt: scene.server.microseconds(3_600), name: "t")
            try key.insert(into: scene.server.database)
            try scene.server.database.sql("DELETE FROM user_links")
            let answer = try await scene.server.send("GET", Self.path, token: key.token)
            #expect(answer.isError(500), "\(answer)")
            let fault = try #require(answer.detail?.firstMatch(of: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/))
            #expect(scene.server.log.lines.contains { $0.contains(fault.output) })
        }
    }

    @Test("161: claims of 64 KiB in both sources, and access tokens as long", arguments: Backend.allCases)
    func large(on backend: Backend) async throws {
        let large = JSONValue.string(String(repeating: "groß", count: 13_200))
        try await OIDCScene.with(backend) { scene in
            for (token, info) in [(["large": large], [:]), ([:], ["large": large])] as [(JSONValue, JSONValue)] {
                let visit = try await scene.visit(idToken: token, userinfo: info)
                #expect(visit.isSignedIn, "\(visit.answer)")
                #expect(try await visit.browser.get(Self.path)["claims"]?["large"] == large)
            }
            scene.provider.configure { $0.accessToken = { _, _ in String(repeating: "x", count: 65_536) } }
            #expect(try await scene.visit().isSignedIn)
            #expect(try scene.link("oauth_access_token")?.utf8.count == 65_536)
        }
    }
}
