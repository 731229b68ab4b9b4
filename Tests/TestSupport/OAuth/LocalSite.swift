internal import HTTP
internal import HTTPEngine
internal import Loops
internal import Synchronization

/// Starts a fake site on ports of the kernel's choice and stops it.
enum LocalSite {
    /// The site is made once its ports are known, but its engines want their handler before.
    private final class Standing<Site: FakeSite>: Sendable {
        let site = Mutex<Site?>(nil)

        func respond(to request: Request, port index: Int) async -> Response {
            guard let site = site.withLock({ $0 }) else { return Response(.serviceUnavailable) }
            return await site.serve(request, origin: site.origins[index])
        }
    }

    /// - Parameters:
    ///   - ports: how many addresses the site has.
    ///   - make: gets the origins, in order.
    static func with<Site: FakeSite, Value: Sendable>(
        ports: Int, _ make: ([String]) throws -> Site, _ body: (Site) async throws -> Value
    ) async throws -> Value {
        var limits = Limits()
        // Access tokens of 64 KiB come in `Authorization`.
        limits.headBytes = 256 * 1024
        limits.drainMilliseconds = 5_000
        let loop = try EventLoop(index: 0)
        loop.start()
        defer { loop.stop() }
        let standing = Standing<Site>()
        var engines: [Engine] = []
        var origins: [String] = []
        for index in 0..<ports {
            let engine = Engine(
                limits: limits, loops: [loop],
                handlers: [Engine.Handler(waiting: { await standing.respond(to: $0, port: index) })])
            origins.append("http://\(try await engine.listen(on: SocketAddress("127.0.0.1:0")!))")
            engines.append(engine)
        }
        let site = try make(origins)
        standing.site.withLock { $0 = site }
        let result: Result<Value, any Error>
        do { result = .success(try await body(site)) } catch { result = .failure(error) }
        site.release()
        for engine in engines { _ = await engine.drain() }
        return try result.get()
    }
}
