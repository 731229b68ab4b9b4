internal import API
internal import Glibc
internal import JSON
internal import Logging
internal import Outbound
internal import Storage

/// Notices leave by mail and webhook. With neither, passcodes stand in the log once, which the README says, and
/// nothing else is told.
struct NoticeMail: NoticeDelivery {
    /// nil: neither mail nor webhook is configured.
    let mailroom: Mailroom?
    let accessURL: String
    let log: Logger

    var takesAccountNotices: Bool { mailroom != nil }

    func deliver(_ notice: Notice) {
        guard let mailroom else {
            guard case .passcode(let code) = notice.event else { return }
            return log.notice(
                "no mail is configured: the one-time passcode of \(notice.email) is \(code), good for 20 minutes")
        }
        let letter = Letter(notice, accessURL: accessURL)
        let id = World.randomID().description
        let message =
            notice.email.isEmpty
            ? nil
            : Message(id: id, recipient: notice.email, subject: letter.subject, text: letter.text, date: Self.date())
        mailroom.send(Mailroom.Item(message: message, json: json(notice, letter, id: id)))
    }

    /// The shape of Coder's webhook.
    private func json(_ notice: Notice, _ letter: Letter, id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("_version")
            object.string("1.1")
            object.key("msg_id")
            object.string(id)
            object.key("payload")
            object.object { payload in
                payload.key("_version")
                payload.string("1.2")
                payload.key("notification_name")
                payload.string(letter.name)
                if let template = letter.template {
                    payload.key("notification_template_id")
                    payload.string(template)
                }
                payload.key("user_id")
                payload.string(notice.userID.description)
                payload.key("user_email")
                payload.string(notice.email)
                payload.key("actions")
                payload.array([letter.action]) { writer, action in
                    writer.object { object in
                        object.key("label")
                        object.string(action.label)
                        object.key("url")
                        object.string(action.url)
                    }
                }
                payload.key("labels")
                payload.object { labels in
                    for (name, value) in letter.labels {
                        labels.key(name)
                        labels.string(value)
                    }
                }
            }
            object.key("title")
            object.string(letter.subject)
            object.key("body")
            object.string(letter.text)
        }
        return writer.finished()
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
}
