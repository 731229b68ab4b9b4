import Testing
import TestSupport

extension EndToEndTests {
    /// A request means the same however its bytes arrive.
    @Suite(.serialized) struct ArrivalTests {
        @Test(
            "the body may come later than the head, and in pieces", arguments: ["", "Expect: 100-continue\r\n"],
            [1, 7, 1_000])
        func pieces(field: String, size: Int) async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/pieces.sqlite"])
                let body = #"{"email":"owner@usersd.test","username":"owner","password":"\#(RunningServer.password)"}"#
                let socket = try ClientSocket(port: server.port)
                try socket.write(
                    "POST /api/v2/users/first HTTP/1.1\r\nHost: usersd.test\r\n\(field)Connection: close\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n")
                if !field.isEmpty { _ = try socket.read(until: "100 Continue\r\n\r\n") }
                var rest = body[...]
                while !rest.isEmpty {
                    // Long enough for the server to have read what came before; too short only makes the test easier.
                    try await Task.sleep(for: .milliseconds(size == 1_000 ? 50 : 2))
                    try socket.write(String(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
                let answer = try Reply(socket.readToEnd())
                #expect(answer.status == 201, "\(answer)")
                #expect(try server.send("GET", "/api/v2/users/first").status == 200)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
