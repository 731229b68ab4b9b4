import FuzzTargets
import HTTP
import Testing

/// RFC 4648 §4, §10, and §3.5: bits behind the last byte are zero or the text is refused.
@Suite("Base64 (RFC 4648)")
struct Base64Tests {
    private static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("the vectors of RFC 4648 §10, both ways, with and without padding", arguments: vectors)
    func vector(_ plain: String, _ text: String) {
        let bytes = Array(plain.utf8)
        let bare = text.filter { $0 != "=" }
        #expect(String(decoding: Base64.encode(bytes), as: UTF8.self) == text)
        #expect(String(decoding: Base64.encode(bytes, padded: false), as: UTF8.self) == bare)
        #expect(Base64.decode(Array(text.utf8)[...]) == bytes)
        #expect(Base64.decode(Array(bare.utf8)[...], padded: false) == bytes)
    }

    @Test("the whole alphabet in its order")
    func alphabet() {
        let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let bytes = Base64.decode(Array(text.utf8)[...])
        #expect(bytes?.count == 48)
        #expect(bytes.map { Base64.encode($0) } == Array(text.utf8))
        #expect(Base64.encode([0xfb, 0xff, 0xff] as [UInt8]) == Array("+///".utf8))
        var line = Array("a".utf8)
        ([0xfb] as [UInt8]).withUnsafeBytes { Base64.encode($0, to: &line) }
        #expect(line == Array("a+w==".utf8))
    }

    @Test("what was encoded is decoded to itself, for every length and 5000 random texts")
    func roundTrip() {
        var numbers = SeededNumbers(4648)
        for round in 0..<5000 {
            let bytes = (0..<(round < 200 ? round : numbers.below(70))).map { _ in UInt8(numbers.below(256)) }
            #expect(Base64.decode(Base64.encode(bytes)[...]) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, padded: false)[...], padded: false) == bytes)
            #expect(Base64.decode(([65, 61] + Base64.encode(bytes))[2...]) == bytes)
        }
    }

    @Test(
        "faulty text is refused where padding is demanded",
        arguments: [
            "Z", "Zg", "Zm8", "Zg=", "Zg===", "=", "==", "===", "====", "Z===", "Zm9v=", "Zm9v====", "Zg==Zg==", "Zm=v",
            "=m9v", "Zm9v ", "Zm9v\n", " Zm9v", "Zm 9", "Zm9-", "Zm9_", "Zm9\u{0}", "Zh==", "Zm9=", "Z\u{fc}w=", "Zg=a",
        ])
    func refusedPadded(_ text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }

    @Test(
        "faulty text is refused where padding is not wanted",
        arguments: ["Z", "Zg==", "Zm8=", "Zm9vY", "Zh", "Zm9", "=", "Zm9v=", "Zm-v", "Zm_v", "Zm v", "Zm9v\n"])
    func refusedBare(_ text: String) {
        #expect(Base64.decode(Array(text.utf8)[...], padded: false) == nil)
    }
}
