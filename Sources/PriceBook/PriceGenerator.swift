internal import JSON

/// Which providers' prices are wanted.
public enum PriceProviders: Sendable, Equatable {
    /// Every provider of the document; one without prices is then simply not there.
    case all
    /// These, each of which must be there. A name given twice counts once.
    case listed([String])
}

/// How much doubt a document is given.
public enum PriceStrictness: Sendable, Equatable {
    /// As model-prices.md §4 has it; doubt is a warning.
    case lenient
    /// Also refused: bytes behind the document, ids that hold U+FFFD, prices that would round to 0. Left out: rows
    /// without any known price, which would erase the prices that a table holds.
    case strict
}

/// A models.dev document to price rows (model-prices.md §4). Pure: reads and writes nothing.
public enum PriceGenerator {
    /// Micro-USD per million tokens. Below it a price was most likely entered per token: the lowest real one seen
    /// is 1000.
    public static let suspiciousMicros: Int64 = 1000

    public struct Output: Sendable, Equatable {
        /// Sorted by provider and model, bytewise; unique; not negative.
        public let rows: [PriceRow]
        /// How many providers were asked for, with or without rows.
        public let providerCount: Int
    }

    /// The price rows of the first JSON value in `bytes`.
    /// - Parameter warn: called for each doubt, also when the run fails in the end.
    /// - Throws: `PriceGeneratorError`; there is no partial result.
    public static func generate(
        from bytes: [UInt8], providers: PriceProviders, strictness: PriceStrictness = .lenient,
        warn: (PriceWarning) -> Void
    ) throws(PriceGeneratorError) -> Output {
        let upstream: Upstream
        do throws(PriceSourceFlaw) {
            upstream = try Upstream(try document(GoText.repaired(bytes), strictness))
        } catch { throw .parse(error) }

        let chosen = try select(providers, from: upstream.providers)
        var rows: [PriceRow] = []
        for provider in chosen {
            for model in provider.models where !model.cost.isEmpty {
                let row = try row(model, of: provider, strictness, warn)
                if strictness == .strict, row.prices.allSatisfy({ $0 == nil }) {
                    warn(.valueless(place(model, of: provider)))
                } else {
                    rows.append(row)
                }
            }
        }
        // Upstream that renamed a field looks like upstream without prices.
        guard rows.contains(where: { $0.inputPrice != nil || $0.outputPrice != nil }) else { throw .noPricingData }
        return Output(rows: rows.sorted(by: PriceRow.precedes), providerCount: chosen.count)
    }

    // MARK: Steps

    private static func document(
        _ bytes: [UInt8], _ strictness: PriceStrictness
    ) throws(PriceSourceFlaw) -> JSONValue {
        do {
            switch strictness {
            case .lenient: return try JSONReader.first(bytes)
            case .strict: return try JSONReader.only(bytes)
            }
        } catch { throw .notJSON(error) }
    }

    private static func select(
        _ wanted: PriceProviders, from upstream: [Upstream.Provider]
    ) throws(PriceGeneratorError) -> [Upstream.Provider] {
        var chosen: [Upstream.Provider] = []
        switch wanted {
        case .all: chosen = upstream
        case .listed(let names):
            var seen: Set<[UInt8]> = []
            var missing: [String] = []
            for name in names where seen.insert(Array(name.utf8)).inserted {
                let found = upstream.filter { $0.id.utf8.elementsEqual(name.utf8) }
                chosen += found
                if found.allSatisfy(\.models.isEmpty) { missing.append(name) }
            }
            if !missing.isEmpty { throw .providersMissing(missing) }
        }
        if let repetition = chosen.lazy.compactMap(\.repetition).first { throw .parse(.repeated(repetition)) }
        return chosen
    }

    private static func row(
        _ model: Upstream.Model, of provider: Upstream.Provider, _ strictness: PriceStrictness,
        _ warn: (PriceWarning) -> Void
    ) throws(PriceGeneratorError) -> PriceRow {
        for scalar in provider.id.unicodeScalars + model.id.unicodeScalars {
            if scalar == "\0" || (scalar == "\u{fffd}" && strictness == .strict) {
                throw .unusableID(place(model, of: provider))
            }
        }
        return PriceRow(
            provider: provider.id, model: model.id,
            inputPrice: try micros(model.cost.input, strictness, warn),
            outputPrice: try micros(model.cost.output, strictness, warn),
            cacheReadPrice: try micros(model.cost.cacheRead, strictness, warn),
            cacheWritePrice: try micros(model.cost.cacheWrite, strictness, warn))
    }

    /// USD to micro-USD. The product is rounded, not the decimal number: 0.0001245 makes 124, as it does in Go.
    private static func micros(
        _ amount: Upstream.Amount?, _ strictness: PriceStrictness, _ warn: (PriceWarning) -> Void
    ) throws(PriceGeneratorError) -> Int64? {
        guard let amount else { return nil }
        if amount.value < 0 {
            warn(.negative(amount.value))
            return nil
        }
        let product = (amount.value * 1_000_000).rounded(.toNearestOrAwayFromZero)
        guard let micros = Int64(exactly: product) else {
            throw .overflow(place: amount.place, number: amount.spelling)
        }
        if amount.value > 0, micros < suspiciousMicros {
            if micros == 0, strictness == .strict {
                throw .vanishing(place: amount.place, number: amount.spelling)
            }
            warn(.tiny(place: amount.place, number: amount.spelling, micros: micros))
        }
        return micros
    }

    private static func place(_ model: Upstream.Model, of provider: Upstream.Provider) -> String {
        "\(printable(provider.id))/\(printable(model.id))"
    }
}
