import Foundation
import JSON
import TestSupport

/// A headless Chromium, steered by names as a screen reader gives them. Ends when it is let go.
final class Chromium {
    private let process = Process()
    private let orders = Pipe()
    private let answers = Pipe()
    private var unread: [UInt8] = []

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Chromium/chromium.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [script.path]
        process.standardInput = orders
        process.standardOutput = answers
        try process.run()
        _ = try answer()
    }

    deinit {
        try? orders.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What a person sees, after the last order.
    struct View {
        let json: JSONValue
        var url: String { json["url"]?.text ?? "" }
        var heading: String { json["headings"]?.elements.compactMap(\.text).joined(separator: "|") ?? "" }
        var text: String { json["text"]?.text ?? "" }
        var alerts: [String] { json["alerts"]?.elements.compactMap(\.text) ?? [] }
        var outputs: [String] { json["outputs"]?.elements.compactMap(\.text) ?? [] }
        var focus: String { json["focus"]?.text ?? "" }
        /// Violations of the policy stand here.
        var console: [String] { json["console"]?.elements.compactMap(\.text) ?? [] }
    }

    enum Role: String { case field, button, link, output }

    @discardableResult
    func open(_ url: String) throws -> View { try send([("do", "open"), ("url", url)]) }

    @discardableResult
    func type(_ text: String, into name: String) throws -> View {
        try send([("do", "type"), ("name", name), ("text", text)])
    }

    @discardableResult
    func click(_ role: Role, _ name: String) throws -> View {
        try send([("do", "click"), ("role", role.rawValue), ("name", name)])
    }

    /// Keys go to whatever has the focus.
    @discardableResult
    func press(_ keys: String...) throws -> View { try send([("do", "press")], keys: keys) }

    /// Keeps a picture, when somebody asked for pictures.
    func shot(_ name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["USERSD_TEST_SCREENSHOTS"] else { return }
        try send([("do", "shot"), ("file", "\(folder)/\(name).png")])
    }

    @discardableResult
    private func send(_ order: [(String, String)], keys: [String] = []) throws -> View {
        var writer = JSONWriter()
        writer.object { object in
            for (name, value) in order {
                object.key(name)
                object.string(value)
            }
            object.key("keys")
            object.array(keys) { writer, key in writer.string(key) }
        }
        try orders.fileHandleForWriting.write(contentsOf: writer.finished())
        return View(json: try answer())
    }

    private func answer() throws -> JSONValue {
        while true {
            if let end = unread.firstIndex(of: 10) {
                let line = Array(unread[..<end])
                unread.removeFirst(end + 1)
                let answer = try JSONReader.only(line)
                if let error = answer["error"]?.text { throw SupportFault("Chromium: \(error)") }
                return answer
            }
            let data = answers.fileHandleForReading.availableData
            guard !data.isEmpty else {
                throw SupportFault("Chromium ended (are chromium-driver and python3-selenium installed?)")
            }
            unread += data
        }
    }
}
