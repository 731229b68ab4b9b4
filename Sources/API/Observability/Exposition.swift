/// One family of samples.
public struct Metric: Sendable {
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    public struct Sample: Sendable {
        /// Behind the family's name: `_bucket`, `_sum`, `_count`, or nothing.
        let suffix: String
        let labels: [(name: String, value: String)]
        let value: String
    }

    let name: String
    let kind: Kind
    let help: String
    var samples: [Sample] = []

    /// - Parameter name: with its unit last; a counter's ends in `_total`.
    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// A family of one sample without labels.
    public init(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        self.init(name, kind, help)
        add([], "\(value)")
    }

    /// A family of one sample without labels, a time in seconds.
    public init(_ name: String, _ kind: Kind, _ help: String, nanoseconds: UInt64) {
        self.init(name, kind, help)
        add([], Self.seconds(nanoseconds))
    }

    public mutating func add(_ labels: [(name: String, value: String)], _ value: String, suffix: String = "") {
        samples.append(Sample(suffix: suffix, labels: labels, value: value))
    }

    /// - Parameters:
    ///   - buckets: counts of what fell into each bucket by itself; the last one has no bound.
    ///   - bounds, sum: nanoseconds.
    mutating func addHistogram(
        _ labels: [(name: String, value: String)], buckets: [UInt64], bounds: [UInt64], sum: UInt64
    ) {
        var total: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            total += count
            let bound = index < bounds.count ? Self.seconds(bounds[index]) : "+Inf"
            add(labels + [("le", bound)], "\(total)", suffix: "_bucket")
        }
        add(labels, Self.seconds(sum), suffix: "_sum")
        add(labels, "\(total)", suffix: "_count")
    }

    /// Nanoseconds as a decimal fraction of a second.
    private static func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds) / 1e9)" }
}

/// The text format of Prometheus, version 0.0.4.
enum Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(_ metrics: [Metric]) -> String {
        var text = ""
        for metric in metrics where !metric.samples.isEmpty {
            text += "# HELP \(metric.name) \(escaped(metric.help, quotes: false))\n"
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            for sample in metric.samples {
                let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
                let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
                text += "\(metric.name)\(sample.suffix)\(set) \(sample.value)\n"
            }
        }
        return text
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }
}
