internal import HTTP

/// Who speaks: the peer, or behind trusted proxies the rightmost address of the first trusted header that no trusted
/// proxy has (auth.md §15: the leftmost can be written by anybody).
enum ClientAddress {
    static func find(_ request: Request, _ configuration: Configuration) -> PeerAddress {
        guard !configuration.proxyHeaders.isEmpty, isTrusted(request.peer, configuration) else { return request.peer }
        for name in configuration.proxyHeaders {
            let values = request.fields.filter {
                request.bytes[$0.name].elementsEqual(name.utf8, by: { ASCII.lower($0) == ASCII.lower($1) })
            }
            let text = values.map { String(decoding: request.bytes[$0.value], as: UTF8.self) }.joined(separator: ",")
            let addresses = text.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            var last: PeerAddress?
            for entry in addresses.reversed() {
                guard let address = PeerAddress(parsing: entry) else { break }
                last = address
                if !isTrusted(address, configuration) { break }
            }
            if let last { return last }
        }
        return request.peer
    }

    private static func isTrusted(_ address: PeerAddress, _ configuration: Configuration) -> Bool {
        configuration.proxyOrigins.contains { $0.contains(address) }
    }
}
