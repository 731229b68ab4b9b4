import Foundation
import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// The kinds of Git SSH keys: keys-and-shell.md §7.
    @Suite(.serialized) struct SSHKeyAlgorithmTests {
        struct Kind: Sendable, CustomStringConvertible {
            let option: String
            let name: String
            let pem: String
            /// As `ssh-keygen -l` shows it.
            let bits: String
            var description: String { option }
        }

        static let kinds = [
            Kind(option: "ed25519", name: "ssh-ed25519", pem: "OPENSSH", bits: "256"),
            Kind(option: "ecdsa", name: "ecdsa-sha2-nistp256", pem: "EC", bits: "256"),
            Kind(option: "rsa4096", name: "ssh-rsa", pem: "RSA", bits: "4096"),
            Kind(option: "ECDSA", name: "ecdsa-sha2-nistp256", pem: "EC", bits: "256"),
            Kind(option: "Ed25519", name: "ssh-ed25519", pem: "OPENSSH", bits: "256"),
        ]

        private static func keygen(_ arguments: [String]) async throws -> String {
            let process = try Binary(arguments, program: "/usr/bin/ssh-keygen")
            guard try await process.exit() == 0 else { throw SupportFault("ssh-keygen: \(process.log)") }
            return process.output
        }

        @Test("created and regenerated, the public line is that of the stored private key", arguments: kinds)
        func pair(kind: Kind) async throws {
            try await withFolder { folder in
                let path = "\(folder)/ssh.sqlite"
                let server = try await RunningServer.start(
                    ["--sqlite-path", path, "--ssh-keygen-algorithm", kind.option])
                let token = try server.owner()
                var lines: Set<String> = []
                for method in ["GET", "PUT", "PUT"] {
                    let answer = try server.send(method, "/api/v2/users/me/gitsshkey", token: token)
                    #expect(answer.status == 200)
                    let line = try #require(answer.json?["public_key"]?.text)
                    lines.insert(line)
                    #expect(line.hasPrefix("\(kind.name) ") && line.hasSuffix("\n"))
                    #expect(line.split(separator: " ").count == 2 && line.split(separator: "\n").count == 1)
                    let pem = try #require(
                        try SQLiteFile.sql(path, "SELECT private_key FROM gitsshkeys").first?.first ?? nil)
                    #expect(pem.hasPrefix("-----BEGIN \(kind.pem) PRIVATE KEY-----\n"))
                    #expect(pem.hasSuffix("\n-----END \(kind.pem) PRIVATE KEY-----\n"))
                    #expect(!answer.body.contains("PRIVATE"))
                    let file = "\(folder)/key\(lines.count)"
                    #expect(
                        FileManager.default.createFile(
                            atPath: file, contents: Data(pem.utf8), attributes: [.posixPermissions: 0o600]))
                    let shown = try await Self.keygen(["-y", "-P", "", "-f", file])
                    #expect(
                        shown.split(separator: "\n")[0].split(separator: " ").prefix(2).joined(separator: " ") + "\n"
                            == line)
                    try Data(line.utf8).write(to: URL(fileURLWithPath: "\(file).pub"))
                    #expect(try await Self.keygen(["-l", "-f", "\(file).pub"]).hasPrefix("\(kind.bits) "))
                }
                #expect(lines.count == 3)
                #expect(!server.process.log.contains("PRIVATE KEY"))
                #expect(try await server.stop() == 0)
            }
        }

        @Test("the option is for new keys only")
        func existing() async throws {
            try await withFolder { folder in
                let path = "\(folder)/ssh.sqlite"
                let first = try await RunningServer.start(["--sqlite-path", path])
                let token = try first.owner()
                let before = try first.send("GET", "/api/v2/users/me/gitsshkey", token: token).body
                #expect(try await first.stop() == 0)
                let second = try await RunningServer.start(["--sqlite-path", path, "--ssh-keygen-algorithm", "ecdsa"])
                #expect(try second.send("GET", "/api/v2/users/me/gitsshkey", token: token).body == before)
                #expect(before.contains("ssh-ed25519 "))
                let new = try second.send("PUT", "/api/v2/users/me/gitsshkey", token: token)
                #expect(new.json?["public_key"]?.text?.hasPrefix("ecdsa-sha2-nistp256 ") == true)
                #expect(try await second.stop() == 0)
            }
        }

        @Test("any other algorithm stops the start", arguments: ["", "dsa", "rsa", "rsa2048", "ed25519 "])
        func unknown(name: String) async throws {
            let process = try await Binary.run(["serve", "--sqlite-path", ":memory:", "--ssh-keygen-algorithm", name])
            #expect(process.status == 2)
            #expect(process.log.contains("--ssh-keygen-algorithm"))
        }
    }
}
