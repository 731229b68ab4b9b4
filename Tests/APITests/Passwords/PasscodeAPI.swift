import API
import JSON
import TestSupport
import Testing

/// The forgotten password's two routes.
struct PasscodeAPI: Sendable {
    static let fresh = "AnotherSecurePassword!"
    static let wrong = #"{"message":"Incorrect email or one-time passcode."}"# + "\n"
    let server: TestServer

    init(_ server: TestServer) { self.server = server }

    func request(_ email: String) async throws -> Answer {
        try await server.send("POST", "/api/v2/users/otp/request", body: #"{"email":"\#(email)"}"#)
    }

    func change(_ email: String, _ passcode: String, _ password: String = fresh) async throws -> Answer {
        try await server.send(
            "POST", "/api/v2/users/otp/change-password",
            body: #"{"email":"\#(email)","password":"\#(password)","one_time_passcode":"\#(passcode)"}"#)
    }

    /// Requests a passcode that must be sent.
    func passcode(_ email: String) async throws -> String {
        let count = server.outbox.passcodes.count
        #expect(try await request(email).status == 204)
        #expect(server.outbox.passcodes.count == count + 1)
        return try #require(server.outbox.passcodes.last?.text)
    }

    /// Requests a passcode and uses it.
    func reset(_ email: String) async throws -> Answer { try await change(email, try await passcode(email)) }

    func signIn(_ email: String, _ password: String) async throws -> Int {
        try await server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#
        ).status
    }
}
