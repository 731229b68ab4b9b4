internal import Crypto
internal import CryptoExtras
internal import HTTP
public import Loops
internal import Storage

/// Kinds of key pair, by the names of the option `ssh-keygen-algorithm`.
public enum SSHKeyAlgorithm: String, Sendable, CaseIterable {
    case ed25519, ecdsa, rsa4096
}

/// Makes key pairs in OpenSSH's forms (keys-and-shell.md §7): an `authorized_keys` line without comment but with its
/// newline, and an unencrypted private key in PEM.
public struct SSHKeyMaker: Sendable {
    private let algorithm: SSHKeyAlgorithm
    private let pool: Offload
    private let ambient: Ambient

    public init(algorithm: SSHKeyAlgorithm, pool: Offload, ambient: Ambient) {
        self.algorithm = algorithm
        self.pool = pool
        self.ambient = ambient
    }

    /// Off the loop: an RSA key of 4096 bits takes up to seconds.
    func make() async throws(APIError) -> SSHKeyPair {
        let (algorithm, ambient) = (algorithm, ambient)
        do throws(Overloaded) {
            return try await pool.run {
                switch algorithm {
                case .ed25519: Self.ed25519(ambient)
                case .ecdsa: Self.ecdsa()
                case .rsa4096: Self.rsa4096()
                }
            }
        } catch {
            throw .busy
        }
    }

    private static func ed25519(_ ambient: Ambient) -> SSHKeyPair {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: ambient.randomBytes(32)) else {
            fatalError("32 bytes are always an Ed25519 seed")
        }
        let publicKey = Array(key.publicKey.rawRepresentation)
        let blob = SSHWire.string("ssh-ed25519") + SSHWire.string(publicKey)
        return SSHKeyPair(
            publicKey: SSHWire.authorizedKey("ssh-ed25519", blob),
            privateKey: PEM.text(
                "OPENSSH PRIVATE KEY", lineLength: 70,
                SSHWire.container(
                    publicBlob: blob,
                    privatePart: blob + SSHWire.string(Array(key.rawRepresentation) + publicKey) + SSHWire.string([]),
                    check: ambient.randomBytes(4))))
    }

    private static func ecdsa() -> SSHKeyPair {
        let key = P256.Signing.PrivateKey()
        let point = Array(key.publicKey.x963Representation)
        let name = "ecdsa-sha2-nistp256"
        let blob = SSHWire.string(name) + SSHWire.string("nistp256") + SSHWire.string(point)
        return SSHKeyPair(
            publicKey: SSHWire.authorizedKey(name, blob),
            privateKey: PEM.text("EC PRIVATE KEY", DER.ecPrivateKey(Array(key.rawRepresentation), point)))
    }

    private static func rsa4096() -> SSHKeyPair {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .init(bitCount: 4096)),
            let numbers = try? key.publicKey.getKeyPrimitives()
        else { fatalError("an RSA key of 4096 bits can always be made") }
        let blob =
            SSHWire.string("ssh-rsa") + SSHWire.integer(Array(numbers.publicExponent))
            + SSHWire.integer(Array(numbers.modulus))
        return SSHKeyPair(
            publicKey: SSHWire.authorizedKey("ssh-rsa", blob),
            privateKey: key.pemRepresentation.hasSuffix("\n") ? key.pemRepresentation : key.pemRepresentation + "\n")
    }
}

/// RFC 4251 §5, RFC 4253 §6.6, and openssh's PROTOCOL.key.
private enum SSHWire {
    static func string(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

    /// `mpint`: without leading zeros, but with one where the first bit is set.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        return string(digits.first.map { $0 >= 0x80 } == true ? [0] + digits : digits)
    }

    static func authorizedKey(_ name: String, _ blob: [UInt8]) -> String {
        "\(name) \(String(decoding: Base64.encode(blob), as: UTF8.self))\n"
    }

    static func container(publicBlob: [UInt8], privatePart: [UInt8], check: [UInt8]) -> [UInt8] {
        // Twice the same four bytes: how a reader tells that it decrypted rightly.
        var secret = check + check + privatePart
        var pad: UInt8 = 1
        while secret.count % 8 != 0 {
            secret.append(pad)
            pad += 1
        }
        return Array("openssh-key-v1\0".utf8) + string("none") + string("none") + string([]) + [0, 0, 0, 1]
            + string(publicBlob) + string(secret)
    }
}

private enum DER {
    /// RFC 5915 §3, on P-256.
    static func ecPrivateKey(_ scalar: [UInt8], _ point: [UInt8]) -> [UInt8] {
        let curve: [UInt8] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
        return item(
            0x30, [0x02, 0x01, 0x01] + item(0x04, scalar) + item(0xa0, curve) + item(0xa1, item(0x03, [0] + point)))
    }

    /// Lengths below 128 are one byte; these structures are shorter.
    private static func item(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }
}

private enum PEM {
    static func text(_ label: String, lineLength: Int = 64, _ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes)
        var lines = "-----BEGIN \(label)-----\n"
        for start in stride(from: 0, to: text.count, by: lineLength) {
            lines += String(decoding: text[start..<min(start + lineLength, text.count)], as: UTF8.self) + "\n"
        }
        return lines + "-----END \(label)-----\n"
    }
}
