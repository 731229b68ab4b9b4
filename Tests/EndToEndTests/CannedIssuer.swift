import Foundation
import Glibc
import TestSupport

/// Somebody at an issuer's address who answers every request with the same bytes, or not at all.
final class CannedIssuer: Sendable {
    private let listener: Listener
    let url: String

    /// - Parameter answer: the whole answer for the issuer's URL; nil: the connection stays open and silent.
    init(_ answer: @escaping @Sendable (_ issuer: String) -> String?) throws {
        let listener = try Listener()
        self.listener = listener
        let url = "http://127.0.0.1:\(listener.port)"
        self.url = url
        Thread.detachNewThread {
            while let connection = listener.take() {
                if let answer = answer(url) {
                    Self.readHead(connection)
                    Self.write(answer, connection)
                } else {
                    // Until the other side has had enough.
                    while Self.read(connection) {}
                }
                Glibc.close(connection)
            }
        }
    }

    deinit { listener.close() }

    private static func read(_ connection: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        return recv(connection, &buffer, buffer.count, 0) > 0
    }

    /// A GET without a body.
    private static func readHead(_ connection: Int32) {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    private static func write(_ text: String, _ connection: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: Answers

    static func answer(_ status: Int, _ body: String) -> String {
        """
        HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\
        Connection: close\r\n\r\n\(body)
        """
    }

    /// A discovery document that is good but for what is said.
    /// - Parameters:
    ///   - changes: members that are other than they should be; nil: missing.
    ///   - blanks: bytes of white space behind it.
    static func document(_ issuer: String, _ changes: [String: String?] = [:], blanks: Int = 0) -> String {
        var members: [String: String?] = [
            "issuer": issuer, "authorization_endpoint": "\(issuer)/authorize", "token_endpoint": "\(issuer)/token",
            "jwks_uri": "\(issuer)/jwks", "userinfo_endpoint": "\(issuer)/userinfo",
        ]
        for (name, value) in changes { members.updateValue(value, forKey: name) }
        let text = members.compactMap { name, value in value.map { #""\#(name)":"\#($0)""# } }.joined(separator: ",")
        return "{\(text)}\(String(repeating: " ", count: blanks))"
    }

    /// An issuer as it should be.
    static func good() throws -> CannedIssuer { try CannedIssuer { answer(200, document($0)) } }
}
