internal import HTTP
internal import JSON
internal import Logging
internal import Storage

/// `/api/experimental/ai/model-prices` (model-prices.md §8.3).
struct PriceHandlers: Sendable {
    let store: any PriceStore
    /// Rows of the built-in price book.
    let covered: Set<PriceKey>
    let log: Logger
    let faults: Faults

    /// `GET`: by provider and model; both may be narrowed to one.
    @Sendable func list(_ call: Call) async throws(APIError) -> WireArray<PriceWire> {
        guard try call.caller.can(.read, Object(kind: .aiModelPrice)) else { throw .forbidden }
        var parameters = QueryParameters(call.query)
        let (provider, model) = (parameters.string("provider"), parameters.string("model"))
        guard parameters.validations.isEmpty else {
            throw .invalid("Query parameters have invalid values.", parameters.validations)
        }
        do throws(StorageError) {
            let prices = try await store.prices(provider: provider, model: model)
            return WireArray(prices.map { PriceWire(price: $0) })
        } catch {
            throw faults.error(error)
        }
    }

    /// `POST` and `PUT`: replaces the prices of the models it names and leaves the others. All of it, or nothing.
    @Sendable func set(_ call: Call) async throws(APIError) -> Reply {
        let caller = try call.caller
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.only(call.request.body)
        } catch {
            throw .malformedBody("\(error)")
        }
        let entries = try Body(value, "the body").values("prices") { (value) throws(APIError) in try PriceEntry(value) }
        try PriceRules.check(entries, covered: covered)
        guard caller.can(.update, Object(kind: .aiModelPrice)) else { throw .forbidden }
        do throws(StorageError) {
            try await store.seedPrices(json: Self.rows(entries), at: call.now)
        } catch {
            throw faults.error(error)
        }
        log.notice("user \(caller.id) set \(entries.count) model prices: \(Self.names(entries))")
        return Reply(Response(.noContent))
    }

    /// Models that one log line names.
    private static let namedModels = 20

    /// On one line, whatever an id holds: control characters and what lies beyond ASCII are escaped.
    private static func names(_ entries: [PriceEntry]) -> String {
        let names = entries.prefix(namedModels).map { entry in
            "\(entry.provider)/\(entry.model)".unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
        }
        let rest = entries.count > namedModels ? ", and \(entries.count - namedModels) more" : ""
        return names.joined(separator: ", ") + rest
    }

    private static func rows(_ entries: [PriceEntry]) -> [UInt8] {
        var writer = JSONWriter()
        writer.array(entries) { writer, entry in
            writer.object { row in
                row.key("provider")
                row.string(entry.provider)
                row.key("model")
                row.string(entry.model)
                for (name, price) in zip(PriceEntry.priceNames, entry.prices) {
                    row.key(name)
                    row.optionalInteger(price.flatMap { $0 })
                }
            }
        }
        return writer.bytes
    }
}

/// A row of `ai_model_prices`: prices in micro-USD per million tokens, null when unknown.
struct PriceWire: WireValue {
    let price: PriceRecord

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("provider")
            object.string(price.provider)
            object.key("model")
            object.string(price.model)
            object.key("input_price")
            object.optionalInteger(price.input)
            object.key("output_price")
            object.optionalInteger(price.output)
            object.key("cache_read_price")
            object.optionalInteger(price.cacheRead)
            object.key("cache_write_price")
            object.optionalInteger(price.cacheWrite)
            object.key("created_at")
            object.time(price.createdAt)
            object.key("updated_at")
            object.time(price.updatedAt)
        }
    }
}
