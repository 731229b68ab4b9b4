import Testing

extension EndToEndTests {
    /// Postgres goes away and comes back while usersd runs.
    @Suite(.serialized) struct OutageTests {
        @Test("503 with Retry-After while Postgres is away, /healthz stays 200, and it recovers by itself")
        func outage() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                let token = try server.owner()
                for round in 0..<2 {
                    try await cluster.stop()
                    let login = #"{"email":"owner@usersd.test","password":"\#(RunningServer.password)"}"#
                    for _ in 0..<4 {
                        for answer in [
                            try server.send("GET", "/readyz"),
                            try server.send("GET", "/api/v2/users/first"),
                            try server.send("GET", "/api/v2/users/me", token: token),
                            try server.send("GET", "/api/v2/users", token: token),
                            try server.send("POST", "/api/v2/users/login", body: login),
                            try server.create("lost\(round)", token: token),
                        ] {
                            #expect(answer.isTryAgain, "\(answer.head)\n\(answer.body)")
                        }
                        let health = try server.send("GET", "/healthz")
                        #expect(health.status == 200)
                        #expect(health.body == "OK")
                    }

                    try await cluster.start()
                    _ = try await eventually("it recovers; it says: \(server.process.log)") {
                        let answer = try server.send("GET", "/api/v2/users/me", token: token)
                        #expect(answer.status == 200 || answer.isTryAgain, "\(answer.head)\n\(answer.body)")
                        return answer.status == 200 ? true : nil
                    }
                    // Each loop and each kind of connection.
                    for index in 0..<8 {
                        _ = try await eventually("writes recover; it says: \(server.process.log)") {
                            let answer = try server.create("back\(round)-\(index)", token: token)
                            #expect(answer.status == 201 || answer.isTryAgain, "\(answer.head)\n\(answer.body)")
                            return answer.status == 201 ? true : nil
                        }
                    }
                    let deletion = try await eventually("deletions recover; it says: \(server.process.log)") {
                        let answer = try server.send("DELETE", "/api/v2/users/back\(round)-0", token: token)
                        return answer.isTryAgain ? nil : answer
                    }
                    #expect(deletion.status == 200)
                    #expect(try server.send("GET", "/api/v2/users/lost\(round)", token: token).status == 404)
                }
                _ = try server.signIn()
                #expect(try await server.stop() == 0)
            }
        }

        @Test("a Postgres that takes connections and hangs up: 503, and it recovers by itself")
        func hangup() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                let token = try server.owner()
                try await cluster.stop()
                let hangup = try Hangup(at: "\(cluster.folder)/.s.PGSQL.5432")
                _ = try await eventually("it has tried often; it says: \(server.process.log)") {
                    let answer = try server.send("GET", "/api/v2/users/me", token: token)
                    #expect(answer.isTryAgain, "\(answer)")
                    return hangup.count > 8 ? true : nil
                }
                hangup.stop()
                try await cluster.start()
                _ = try await eventually("it recovers; it says: \(server.process.log)") {
                    try server.send("GET", "/api/v2/users/me", token: token).status == 200 ? true : nil
                }
                #expect(try await server.stop() == 0)
            }
        }

        @Test("it stops with 0 while Postgres is away")
        func stopDuringOutage() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                try await cluster.stop()
                #expect(try server.send("GET", "/api/v2/users/first").isTryAgain)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
