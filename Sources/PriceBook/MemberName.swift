internal import JSON

/// The two ways in which a JSON name finds its field. Neither is `==`, which takes the Kelvin sign for a K.
extension JSONValue.Member {
    /// As Go fills a struct: whatever the case, where `ſ` counts as an s and the Kelvin sign as a k.
    func fills(_ field: String) -> Bool {
        name.unicodeScalars.lazy.map(Self.folded).elementsEqual(field.unicodeScalars)
    }

    /// As SQL reads a JSON object: byte for byte.
    func isExactly(_ field: String) -> Bool { name.utf8.elementsEqual(field.utf8) }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
        case "\u{17f}": "s"
        case "\u{212a}": "k"
        default: scalar
        }
    }
}
