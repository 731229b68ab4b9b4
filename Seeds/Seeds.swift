/// The data files of this folder, as they stood when the binary was built.
public enum Seeds {
    /// `model_prices.json`: a JSON array of price rows, sorted by provider and model, prices in
    /// micro-USD per million tokens (spec/model-prices.md §4.5).
    public static let modelPrices: [UInt8] = PackageResources.model_prices_json
}
