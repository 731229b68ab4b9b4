internal import Glibc
internal import JSON
internal import Logging
internal import Storage

/// One line for each event: as text for people, or as a JSON object.
enum LogFormat: String, Sendable {
    case text, json

    func line(_ event: LogEvent, at time: Timestamp, _ metadata: Logger.Metadata) -> [UInt8] {
        let fields = metadata.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        switch self {
        case .text:
            var text = "\(Self.text(time)) \(event.level) \(event.message)"
            for (key, value) in fields { text += " \(key)=\(value)" }
            return Self.escaped(text) + [10]
        case .json:
            var writer = JSONWriter(reserving: 256)
            writer.object { object in
                object.key("ts")
                object.string(Self.text(time))
                object.key("level")
                object.string(event.level.rawValue)
                object.key("msg")
                object.string("\(event.message)")
                for (key, value) in fields {
                    object.key(key)
                    if Self.numbers.contains(key) { object.json(Array(value.utf8)) } else { object.string(value) }
                }
            }
            return writer.bytes + [10]
        }
    }

    /// Fields that are numbers, which JSON shows.
    private static let numbers: Set<String> = ["status", "duration_ms"]

    /// One event is one line, and nothing in it steers a terminal.
    private static func escaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 1)
        for byte in text.utf8 {
            if byte < 32 || byte == 127 {
                bytes += Array("\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// RFC 3339 in UTC, with milliseconds.
    private static func text(_ time: Timestamp) -> String {
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        let clock = "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))"
        return "\(date)T\(clock).\(digits(Int32(time.microseconds / 1_000 % 1_000), 3))Z"
    }
}

/// swift-log's way to the sink.
struct LineLogHandler: LogHandler {
    let format: LogFormat
    let sink: LogSink
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    init(format: LogFormat, sink: LogSink) {
        self.format = format
        self.sink = sink
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        sink.add(format.line(event, at: World.now(), metadata.merging(event.metadata ?? [:]) { $1 }))
    }
}
