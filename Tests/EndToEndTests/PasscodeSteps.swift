import JSON
import TestSupport
import Testing

/// A person of the running server who has forgotten a password.
struct ForgetfulPerson: Sendable {
    static let fresh = "AnotherSecurePassword!"
    let server: RunningServer
    let email: String
    let id: String

    /// - Parameter email: as it stands between the quotes of JSON.
    static func create(_ name: String, _ email: String, on server: RunningServer, token: String) throws
        -> ForgetfulPerson
    {
        let answer = try server.send(
            "POST", "/api/v2/users", token: token,
            body: """
                {"username":"\(name)","email":"\(email)","password":"\(RunningServer.password)",\
                "user_status":"active","organization_ids":["00000000-0000-0000-0000-000000000000"]}
                """)
        guard answer.status == 201, let id = answer.json?["id"]?.text else { throw SupportFault("no user: \(answer)") }
        return ForgetfulPerson(server: server, email: email, id: id)
    }

    func request() throws -> Int {
        try server.send("POST", "/api/v2/users/otp/request", body: #"{"email":"\#(email)"}"#).status
    }

    func change(_ passcode: String) throws -> Int {
        try server.send(
            "POST", "/api/v2/users/otp/change-password",
            body: #"{"email":"\#(email)","password":"\#(Self.fresh)","one_time_passcode":"\#(passcode)"}"#
        ).status
    }

    func signIn(_ password: String) throws -> Int {
        try server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#
        ).status
    }

    /// Uses the code; it works once, and only the new password works then.
    func finish(_ passcode: String) throws {
        #expect(try change(passcode) == 204)
        #expect(try change(passcode) == 400)
        #expect(try signIn(RunningServer.password) == 401)
        #expect(try signIn(Self.fresh) == 201)
    }
}

/// The code in a text that holds a link to the page of the reset.
func passcode(in text: String) throws -> String {
    let link = try #require(
        try #/reset-password\/change\?otp=([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})&email=/#
            .firstMatch(in: text))
    return String(link.output.1)
}
