import Foundation
import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// Clients that mean harm, in short; `Scripts/attack` has the long form, with times.
    @Suite(.serialized) struct AttackTests {
        /// Of a debug build with hundreds of hostile connections: each is worth some kilobytes, not what it asks for.
        private static let residentLimitMiB = 200

        private static func descriptors(_ server: RunningServer) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.process.pid)/fd").count
        }

        /// The most memory that the process ever had, MiB.
        private static func peakMiB(_ server: RunningServer) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(server.process.pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw SupportFault("no VmHWM")
            }
            return kilobytes / 1_024
        }

        private static func request(_ method: String, _ target: String, _ token: String, _ rest: String = "") -> String
        {
            "\(method) \(target) HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: \(token)\r\n\(rest)"
        }

        /// What hostile clients send before they fall silent or vanish.
        private static func openings(_ token: String) -> [String] {
            [
                "", "G", request("GET", "/api/v2/users/me", token), request("GET", "/api/v2/users/me", token, "\r\n"),
                request("POST", "/api/v2/users/login", token, "Content-Length: 1000000\r\n\r\n{"),
                request("POST", "/api/v2/users/login", token, "Transfer-Encoding: chunked\r\n\r\nfffff\r\n{"),
                "nonsense\r\n\r\n",
            ]
        }

        /// Large answers that nobody reads.
        private static func unread(_ token: String) -> String {
            String(repeating: request("GET", "/api/v2/users?limit=100", token, "\r\n"), count: 20)
        }

        @Test("hundreds that fall silent, do not read or vanish harm nobody, and leave nothing behind")
        func silentAndGone() async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/attack.sqlite"])
                let token = try server.owner()
                for index in 0..<50 { #expect(try server.create("user\(index)", token: token).status == 201) }
                let before = try Self.descriptors(server)
                let openings = Self.openings(token)
                let unread = Self.unread(token)
                let complaints = try await onThread { () -> [String] in
                    var hostile: [ClientSocket] = []
                    var complaints: [String] = []
                    let kept = try KeptConnection(server)
                    for index in 0..<1_200 {
                        let one = try ClientSocket(port: server.port, from: "127.0.1.\(index % 200 + 1)")
                        try? one.write(index % 40 == 0 ? unread : openings[index % openings.count])
                        // A quarter stays; the others say farewell or reset.
                        if index / 10 % 4 == 0 { hostile.append(one) } else if index % 2 == 0 { one.reset() }
                        guard index % 8 == 0 else { continue }
                        let answer =
                            index % 16 == 0
                            ? try kept.send("GET", "/api/v2/users/me", token: token)
                            : try server.send("GET", "/api/v2/users/me", token: token)
                        if answer.json?["username"]?.text != "owner" { complaints.append("\(answer)") }
                    }
                    return complaints
                }
                #expect(complaints == [])
                #expect(try Self.peakMiB(server) < Self.residentLimitMiB)
                _ = try await eventually("its descriptors come back") {
                    try Self.descriptors(server) <= before ? true : nil
                }
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("more sign-ins than can be hashed: each is answered or told to try again; others are served; it recovers")
        func signIns() async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/logins.sqlite"])
                let token = try server.owner()
                let body = #"{"email":"owner@usersd.test","password":"\#(RunningServer.password)"}"#
                let outcome = try await onThread { () -> (signedIn: Int, busy: Int, others: [String]) in
                    // The queue has room for 256.
                    let clients = try (0..<500).map { index in
                        try ClientSocket(port: server.port, from: "127.0.2.\(index % 200 + 1)")
                    }
                    for client in clients {
                        try client.write(
                            "POST /api/v2/users/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                    }
                    var others: [String] = []
                    for _ in 0..<20 {
                        let answer = try server.send("GET", "/api/v2/users/me", token: token)
                        if answer.status != 200 { others.append("\(answer)") }
                    }
                    var (signedIn, busy) = (0, 0)
                    for client in clients {
                        let answer = try Reply(client.readToEnd())
                        if answer.status == 201, answer.json?["session_token"] != nil {
                            signedIn += 1
                        } else if answer.isTryAgain {
                            busy += 1
                        } else {
                            others.append("\(answer)")
                        }
                    }
                    return (signedIn, busy, others)
                }
                #expect(outcome.others == [])
                #expect(outcome.busy > 0)
                #expect(outcome.signedIn >= 256)
                _ = try server.signIn()
                #expect(try await server.stop() == 0)
            }
        }
    }
}
