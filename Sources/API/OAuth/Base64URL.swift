internal import HTTP

/// RFC 4648 §5, without padding.
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes, padded: false).map { byte -> UInt8 in
            switch byte {
            case 43: 45
            case 47: 95
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for what is not of this form.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        for byte in text {
            switch byte {
            case 43, 47: return nil
            case 45: bytes.append(43)
            case 95: bytes.append(47)
            default: bytes.append(byte)
            }
        }
        return Base64.decode(bytes[...], padded: false)
    }
}
