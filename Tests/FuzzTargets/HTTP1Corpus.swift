internal import Foundation
internal import HTTP
internal import JSON

/// Raw requests of llhttp's tests (HTTP1/LICENSE), each with the verdict of its strict mode.
public struct HTTP1Case: Sendable, CustomStringConvertible {
    /// File and line there, such as `connection:34`; ` +host` for the same with a Host field.
    public let description: String
    /// `accept`, `reject`, `incomplete` or `upgrade`.
    public let expectation: String
    public let wire: [UInt8]

    public static let all: [HTTP1Case] = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "HTTP1/corpus.json")
        guard let file = try? Data(contentsOf: path), let corpus = try? JSONReader.only(Array(file)) else {
            fatalError("\(path.path) cannot be read")
        }
        return corpus["cases"]!.elements.flatMap { entry in
            [("raw", ""), ("with_host", " +host")].compactMap { name, suffix in
                guard let text = entry[name]?.text else { return nil }
                return HTTP1Case(
                    description: entry["id"]!.text! + suffix, expectation: entry["expect"]!.text!,
                    wire: Base64.decode(Array(text.utf8)[...])!)
            }
        }
    }()
}
