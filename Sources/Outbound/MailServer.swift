internal import CCurl

/// The smart host that takes our mail (Coder's `CODER_EMAIL_*`).
public struct MailServer: Sendable {
    /// `host:port`.
    public var smartHost: String
    /// The sender: an address, or a name and an address in angle brackets.
    public var from: String
    /// What we call ourselves in EHLO.
    public var hello: String
    public var username: String
    public var password: String
    /// TLS from the first byte.
    public var forcesTLS: Bool
    /// TLS after STARTTLS; without it the mail is not sent.
    public var usesStartTLS: Bool
    /// A file of certificates to trust instead of the system's.
    public var certificateFile: String

    public init(
        smartHost: String, from: String, hello: String, username: String, password: String, forcesTLS: Bool,
        usesStartTLS: Bool, certificateFile: String
    ) {
        self.smartHost = smartHost
        self.from = from
        self.hello = hello
        self.username = username
        self.password = password
        self.forcesTLS = forcesTLS
        self.usesStartTLS = usesStartTLS
        self.certificateFile = certificateFile
    }

    /// Hands one message over.
    func send(_ message: Message) throws(Transfer.Failure) {
        // An address that could break out of its line or its brackets is nobody's.
        guard Self.isPlain(message.recipient), var transfer = Transfer() else {
            throw Transfer.Failure(description: "the address cannot be written to", isTransient: false)
        }
        transfer.set(CURLOPT_URL, "\(forcesTLS ? "smtps" : "smtp")://\(smartHost)/\(hello)")
        transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        if usesStartTLS { transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) }
        if !certificateFile.isEmpty { transfer.set(CURLOPT_CAINFO, certificateFile) }
        if !username.isEmpty {
            transfer.set(CURLOPT_USERNAME, username)
            transfer.set(CURLOPT_PASSWORD, password)
        }
        transfer.set(CURLOPT_MAIL_FROM, "<\(Self.address(from))>")
        transfer.set(CURLOPT_MAIL_RCPT, ["<\(message.recipient)>"])
        transfer.set(CURLOPT_UPLOAD, 1)
        _ = try transfer.perform(sending: message.rendered(from: from))
    }

    private static func address(_ text: String) -> String {
        guard let open = text.lastIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close else { return text }
        return String(text[text.index(after: open)..<close])
    }

    private static func isPlain(_ address: String) -> Bool {
        !address.isEmpty
            && address.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && $0 != "<" && $0 != ">" }
    }
}

/// A plain-text message (RFC 5322).
public struct Message: Sendable {
    public let id: String
    public let recipient: String
    public let subject: String
    public let text: String
    /// RFC 5322's form of now.
    public let date: String

    public init(id: String, recipient: String, subject: String, text: String, date: String) {
        self.id = id
        self.recipient = recipient
        self.subject = subject
        self.text = text
        self.date = date
    }

    func rendered(from sender: String) -> [UInt8] {
        let lines = [
            "From: \(sender)", "To: <\(recipient)>", "Subject: \(subject)", "Date: \(date)",
            "Message-ID: <\(id)@usersd>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit", "Auto-Submitted: auto-generated", "",
        ]
        let body = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Array((lines + body).joined(separator: "\r\n").utf8) + [13, 10]
    }
}
