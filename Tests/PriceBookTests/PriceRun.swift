internal import PriceBook

/// One run of the generator, with what it warned of.
struct PriceRun {
    let rows: [PriceRow]
    let providerCount: Int
    let warnings: [PriceWarning]

    init(
        _ document: some Sequence<UInt8>, _ providers: PriceProviders, _ strictness: PriceStrictness = .lenient
    ) throws(PriceGeneratorError) {
        var warnings: [PriceWarning] = []
        let output = try PriceGenerator.generate(
            from: Array(document), providers: providers, strictness: strictness, warn: { warnings.append($0) })
        rows = output.rows
        providerCount = output.providerCount
        self.warnings = warnings
    }

    init(
        _ document: String, _ providers: PriceProviders = .listed(["anthropic", "openai"]),
        _ strictness: PriceStrictness = .lenient
    ) throws(PriceGeneratorError) {
        try self.init(document.utf8, providers, strictness)
    }

    /// Provider `p` with `models` beside a priced model `known`.
    init(models: String, _ strictness: PriceStrictness = .lenient) throws(PriceGeneratorError) {
        try self.init(
            #"{"p":{"models":{"known":{"cost":{"input":1}},\#(models)}}}"#, .listed(["p"]), strictness)
    }

    /// Provider `p` with the model `m` beside `known`.
    init(cost: String, _ strictness: PriceStrictness = .lenient) throws(PriceGeneratorError) {
        try self.init(models: #""m":{"cost":\#(cost)}"#, strictness)
    }

    /// The rows besides `known`.
    var others: [PriceRow] { rows.filter { $0.model != "known" } }
}
