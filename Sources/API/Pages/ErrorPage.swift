internal import HTTP
internal import Storage

/// A refusal for a person: a status, two texts and one way on (auth.md §0).
struct ErrorPage: Sendable, Equatable {
    let status: Status
    let title: String
    /// Plain, for programs too.
    let text: String
    /// The text's HTML; nil: the text is what it is.
    let html: String?
    let link: String

    init(_ status: Status, _ title: String, _ text: String, html: String? = nil, link: String = "Back to site") {
        self.status = status
        self.title = title
        self.text = text
        self.html = html
        self.link = link
    }

    var response: Response {
        Page(title: title) { body in
            body += "<h1>\(HTML.escaped(title))</h1>\n"
            body += html ?? "<p>\(HTML.escaped(text))</p>\n"
            body += "<p><a class=\"button\" href=\"/login\">\(HTML.escaped(link))</a></p>\n"
        }.response(status)
    }

    // MARK: Which there are

    static func signUpsDisabled(markdown: String) -> ErrorPage {
        let text = "Ask an administrator of this deployment to make an account for you."
        return ErrorPage(
            .forbidden, "Signups are disabled", markdown.isEmpty ? text : markdown,
            html: markdown.isEmpty ? nil : Markdown.html(markdown))
    }

    static func wrongLoginType(_ provider: LoginType, account: LoginType?) -> ErrorPage {
        var text = "You tried to sign in with \"\(provider.rawValue)\""
        if let account { text += ", but the account with this e-mail signs in with \"\(account.rawValue)\"" }
        text += "."
        if account == .password {
            text += " Sign in with your password; then you can convert your account to \"\(provider.rawValue)\"."
        }
        return ErrorPage(.forbidden, "Incorrect login type", text)
    }

    static let suspended = ErrorPage(
        .forbidden, "Account suspended", "Your account is suspended. Contact an administrator to reactivate it.")

    static let linkedElsewhere = ErrorPage(
        .forbidden, "Account already linked",
        "The account with this e-mail is linked to another account of the provider. Contact an administrator.")

    static let emailNotVerified = ErrorPage(
        .forbidden, "Email not verified",
        "Verify the e-mail address of your account at the provider, and sign in again.",
        link: "Back to login")

    static let foreignDomain = ErrorPage(
        .forbidden, "Unauthorized email",
        "Your e-mail is not from an authorized domain. Please contact your administrator.", link: "Back to login")

    static let notInAllowedGroup = ErrorPage(
        .forbidden, "Not a member of an allowed group",
        "You must be a member of an allowed group to sign in. Contact your administrator.", link: "Back to login")

    static let malformedGroups = ErrorPage(
        .badRequest, "Failed to sync groups",
        "The groups that the provider sent cannot be read. Contact your administrator.", link: "Back to login")
}
