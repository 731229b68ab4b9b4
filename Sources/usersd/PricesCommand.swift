internal import Glibc
internal import JSON
internal import PriceBook
internal import Seeds
internal import Storage

/// `usersd prices`: the price table from the command line, on the database that the options name.
enum PricesCommand {
    static let usage = """
        usage: usersd prices list [PROVIDER] [--json]             print the table
               usersd prices get PROVIDER MODEL [--json]          print one row
               usersd prices set PROVIDER MODEL IN OUT READ WRITE  set a row; micro-USD per million tokens, or null
               usersd prices seed [FILE]                          apply the built-in price book, or a file
        Options of `usersd serve` name the database.
        """

    /// What to do, as it was asked for.
    enum Request: Sendable {
        case list(provider: String)
        case get(provider: String, model: String)
        case set(row: [UInt8])
        case seed([UInt8])
    }

    /// Takes this command's own arguments out of `arguments`; what is left are options.
    static func parse(_ arguments: inout ArraySlice<String>) throws(Config.Fault) -> (request: Request, json: Bool) {
        var words: [String] = []
        while let word = arguments.first, !word.hasPrefix("--") { words.append(arguments.removeFirst()) }
        let json = arguments.contains("--json")
        arguments.removeAll { $0 == "--json" }
        switch (words.first, words.count) {
        case ("list", 1...2): return (.list(provider: words.count == 2 ? words[1] : ""), json)
        case ("get", 3): return (.get(provider: words[1], model: words[2]), json)
        case ("set", 7): return (.set(row: try row(Array(words[1...]))), json)
        case ("seed", 1): return (.seed(Seeds.modelPrices), json)
        case ("seed", 2): return (.seed(try contents(words[1])), json)
        default: throw Config.Fault(usage)
        }
    }

    static func run(_ request: Request, json: Bool, _ store: any PriceStore) async throws(StorageError) -> String {
        switch request {
        case .list(let provider):
            let prices = try await store.prices(provider: provider, model: "")
            return json ? document(prices) : table(prices)
        case .get(let provider, let model):
            // The store takes an empty text for no condition; here it is a name that nobody has.
            guard !provider.isEmpty, !model.isEmpty else { throw .notFound }
            let prices = try await store.prices(provider: provider, model: model)
            guard !prices.isEmpty else { throw .notFound }
            return json ? document(prices) : table(prices)
        case .set(let row), .seed(let row):
            do throws(PriceSeedError) { _ = try PriceSeed.check(row) } catch { throw .broken("\(error)") }
            try await store.seedPrices(json: row, at: World.now())
            return ""
        }
    }

    private static func row(_ words: [String]) throws(Config.Fault) -> [UInt8] {
        var prices: [Int64?] = []
        for word in words[2...] {
            guard word == "null" || word.utf8.allSatisfy({ 48...57 ~= $0 }) && Int64(word) != nil else {
                throw Config.Fault("\"\(word)\" is no price: a whole number of micro-USD per million tokens, or null")
            }
            prices.append(Int64(word))
        }
        return PriceSeed.render([
            PriceRow(
                provider: words[0], model: words[1], inputPrice: prices[0], outputPrice: prices[1],
                cacheReadPrice: prices[2], cacheWritePrice: prices[3])
        ])
    }

    /// Bytes of a price book; the shipped one has 13 kB.
    private static let maximumBytes = 100 << 20

    private static func contents(_ path: String) throws(Config.Fault) -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw Config.Fault("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 {
                // A folder opens, and fails only here.
                guard ferror(file) == 0 else {
                    throw Config.Fault("cannot read \(path): \(String(cString: strerror(errno)))")
                }
                return bytes
            }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= maximumBytes else {
                throw Config.Fault("\(path) is larger than \(maximumBytes) bytes")
            }
        }
    }

    // MARK: Printing

    private static func columns(_ price: PriceRecord) -> [Int64?] {
        [price.input, price.output, price.cacheRead, price.cacheWrite]
    }

    private static func table(_ prices: [PriceRecord]) -> String {
        let header = ["PROVIDER", "MODEL", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE"]
        let rows = prices.map { price in
            [price.provider, price.model] + columns(price).map { $0.map(String.init) ?? "-" }
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 2 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ") + "\n"
        }.joined()
    }

    private static func document(_ prices: [PriceRecord]) -> String {
        let names: [StaticString] = ["input_price", "output_price", "cache_read_price", "cache_write_price"]
        var writer = JSONWriter()
        writer.array(prices) { writer, price in
            writer.object { object in
                object.key("provider")
                object.string(price.provider)
                object.key("model")
                object.string(price.model)
                for (name, value) in zip(names, columns(price)) {
                    object.key(name)
                    object.optionalInteger(value)
                }
            }
        }
        return String(decoding: writer.finished(), as: UTF8.self)
    }
}
