internal import Crypto
internal import HTTP
internal import Storage

/// Key pairs in OpenSSH's forms (keys-and-shell.md §7): an `authorized_keys` line without comment but with its
/// newline, and an unencrypted `OPENSSH PRIVATE KEY` (openssh's PROTOCOL.key).
enum SSHKeyMaker {
    static func ed25519(_ ambient: Ambient) -> SSHKeyPair {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: ambient.randomBytes(32)) else {
            fatalError("32 bytes are always an Ed25519 seed")
        }
        let publicKey = Array(key.publicKey.rawRepresentation)
        let name = string(Array("ssh-ed25519".utf8))
        let blob = name + string(publicKey)
        return SSHKeyPair(
            publicKey: "ssh-ed25519 \(String(decoding: Base64.encode(blob), as: UTF8.self))\n",
            privateKey: pem(
                container(
                    publicBlob: blob,
                    privatePart: blob + string(Array(key.rawRepresentation) + publicKey) + string([]),
                    check: ambient.randomBytes(4))))
    }

    private static func container(publicBlob: [UInt8], privatePart: [UInt8], check: [UInt8]) -> [UInt8] {
        // Twice the same four bytes: how a reader tells that it decrypted rightly.
        var secret = check + check + privatePart
        var pad: UInt8 = 1
        while secret.count % 8 != 0 {
            secret.append(pad)
            pad += 1
        }
        let none = string(Array("none".utf8))
        return Array("openssh-key-v1\0".utf8) + none + none + string([]) + [0, 0, 0, 1] + string(publicBlob)
            + string(secret)
    }

    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    private static func pem(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes)
        var lines = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        for start in stride(from: 0, to: text.count, by: 70) {
            lines += String(decoding: text[start..<min(start + 70, text.count)], as: UTF8.self) + "\n"
        }
        return lines + "-----END OPENSSH PRIVATE KEY-----\n"
    }
}
