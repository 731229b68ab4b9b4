internal import Glibc
internal import Loops

/// One request over a socket of its own, without a library between: for what tests play to the other side.
public enum PlainClient {
    /// More than requests of tests are ever held at one time: one that is held keeps its thread.
    private static let threads = Offload(threadCount: 32, queueLimit: 1_000)

    /// - Parameters:
    ///   - url: `http://127.0.0.1:port/…`.
    ///   - form: sent as a form body.
    /// - Throws: `SupportFault` when no whole answer comes within half a minute.
    public static func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], form: [(String, String)]? = nil
    ) async throws -> Answer {
        let parts = try Callback(url)
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        let body = form.map { FormText.encode($0) } ?? ""
        var head = "\(method) \(parts.target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        if form != nil { head += "Content-Type: application/x-www-form-urlencoded\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        let message = Array("\(head)\r\n\(body)".utf8)
        let result: Result<[UInt8], SupportFault> = try await threads.run {
            do throws(SupportFault) { return .success(try exchange(message, with: String(host))) } catch {
                return .failure(error)
            }
        }
        guard let answer = Answer(message: try result.get()) else { throw SupportFault("no answer from \(url)") }
        return answer
    }

    private static func exchange(_ message: [UInt8], with host: String) throws(SupportFault) -> [UInt8] {
        let parts = host.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw SupportFault("no address: \(host)") }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, String(parts[0]), &address.sin_addr)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected != 0 { throw SupportFault("connect: \(errno)") }
        var sent = 0
        while sent < message.count {
            let count = message[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw SupportFault("send: \(errno)") }
            sent += count
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress!, $0.count, 0) }
            if count < 0 { throw SupportFault("recv: \(errno)") }
            if count == 0 { return answer }
            answer += chunk[..<count]
        }
    }
}
