internal import Glibc
internal import HTTP

/// Responses to bytes.
enum ResponseWriter {
    /// Appends the whole message to `out`.
    static func write(
        _ response: borrowing Response, to head: borrowing RequestHead, closing: Bool, date: DateCache,
        into out: inout [UInt8]
    ) {
        out.reserveCapacity(out.count + 160 + response.fieldBytes.count + response.body.count)
        if response.status == .ok {
            out.append(contentsOf: date.beginningOfOK)
        } else {
            statusLine(response.status, into: &out)
            out.append(contentsOf: date.line)
        }
        // RFC 9110 §8.6: none with 204.
        if response.status != .noContent {
            append("Content-Length: ", to: &out)
            Decimal.write(response.body.count, to: &out)
            append("\r\n", to: &out)
        }
        out.append(contentsOf: response.fieldBytes)
        if closing {
            append("Connection: close\r\n", to: &out)
        } else if head.isHTTP10 {
            append("Connection: keep-alive\r\n", to: &out)
        }
        append("\r\n", to: &out)
        if head.method != .head, response.status != .noContent { out.append(contentsOf: response.body) }
    }

    /// The answer to a message that is not HTTP as we read it. It names no details: they would help attackers only.
    static func refusal(_ status: Status, date: DateCache, into out: inout [UInt8]) {
        let message = status == .contentTooLarge ? "Request body too large" : "\(status.reason)"
        var response = Response(status, body: Array("{\"message\":\"\(message).\"}\n".utf8))
        response.add(.contentType, "application/json; charset=utf-8")
        write(response, to: RequestHead(), closing: true, date: date, into: &out)
    }

    static func interim(into out: inout [UInt8]) { append("HTTP/1.1 100 Continue\r\n\r\n", to: &out) }

    fileprivate static func statusLine(_ status: Status, into out: inout [UInt8]) {
        append("HTTP/1.1 ", to: &out)
        Decimal.write(status.rawValue, to: &out)
        out.append(32)
        append(status.reason, to: &out)
        append("\r\n", to: &out)
    }

    @inline(__always)
    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

/// `Date` as RFC 9110 §5.6.7 has it, rendered once a second.
final class DateCache {
    private var second: time_t = 0
    /// The whole field line.
    private(set) var line: [UInt8] = []
    /// The same behind the status line of a 200, as nearly every answer begins.
    private(set) var beginningOfOK: [UInt8] = []

    func refresh() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        guard time.tv_sec != second || line.isEmpty else { return }
        second = time.tv_sec
        var parts = tm()
        gmtime_r(&second, &parts)
        line = [UInt8](unsafeUninitializedCapacity: 48) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) {
                strftime($0.baseAddress, $0.count, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
            }
        }
        beginningOfOK = []
        ResponseWriter.statusLine(.ok, into: &beginningOfOK)
        beginningOfOK += line
    }
}
