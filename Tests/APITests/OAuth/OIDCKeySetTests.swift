import API
import HTTP
import JSON
import TestSupport
import Testing

/// The provider's key set: auth.md §8.6 step 2. It is fetched when a key is wanted, not for every stranger's token.
@Suite struct OIDCKeySetTests {
    @Test("137: many sign-ins need one key set", arguments: Backend.allCases)
    func cached(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for _ in 0..<5 {
                let visit = try await scene.visit()
                #expect(visit.isSignedIn, "\(visit.answer)")
            }
            #expect(scene.provider.keySetFetches == 1)
        }
    }

    @Test("137: sign-ins at once need one key set", arguments: Backend.allCases)
    func together(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            #expect(try await scene.visit().isSignedIn)
            try scene.provider.configure { try $0.keys.rotate() }
            scene.provider.hold("/jwks")
            var requests: [@Sendable (TestServer) async throws -> Answer] = []
            for _ in 0..<6 {
                let browser = Browser(scene.server)
                let back = try await browser.begin(Browser.oidcCallback, at: scene.provider)
                let cookies = browser.cookieField
                requests.append { try await $0.send("GET", back.target, headers: [cookies]) }
            }
            async let answers = scene.server.sendTogether(requests)
            await scene.provider.arrival(at: "/token", count: 7)
            await scene.provider.arrival(at: "/jwks", count: 2)
            scene.provider.release("/jwks")
            let got = try await answers
            #expect(got.allSatisfy { $0.status == 307 }, "\(got)")
            #expect(scene.provider.keySetFetches == 2)
        }
    }

    @Test("137: a provider changes its keys", arguments: Backend.allCases, [false, true])
    func rotation(on backend: Backend, keepingOld: Bool) async throws {
        try await OIDCScene.with(backend) { scene in
            #expect(try await scene.visit().isSignedIn)
            let old = scene.provider.settings.keys.rsa
            try scene.provider.configure { try $0.keys.rotate(keepingOld: keepingOld) }
            #expect(try await scene.visit().isSignedIn)
            #expect(scene.provider.keySetFetches == 2)
            let visit = try await scene.visit(token: { claims, _ in try JWTForge.sign(claims, with: old) })
            #expect(visit.isSignedIn == keepingOld, "\(visit.answer)")
        }
    }

    @Test("137: tokens of unknown keys do not make us fetch the key set each time", arguments: Backend.allCases)
    func unknownKeys(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            #expect(try await scene.visit().isSignedIn)
            for number in 0..<8 {
                let header: JSONValue = ["kid": .string("unknown-\(number)")]
                let answer = try await scene.visit(token: { try JWTForge.sign($0, with: $1.rsa, header: header) })
                    .answer
                #expect(answer.isError(400))
            }
            #expect(scene.provider.keySetFetches == 2)
        }
    }

    @Test("137: a key set that cannot be had refuses, and is asked for again", arguments: Backend.allCases)
    func missing(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let broken = [
                CannedAnswer(.serviceUnavailable, "{}"), CannedAnswer(.ok, ""), CannedAnswer(.ok, "{}"),
                CannedAnswer(.ok, #"{"keys":[]}"#), CannedAnswer(.ok, #"{"keys":{"kty":"RSA"}}"#),
                CannedAnswer(
                    .ok, #"{"keys":[7,null,{},{"kty":"RSA","kid":"rsa-1"},{"kty":"RSA","n":"!","e":"AQAB"}]}"#),
                CannedAnswer(.ok, #"{"keys":[{"kty":"RSA","kid":"rsa-1","n":"AQ","e":"AQ"}]}"#),
                CannedAnswer(.ok, #"{"keys":[{"kty":"oct","kid":"rsa-1","k":"AAAA"}]}"#),
            ]
            for canned in broken {
                scene.provider.answer("/jwks", with: canned)
                let answer = try await scene.visit(token: {
                    try JWTForge.sign($0, with: $1.rsa, header: ["kid": .null])
                })
                .answer
                #expect(answer.isError(400), "\(String(decoding: canned.body, as: UTF8.self)): \(answer)")
            }
            scene.provider.answer("/jwks", with: nil)
            #expect(
                try await scene.visit(token: { try JWTForge.sign($0, with: $1.rsa, header: ["kid": .null]) }).isSignedIn
            )
        }
    }

    @Test(
        "137: a key for encryption signs nothing; a key without id, algorithm or use does", arguments: Backend.allCases)
    func uses(on backend: Backend) async throws {
        for (change, isGood) in [(["use": "enc"], false), ([:], true)] as [(JSONValue, Bool)] {
            try await OIDCScene.with(backend) { scene in
                let entry = try scene.provider.settings.keys.rsa.jwk()
                let changed = (isGood ? entry.removing("kid", "use", "alg") : entry).merging(change)
                let set: JSONValue = ["keys": [changed]]
                scene.provider.answer("/jwks", with: CannedAnswer(.ok, String(decoding: set.bytes, as: UTF8.self)))
                let visit = try await scene.visit()
                #expect(visit.isSignedIn == isGood, "\(visit.answer)")
            }
        }
    }
}

extension Browser {
    /// What it would send, for a request beside others.
    var cookieField: (String, String) {
        ("Cookie", cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; "))
    }
}
