import Foundation

/// The query of a URL, decoded.
struct Query {
    private let items: [URLQueryItem]

    init(_ url: String) { items = URLComponents(string: url)?.queryItems ?? [] }

    /// In alphabetical order, repetitions too.
    var names: [String] { items.map(\.name).sorted() }

    subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}
