internal import Foundation
internal import HTTP

extension FuzzTarget {
    /// The inputs that libFuzzer kept, each for a path of its own: a line of base64 each (Scripts/fuzz writes them).
    public var kept: [[UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        guard let text = try? String(contentsOf: folder.appending(path: "Corpus/\(name).txt"), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").compactMap { Base64.decode(Array($0.utf8)[...]) }
    }

    /// One of the kept inputs with a few changes: bytes, bits, words, pieces of another one.
    public func mutated(_ kept: [[UInt8]], _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = kept[numbers.below(kept.count)]
        for _ in 0...numbers.below(4) {
            let place = numbers.below(bytes.count + 1)
            switch numbers.below(6) {
            case 0 where place < bytes.count: bytes[place] = UInt8(numbers.below(256))
            case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(numbers.below(8))
            case 2 where place < bytes.count:
                bytes.removeSubrange(place..<min(bytes.count, place + 1 + numbers.below(8)))
            case 3:
                let other = kept[numbers.below(kept.count)]
                bytes = Array(bytes[..<place] + other[numbers.below(other.count + 1)...])
            default: bytes.insert(contentsOf: words[numbers.below(words.count)].utf8, at: place)
            }
        }
        return Array(bytes.prefix(Self.maximumBytes))
    }
}
