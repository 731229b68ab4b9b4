import FuzzTargets

/// A request, or what looks like one, with another one hidden in it.
struct SmugglingAttack: Sendable, CustomStringConvertible {
    let description: String
    let wire: [UInt8]

    /// - Parameter head: without the first line's version and without Host; lines end in `\r\n`.
    private init(_ name: String, _ head: String, _ rest: String = "", version: String = "1.1", target: String = "/a") {
        description = name
        let lines = head.split(separator: " ", maxSplits: 1)
        wire = Array(
            "\(lines[0]) \(target) HTTP/\(version)\r\nHost: usersd.test\r\n\(lines.count > 1 ? lines[1] : "")\r\n\(rest)"
                .utf8)
    }

    init(_ sample: HTTP1Case) {
        description = sample.description
        wire = sample.wire
    }

    private static let hidden = "GET /smuggled HTTP/1.1\r\nHost: usersd.test\r\n\r\n"
    private static let unfinished = "GET /smuggled HTTP/1.1\r\nX-Swallow: "
    private static let both = "Content-Length: \(5 + hidden.utf8.count)\r\n"

    private static func chunk(_ data: String) -> String { "\(String(data.utf8.count, radix: 16))\r\n\(data)\r\n" }

    /// The classical ones. A proxy may refuse them, mend them or hand them on.
    static let classical: [SmugglingAttack] =
        lengths + codings + chunks + lines + versions + targets

    /// Who counts by Content-Length, and how it is read.
    private static let lengths: [SmugglingAttack] = [
        .init("CL.TE", "POST \(both)Transfer-Encoding: chunked\r\n", "0\r\n\r\n\(hidden)"),
        .init("TE.CL", "POST Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", chunk(hidden) + "0\r\n\r\n"),
        .init(
            "TE.CL, coding first", "POST Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            chunk(hidden) + "0\r\n\r\n"),
        .init("CL.0", "POST Content-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("CL.0 with GET", "GET Content-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("CL.0 with HEAD", "HEAD Content-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("CL.0 with OPTIONS", "OPTIONS Content-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("CL.0, cut short", "GET Content-Length: \(unfinished.utf8.count)\r\n", unfinished),
        .init("0.CL", "GET Content-Length: 0\r\n", hidden),
        .init("CL.CL", "POST Content-Length: 0\r\n\(both)", hidden),
        .init("CL.CL, the other way", "POST \(both)Content-Length: 0\r\n", hidden),
        .init(
            "CL.CL, equal", "POST Content-Length: \(hidden.utf8.count)\r\nContent-Length: \(hidden.utf8.count)\r\n",
            hidden),
        .init("a list of lengths", "POST Content-Length: 0, \(hidden.utf8.count)\r\n", hidden),
        .init("a length with a sign", "POST Content-Length: +\(hidden.utf8.count)\r\n", hidden),
        .init("a negative length", "POST Content-Length: -1\r\n", hidden),
        .init("a length in hex", "POST Content-Length: 0x10\r\n", hidden),
        .init("a length with leading zeros", "POST Content-Length: 000\(hidden.utf8.count)\r\n", hidden),
        .init("a length with a fraction", "POST Content-Length: 0.0\r\n", hidden),
        .init("a length beyond 64 bits", "POST Content-Length: 18446744073709551616\r\n", hidden),
        .init("an empty length", "POST Content-Length:\r\n", hidden),
        .init("a length with a space before the colon", "POST Content-Length : \(hidden.utf8.count)\r\n", hidden),
        .init("a length with a tab before the colon", "POST Content-Length\t: \(hidden.utf8.count)\r\n", hidden),
        .init("a length with an underscore", "POST Content_Length: \(hidden.utf8.count)\r\n", hidden),
        .init("a length behind a NUL", "POST X: \u{0}\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
    ]

    /// Transfer codings that one reader knows and another does not.
    private static let codings: [SmugglingAttack] = [
        "Transfer-Encoding : chunked", "Transfer-Encoding:\tchunked", "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding: chunked;x=y", "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: CHUNKED", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding:\r\n chunked", "X: y\r\n Transfer-Encoding: chunked",
        " Transfer-Encoding: chunked", "Transfer_Encoding: chunked", "Transfer-Encoding\u{0}: chunked",
        "Transfer-Encoding: chunked\u{0}", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked",
        "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked,", "TE: chunked", "Content-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nConnection: transfer-encoding", "Connection: content-length",
    ].flatMap { line -> [SmugglingAttack] in
        [
            .init("\(line) (TE.TE with a length)", "POST \(both)\(line)\r\n", "0\r\n\r\n\(hidden)"),
            .init("\(line) (TE.TE)", "POST \(line)\r\n", "0\r\n\r\n\(hidden)"),
        ]
    }

    /// Chunks whose end is seen in two places.
    private static let chunks: [SmugglingAttack] = [
        "5;a=b\r\nhello\r\n0\r\n\r\n", "5;\r\nhello\r\n0\r\n\r\n", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n", "5;a\nb\r\nhello\r\n0\r\n\r\n", "5;\n\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\rXhello\r\n0\r\n\r\n", "005\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n", "100000005\r\nhello\r\n0\r\n\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: y\r\n\r\n", "0\r\nContent-Length: 50\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n\n", "0\n\n", "0;a\r\n\r\n",
        "00000\r\n\r\n",
        "5\r\nhello\r\n\r\n", "\r\n5\r\nhello\r\n0\r\n\r\n", "5,5\r\nhello\r\n0\r\n\r\n",
    ].map { SmugglingAttack("chunks \($0.debugDescription)", "POST Transfer-Encoding: chunked\r\n", $0 + hidden) }

    /// Lines whose end is seen in two places, and fields that are two.
    private static let lines: [SmugglingAttack] = [
        .init("a folded line", "GET X: y\r\n \(hidden)"),
        .init("a bare line feed ends the head", "GET X: y\n\n\(hidden)"),
        .init("a bare line feed between fields", "GET X: y\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("a bare carriage return ends the head", "GET X: y\r\r\(hidden)"),
        .init("a field without a colon", "GET X\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("a field without a name", "GET : x\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("two hosts", "GET Host: other\r\n", hidden),
        .init(
            "Expect and a body that comes unasked",
            "POST Expect: 100-continue\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("Expect and no body", "GET Expect: 100-continue\r\n", hidden),
        .init("an expectation nobody knows", "POST Expect: x\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init(
            "Upgrade: websocket",
            "GET Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
            hidden),
        .init(
            "Upgrade: h2c",
            "GET Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\(hidden)"),
        .init(
            "Upgrade with a body",
            "POST Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("Connection: close and more", "GET Connection: close\r\n", hidden),
        .init(
            "Connection names the length",
            "POST Connection: close, Content-Length\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden),
        .init("empty lines in front of the next", "GET X: y\r\n", "\r\n\r\n\r\n\(hidden)"),
    ]

    /// HTTP/1.0 and what is neither.
    private static let versions: [SmugglingAttack] = [
        .init("HTTP/1.0", "GET X: y\r\n", hidden, version: "1.0"),
        .init("HTTP/1.0 keep-alive", "GET Connection: keep-alive\r\n", hidden, version: "1.0"),
        .init(
            "HTTP/1.0 keep-alive with a body",
            "POST Connection: keep-alive\r\nContent-Length: \(hidden.utf8.count)\r\n", hidden, version: "1.0"),
        .init(
            "HTTP/1.0 in chunks", "POST Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n\(hidden)",
            version: "1.0"),
        .init(
            "HTTP/1.0 with both", "POST Connection: keep-alive\r\n\(both)Transfer-Encoding: chunked\r\n",
            "0\r\n\r\n\(hidden)", version: "1.0"),
        .init("HTTP/1.2 in chunks", "POST Transfer-Encoding: chunked\r\n", "0\r\n\r\n\(hidden)", version: "1.2"),
        .init("HTTP/2.0", "GET X: y\r\n", hidden, version: "2.0"),
        .init("HTTP/1.10", "GET X: y\r\n", hidden, version: "1.10"),
        .init("HTTP/01.1", "GET X: y\r\n", hidden, version: "01.1"),
        .init("two versions", "GET X: y\r\n", hidden, version: "1.1 HTTP/1.0"),
    ]

    /// Request lines that hold more than one.
    private static let targets: [SmugglingAttack] = [
        "/a HTTP/1.1\r\nX: ", "/a HTTP/1.1\r\n\r\nGET /smuggled", "/a\tb", "/a b", "http://usersd.test/a",
        "http://other/a", "//other/a",
        "/a%0d%0a%0d%0aGET%20/smuggled%20HTTP/1.1%0d%0aHost:%20a%0d%0a%0d%0a", "/a%20HTTP/1.1%0d%0aX:", "/a#b", "*",
        "/a?b=c%0ad", "a",
    ].flatMap { target -> [SmugglingAttack] in
        [
            .init("target \(target.debugDescription)", "GET X: y\r\n", hidden, target: target),
            .init(
                "target \(target.debugDescription) with a body", "POST Content-Length: \(hidden.utf8.count)\r\n",
                hidden, target: target),
        ]
    }
}
