internal import HTTP

extension FuzzTarget {
    /// Cookies: the reader finds what a naive one finds, over every `Cookie` field.
    static let cookies = FuzzTarget(
        name: "cookies",
        words: ["s=", "S=", "s=\"", "\"", ";", "; ", " ", "\t", "=", "\n", "ss=", "a=b", "s", ";;"],
        check: CookieCheck.run)
}

private enum CookieCheck {
    /// - Parameter bytes: the values of `Cookie` fields, a line feed between two.
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        var head: [UInt8] = []
        var fields: [Request.Field] = []
        func add(_ name: String, _ value: some Collection<UInt8>) {
            let start = head.count
            head += Array(name.utf8)
            let middle = head.count
            head += value
            fields.append(Request.Field(name: start..<middle, value: middle..<head.count))
        }
        add("Host", "s=9".utf8)
        for (index, line) in lines.enumerated() { add(index % 2 == 0 ? "Cookie" : "cOOKIE", line) }
        let request = Request(
            method: .get, path: 0..<0, query: nil, fields: fields, bytes: head, body: [],
            peer: PeerAddress(v4: 0x7f00_0001))
        let found = Cookies.value("s", in: request).map(Array.init)
        let naive = naiveValue(lines)
        try demand(found == naive, "found \(String(describing: found)), naively \(String(describing: naive))")
    }

    private static func naiveValue(_ lines: [ArraySlice<UInt8>]) -> [UInt8]? {
        for line in lines {
            var pair: [UInt8] = []
            for byte in line + [59] {
                if byte != 59 {
                    pair.append(byte)
                    continue
                }
                let text = Array(pair.drop { $0 == 32 || $0 == 9 }.reversed().drop { $0 == 32 || $0 == 9 }.reversed())
                pair = []
                guard text.starts(with: "s=".utf8) else { continue }
                let value = Array(text.dropFirst(2))
                let isQuoted = value.count > 1 && value[0] == 34 && value[value.count - 1] == 34
                return isQuoted ? Array(value[1..<(value.count - 1)]) : value
            }
        }
        return nil
    }
}
