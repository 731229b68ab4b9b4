import Foundation
import Glibc
import TestSupport

/// A proxy as people put in front of usersd. It keeps one connection to the server and uses it for every client, so
/// that bytes which the two count differently fall into somebody else's request.
struct FrontProxy: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Clears `Connection`, as its manual says for a pool.
        case nginx
        /// Hands `Connection`, `Upgrade` and `Host` on as they came.
        case nginxHandingOn
        case haproxy
    }

    let process: Binary
    let port: UInt16

    static func start(_ kind: Kind, in folder: String, server: UInt16) async throws -> FrontProxy {
        let port = try freePort()
        let path = "\(folder)/front.conf"
        let text = kind == .haproxy ? haproxy(port, server) : nginx(kind, port, server)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let process =
            kind == .haproxy
            ? try Binary(["-f", path], program: "/usr/sbin/haproxy")
            : try Binary(["-p", folder, "-c", path, "-e", "stderr"], program: "/usr/sbin/nginx")
        try await eventually("the proxy listens; it says \(process.log)") {
            if let status = process.status { throw SupportFault("it ended with \(status): \(process.log)") }
            return (try? ClientSocket(port: port)).map { _ in () }
        }
        return FrontProxy(process: process, port: port)
    }

    private static func nginx(_ kind: Kind, _ port: UInt16, _ server: UInt16) -> String {
        let fields =
            kind == .nginx
            ? "proxy_set_header Connection '';"
            : """
            proxy_set_header Connection $http_connection;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $http_host;
            """
        // Everything that it may let through, it does.
        return """
            daemon off;
            master_process off;
            pid nginx.pid;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path body; proxy_temp_path proxy;
                fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                underscores_in_headers on;
                ignore_invalid_headers off;
                client_header_timeout 5s; client_body_timeout 5s; lingering_timeout 1s;
                upstream usersd { server 127.0.0.1:\(server); keepalive 1; }
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://usersd;
                        proxy_http_version 1.1;
                        proxy_request_buffering off;
                        \(fields)
                    }
                }
            }
            """
    }

    private static func haproxy(_ port: UInt16, _ server: UInt16) -> String {
        """
        global
            nbthread 1
        defaults
            mode http
            timeout connect 5s
            timeout client 5s
            timeout server 5s
            option http-keep-alive
            option accept-invalid-http-request
            http-reuse always
        frontend front
            bind 127.0.0.1:\(port)
            default_backend back
        backend back
            server usersd 127.0.0.1:\(server)

        """
    }

    /// A port that nobody had a moment ago.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) + getsockname(descriptor, $0, &size)
            }
        }
        guard code == 0 else { throw SupportFault("no free port: \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
