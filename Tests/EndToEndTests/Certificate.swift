import TestSupport

/// A key and its certificate, made by openssl.
struct Certificate: Sendable {
    let path: String
    let keyPath: String

    /// - Parameter algorithm: as `openssl req -newkey` has it; an elliptic curve follows its colon.
    static func make(in folder: String, name: String = "client", algorithm: String = "rsa:2048") async throws
        -> Certificate
    {
        let made = Certificate(path: "\(folder)/\(name).pem", keyPath: "\(folder)/\(name).key")
        let kind =
            algorithm.hasPrefix("rsa:")
            ? ["-newkey", algorithm] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(algorithm.dropFirst(3))"]
        let maker = try Binary(
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=usersd", "-keyout", made.keyPath, "-out", made.path]
                + kind, program: "/usr/bin/openssl")
        guard try await maker.exit() == 0 else { throw SupportFault("no certificate: \(maker.log)") }
        return made
    }
}
