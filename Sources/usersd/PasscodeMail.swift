internal import API
internal import Glibc
internal import JSON
internal import Logging
internal import Outbound
internal import Storage

/// Passcodes leave by mail and webhook; with neither, they stand in the log once, which the README says.
struct PasscodeMail: PasscodeDelivery {
    /// nil: neither mail nor webhook is configured.
    let mailroom: Mailroom?
    let accessURL: String
    let log: Logger

    /// Coder's template of this notification.
    private static let template = "62f86a30-2330-4b61-a26d-311ff3b608cf"
    private static let subject = "Reset your password"

    func deliver(_ passcode: Passcode) {
        guard let mailroom else {
            log.notice(
                "no mail is configured: the one-time passcode of \(passcode.email) is \(passcode.text), good for 20 minutes"
            )
            return
        }
        let link = "\(accessURL)/reset-password/change?otp=\(passcode.text)&email=\(Self.escaped(passcode.email))"
        let text = """
            Somebody, hopefully you, asked to reset the password of \(passcode.email).

            Choose a new one within 20 minutes at

            \(link)

            or with this one-time passcode:

            \(passcode.text)

            If it was not you, there is nothing to do: your password has not been changed.
            """
        mailroom.send(
            Mailroom.Item(
                message: Message(
                    id: passcode.text.isEmpty ? "" : Self.messageID(), recipient: passcode.email,
                    subject: Self.subject, text: text, date: Self.date()),
                json: json(passcode, text, link)))
    }

    /// The shape of Coder's webhook.
    private func json(_ passcode: Passcode, _ text: String, _ link: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("_version")
            object.string("1.1")
            object.key("msg_id")
            object.string(Self.messageID())
            object.key("payload")
            object.object { payload in
                payload.key("_version")
                payload.string("1.2")
                payload.key("notification_name")
                payload.string("One-Time Passcode")
                payload.key("notification_template_id")
                payload.string(Self.template)
                payload.key("user_id")
                payload.string(passcode.userID.description)
                payload.key("user_email")
                payload.string(passcode.email)
                payload.key("actions")
                payload.array([link]) { writer, link in
                    writer.object { action in
                        action.key("label")
                        action.string("Reset password")
                        action.key("url")
                        action.string(link)
                    }
                }
                payload.key("labels")
                payload.object { labels in
                    labels.key("one_time_passcode")
                    labels.string(passcode.text)
                }
            }
            object.key("title")
            object.string(Self.subject)
            object.key("body")
            object.string(text)
        }
        return writer.finished()
    }

    private static func messageID() -> String {
        World.randomID().description
    }

    /// RFC 5322 §3.3.
    private static func date() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S +0000", &parts)
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Everything but unreserved characters, percent-encoded (RFC 3986 §2.3).
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: escaped.append(byte)
            default: escaped += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
