import Foundation
import TestSupport

/// What OpenSSH makes of a private key.
enum PublicLine {
    /// The public line without a comment, with its newline.
    static func of(privateKey pem: String) throws -> String {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let path = "\(folder)/key"
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(pem.utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw SupportFault("cannot write \(path)") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
        process.arguments = ["-y", "-P", "", "-f", path]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let fault = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SupportFault("ssh-keygen refuses the key: \(fault)") }
        // A line may end in a blank where the comment would be.
        return text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") + "\n" }.joined()
    }
}
