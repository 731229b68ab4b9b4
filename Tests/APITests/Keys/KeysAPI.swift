import JSON
import TestSupport
import Testing

/// The key routes as one caller uses them on one user's path.
struct KeysAPI: Sendable {
    static let notFound = #"{"message":"Resource not found or you do not have access to this resource"}"# + "\n"
    static let unknownUser = "5f0c1d5e-8a9b-4c3d-9e2f-000000000404"
    static let systemUser = "c42fdf75-3097-471c-8c33-fb52454d81c0"
    static let hour = 3_600_000_000_000
    static let day = 24 * hour

    let server: TestServer
    let token: String
    var user = "me"

    init(_ server: TestServer, _ token: String, user: String = "me") {
        self.server = server
        self.token = token
        self.user = user
    }

    private func send(_ method: String, _ rest: String, _ body: String? = nil) async throws -> Answer {
        try await server.send(method, "/api/v2/users/\(user)/keys\(rest)", token: token, body: body)
    }

    func createSession(_ body: String? = nil) async throws -> Answer { try await send("POST", "", body) }

    func create(_ body: String = "{}") async throws -> Answer { try await send("POST", "/tokens", body) }

    /// Creates a token and reads it by its id.
    func made(_ body: String = "{}") async throws -> Answer { try await get(try id(of: try await create(body))) }

    /// Creates a token that must come to be.
    func token(_ body: String = "{}") async throws -> String {
        let answer = try await create(body)
        #expect(answer.status == 201, "\(body) \(answer)")
        return try #require(answer["key"]?.text)
    }

    func list(_ query: String = "") async throws -> Answer { try await send("GET", "/tokens\(query)") }

    func named(_ name: String) async throws -> Answer { try await send("GET", "/tokens/\(name)") }

    func tokenConfig() async throws -> Answer { try await named("tokenconfig") }

    func get(_ id: String) async throws -> Answer { try await send("GET", "/\(id)") }

    func delete(_ id: String) async throws -> Answer { try await send("DELETE", "/\(id)") }

    func expire(_ id: String) async throws -> Answer { try await send("PUT", "/\(id)/expire") }

    func id(of answer: Answer) throws -> String {
        #expect(answer.status == 201, "\(answer)")
        return String(try #require(answer["key"]?.text).prefix(10))
    }
}

extension Answer {
    /// The names of a list of tokens, in order.
    var tokenNames: [String] { json?.elements.compactMap { $0["token_name"]?.text } ?? [] }

    func texts(_ name: String) -> [String] { self[name]?.elements.compactMap(\.text) ?? [] }

    /// Whether the body says that it could not be read.
    var isUnreadable: Bool {
        status == 400 && message == "Request body must be valid JSON." && detail?.isEmpty == false && fields.isEmpty
    }
}

extension TestServer {
    /// What the server answers to a look at oneself with that token.
    func status(with token: String) async throws -> Int {
        try await send("GET", "/api/v2/users/me", token: token).status
    }
}

extension TestDatabase {
    func keyCount() throws -> Int { try Int(#require(sql("SELECT count(*) FROM api_keys").first?.first ?? nil)) ?? -1 }
}
