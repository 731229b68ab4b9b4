internal import API
internal import Logging
internal import PriceBook
internal import Seeds
internal import Storage

/// The price book's way into the database, before anything is served (model-prices.md §3).
enum Seeding {
    /// What the built-in price book covers, so that nobody sets a price that the next start would overwrite.
    static var covered: Set<PriceKey> {
        let rows = (try? PriceSeed.check(Seeds.modelPrices)) ?? []
        return Set(rows.map { PriceKey(provider: $0.provider, model: $0.model) })
    }

    struct Outcome: Sendable {
        let state: PriceBookState
        let rowCount: Int
        let nanoseconds: UInt64

        static let foreign = Outcome(state: .foreign, rowCount: 0, nanoseconds: 0)
    }

    /// A failure is logged and does not stop the start: the table keeps what it held.
    static func seed(_ store: any PriceStore, at now: Timestamp, _ log: Logger) async -> Outcome {
        let start = World.ticks()
        let cause: String
        do throws(PriceSeedError) {
            let rows = try PriceSeed.check(Seeds.modelPrices)
            do throws(StorageError) {
                try await store.seedPrices(json: Seeds.modelPrices, at: now)
                log.info("seeded \(rows.count) model prices")
                return Outcome(state: .seeded, rowCount: rows.count, nanoseconds: World.ticks() - start)
            } catch {
                cause = "\(error)"
            }
        } catch {
            cause = "\(error)"
        }
        log.error("failed to seed AI Bridge prices; cost tracking may use stale prices: \(cause)")
        return Outcome(state: .failed, rowCount: 0, nanoseconds: World.ticks() - start)
    }
}
