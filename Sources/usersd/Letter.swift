internal import API
internal import HTTP

/// A notice in words.
struct Letter {
    let name: String
    /// Coder's id of the template, where the contract gives one.
    let template: String?
    let subject: String
    let text: String
    let labels: [(String, String)]
    /// What the reader may want to do.
    let action: (label: String, url: String)

    init(_ notice: Notice, accessURL: String) {
        switch notice.event {
        case .passcode(let code):
            self.init(passcode: code, to: notice.email, accessURL)
        case .created(let account):
            self.init(account, "created", "User account created", "created_account", accessURL)
        case .deleted(let account):
            self.init(account, "deleted", "User account deleted", "deleted_account", accessURL)
        case .suspended(let account):
            self.init(account, "suspended", "User account suspended", "suspended_account", accessURL)
        case .activated(let account):
            self.init(account, "activated", "User account activated", "activated_account", accessURL)
        case .youWereSuspended:
            self.init(
                "Your account has been suspended",
                "Your account at \(accessURL) has been suspended. An administrator can tell you more.", accessURL)
        case .youWereActivated:
            self.init(
                "Your account has been activated", "Your account at \(accessURL) has been activated.", accessURL)
        }
    }

    private init(
        _ account: Notice.Account, _ verb: String, _ name: String, _ label: String, _ accessURL: String
    ) {
        self.name = name
        template = nil
        subject = "User account \"\(account.username)\" \(verb)"
        // A name may hold a line break; a letter's line may not.
        let display = String(account.name.map { $0.isNewline ? " " : $0 })
        let person = display.isEmpty ? account.username : "\(account.username) (\(display))"
        text = "The user account \(person) at \(accessURL) has been \(verb) by \(account.initiator)."
        labels = [
            ("\(label)_name", account.username), ("\(label)_user_name", account.name), ("initiator", account.initiator),
        ]
        action = ("Open \(accessURL)", accessURL)
    }

    private init(_ subject: String, _ text: String, _ accessURL: String) {
        name = subject
        template = nil
        self.subject = subject
        self.text = text
        labels = []
        action = ("Open \(accessURL)", accessURL)
    }

    private init(passcode: String, to email: String, _ accessURL: String) {
        let link = "\(accessURL)/reset-password/change?otp=\(passcode)&email=\(percentEncoded(email))"
        name = "One-Time Passcode"
        template = "62f86a30-2330-4b61-a26d-311ff3b608cf"
        subject = "Reset your password"
        text = """
            Somebody, hopefully you, asked to reset the password of \(email).

            Choose a new one within 20 minutes at

            \(link)

            or with this one-time passcode:

            \(passcode)

            If it was not you, there is nothing to do: your password has not been changed.
            """
        labels = [("one_time_passcode", passcode)]
        action = ("Reset password", link)
    }
}
