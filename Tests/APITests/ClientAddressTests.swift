import API
import HTTP
import JSON
import Testing
import TestSupport

/// Whose address a request counts for: auth.md §12 and §15 (the rightmost entry that no trusted proxy has). Shown by
/// the address in the key's row.
@Suite struct ClientAddressTests {
    private struct Row {
        let peer: String
        var headers: [(String, String)] = []
        let address: String
    }

    private static let rows: [Row] = [
        Row(peer: "192.0.2.1", address: "192.0.2.1"), Row(peer: "2001:db8::1", address: "2001:db8::1"),
        Row(peer: "::ffff:192.0.2.1", address: "192.0.2.1"), Row(peer: "10.0.0.1", address: "10.0.0.1"),
        // From a peer that is no trusted proxy nothing is believed.
        Row(peer: "192.0.2.1", headers: [("X-Forwarded-For", "203.0.113.5")], address: "192.0.2.1"),
        Row(peer: "10.0.0.1", headers: [("X-Forwarded-For", "203.0.113.5")], address: "203.0.113.5"),
        Row(peer: "fd00::9", headers: [("x-forwarded-for", "2001:db8::7")], address: "2001:db8::7"),
        // What stands left of the client's own address was written by the client.
        Row(peer: "10.0.0.1", headers: [("X-Forwarded-For", "198.51.100.1, 203.0.113.5")], address: "203.0.113.5"),
        Row(
            peer: "10.0.0.1", headers: [("X-Forwarded-For", "198.51.100.1, 203.0.113.5 , 10.0.0.2,10.9.9.9")],
            address: "203.0.113.5"),
        Row(
            peer: "10.0.0.1", headers: [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.5")],
            address: "203.0.113.5"),
        // The first trusted header that says something counts, in the order of the option.
        Row(peer: "10.0.0.1", headers: [("X-Real-IP", "203.0.113.6")], address: "203.0.113.6"),
        Row(
            peer: "10.0.0.1", headers: [("X-Real-IP", "203.0.113.6"), ("X-Forwarded-For", "203.0.113.5")],
            address: "203.0.113.5"),
        Row(
            peer: "10.0.0.1", headers: [("X-Forwarded-For", "unknown"), ("X-Real-IP", "203.0.113.6")],
            address: "203.0.113.6"),
        Row(peer: "10.0.0.1", headers: [("X-Forwarded-For", "")], address: "10.0.0.1"),
        Row(peer: "10.0.0.1", headers: [("True-Client-IP", "203.0.113.5")], address: "10.0.0.1"),
    ]

    @Test("a proxy is believed only when it is trusted, and only what it wrote itself", arguments: Backend.allCases)
    func addresses(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.proxyHeaders = ["X-Forwarded-For", "X-Real-IP"]
                $0.proxyOrigins = ["10.0.0.0/8", "fd00::/8"].compactMap { AddressRange(parsing: $0) }
            }
        ) { server in
            _ = try await server.owner()
            for row in Self.rows {
                let answer = try await server.send(
                    "POST", "/api/v2/users/login",
                    body: #"{"email":"owner@usersd.test","password":"SomeSecurePassword!"}"#, headers: row.headers,
                    peer: row.peer)
                let id = try #require(answer["session_token"]?.text).prefix(10)
                let address = try server.database.sql(
                    sqlite: "SELECT ip_address FROM api_keys WHERE id = '\(id)'",
                    postgres: "SELECT host(ip_address) FROM api_keys WHERE id = '\(id)'")
                #expect(address == [[row.address]], "\(row.peer) \(row.headers)")
            }
        }
    }

    @Test("without trusted headers none is looked at", arguments: Backend.allCases)
    func none(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.isRateLimitDisabled = false
                $0.rateLimit = 3
            }
        ) { server in
            for index in 0..<3 {
                let answer = try await server.send(
                    "GET", "/api/v2/buildinfo", headers: [("X-Forwarded-For", "203.0.113.\(index)")])
                #expect(answer.status == 200)
            }
            let answer = try await server.send(
                "GET", "/api/v2/buildinfo", headers: [("X-Forwarded-For", "203.0.113.99")])
            #expect(answer.status == 429)
        }
    }
}
