internal import HTTP
internal import JSON
internal import Storage

/// One entry of an error body's `validations`.
struct Validation: Sendable, Equatable {
    let field: String
    let detail: String

    init(_ field: String, _ detail: String) {
        self.field = field
        self.detail = detail
    }

    /// A value that must be unique and is not.
    static func inUse(_ field: String) -> Validation {
        Validation(field, "This value is already in use and should be unique.")
    }

    /// Coder's text for a field that breaks its rule (users.md §1.2).
    init(_ field: String, tag: String, value: String) {
        self.init(field, "Validation failed for tag \"\(tag)\" with value: \"\(value)\"")
    }
}

/// Everything a caller can be told. Sent as Coder's `{"message", "detail", "validations"}`.
enum APIError: Error, Sendable, Equatable {
    case malformedBody(String)  // 400; the decoder's text
    case invalid(String, [Validation])  // 400
    case refused(String, detail: String = "")  // 400 without validations
    case answered(Status, String, detail: String)  // sign-in at a provider: any status, its own texts
    case page(ErrorPage)  // for people: HTML
    case signInFirst(redirect: String)  // 303 to the sign-in page
    case notAMember(String, redirect: String)  // 401 with a Location, for people
    case notSignedIn(detail: String)  // 401, and WWW-Authenticate
    case providerSessionEnded(String, detail: String)  // 401, and WWW-Authenticate
    case inactive(UserStatus)  // 401, and WWW-Authenticate
    case wrongCredentials  // 401
    case suspendedAtLogin(UserStatus)  // 401
    case forbidden  // 403
    case forbiddenBecause(String)  // 403 with its own message
    case notFound  // 404; also "exists, but not for you"
    case missing(String)  // 404 with its own message
    case noRoute  // 404
    case wrongMethod([Method])  // 405, no body
    case conflict(String, [Validation] = [])  // 409
    case ownsWorkspaces  // 417
    case bypassRefused  // 428, plain text
    case rateLimited(perMinute: Int)  // 429 and Retry-After
    case crossSite(String)  // 400, plain text
    case fault(id: UUID)  // 500; the cause is logged under `id`
    case busy  // 503 and Retry-After

    /// Fields that break their rules.
    static func invalid(_ validations: [Validation]) -> APIError { .invalid("Validation failed.", validations) }

    static let signedOut = "You are signed out or your session has expired. Please sign in again to continue."

    var status: Status {
        switch self {
        case .malformedBody, .invalid, .refused, .crossSite: .badRequest
        case .answered(let status, _, _): status
        case .page(let page): page.status
        case .signInFirst: .seeOther
        case .notAMember: .unauthorized
        case .notSignedIn, .providerSessionEnded, .inactive, .wrongCredentials, .suspendedAtLogin: .unauthorized
        case .forbidden, .forbiddenBecause: .forbidden
        case .notFound, .missing, .noRoute: .notFound
        case .wrongMethod: .methodNotAllowed
        case .conflict: .conflict
        case .ownsWorkspaces: .expectationFailed
        case .bypassRefused: .preconditionRequired
        case .rateLimited: .tooManyRequests
        case .fault: .internalServerError
        case .busy: .serviceUnavailable
        }
    }

    private var message: String {
        switch self {
        case .malformedBody: "Request body must be valid JSON."
        case .invalid(let message, _), .refused(let message, _), .answered(_, let message, _),
            .providerSessionEnded(let message, _):
            message
        case .page(let page): page.title
        case .signInFirst: Self.signedOut
        case .notAMember: "Unauthorized"
        case .notSignedIn: Self.signedOut
        case .inactive(let status):
            "User is not active (status = \"\(status.rawValue)\"). Contact an admin to reactivate your account."
        case .wrongCredentials: "Incorrect email or password."
        case .suspendedAtLogin(let status):
            "Your account is \(status.rawValue). Contact an admin to reactivate your account."
        case .forbidden: "Forbidden."
        case .forbiddenBecause(let message), .missing(let message), .conflict(let message, _), .crossSite(let message):
            message
        case .notFound: "Resource not found or you do not have access to this resource"
        case .noRoute: "Route not found."
        case .wrongMethod: ""
        case .ownsWorkspaces: "The user still owns workspaces. Delete them first."
        case .bypassRefused: "Only owners may pass over the rate limit."
        case .rateLimited(let limit): "You've been rate limited for sending more than \(limit) requests in 1m0s."
        case .fault: "An internal server error occurred."
        case .busy: "The server is busy. Try again in a moment."
        }
    }

    private var detail: String {
        switch self {
        case .malformedBody(let detail), .refused(_, let detail), .notSignedIn(let detail),
            .answered(_, _, let detail), .notAMember(let detail, _), .providerSessionEnded(_, let detail):
            detail
        case .page(let page): page.text
        case .forbidden: "You do not have the permission that this needs. If you should have it, ask an administrator."
        case .fault(let id): "The cause is in the server's log under fault id \(id)."
        default: ""
        }
    }

    /// For a page: what went wrong, in one paragraph.
    var sentence: String {
        let details = validations.map(\.detail)
        switch self {
        case .invalid("Validation failed.", let broken):
            return "Please check: \(broken.map(\.field).joined(separator: ", "))."
        case .invalid, .conflict: return details.isEmpty ? message : "\(message) \(details.joined(separator: " "))"
        case .refused, .answered, .fault: return detail.isEmpty ? message : "\(message) \(detail)"
        default: return message
        }
    }

    private var validations: [Validation] {
        switch self {
        case .invalid(_, let validations), .conflict(_, let validations): validations
        default: []
        }
    }

    /// The answer. The one place that writes an error body.
    func response(accessURL: String) -> Response {
        var response = Response(status)
        switch self {
        case .wrongMethod(let methods):
            // Empty, and a line for each method (keys-and-shell.md §8.2).
            for method in methods { response.add(.allow, method.name) }
            return response
        case .crossSite, .bypassRefused:
            response.body = Array("\(message)\n".utf8)
            response.add(.contentType, "text/plain; charset=utf-8")
            return response
        case .page(let page): return page.response
        case .signInFirst(let redirect):
            response.add(
                .location, "/login?message=\(percentEncoded(message))&redirect=\(percentEncoded(redirect))")
            response.add(.cacheControl, "no-store")
            return response
        case .notAMember(let reason, let redirect):
            response.add(.location, "/login?message=\(percentEncoded(reason))&redirect=\(percentEncoded(redirect))")
            response.add(.contentType, "text/html; charset=utf-8")
            response.body = Array("<a href=\"/login\">Unauthorized</a>.\n".utf8)
            return response
        case .notSignedIn, .providerSessionEnded, .inactive:
            response.add(.wwwAuthenticate, challenge(accessURL: accessURL))
        case .rateLimited: response.add(.retryAfter, "60")
        case .busy: response.add(.retryAfter, "1")
        default: break
        }
        response.body = body()
        response.add(.contentType, Reply.jsonType)
        return response
    }

    /// The same for a program, where a person would get a page (auth.md §8.3).
    var asJSON: APIError {
        switch self {
        case .page, .notAMember: .answered(status, message, detail: detail)
        default: self
        }
    }

    private func body() -> [UInt8] {
        var writer = JSONWriter(reserving: 256)
        writer.object { object in
            object.key("message")
            object.string(message)
            if !detail.isEmpty {
                object.key("detail")
                object.string(detail)
            }
            if !validations.isEmpty {
                object.key("validations")
                object.array(validations) { writer, validation in
                    writer.object { entry in
                        entry.key("field")
                        entry.string(validation.field)
                        entry.key("detail")
                        entry.string(validation.detail)
                    }
                }
            }
        }
        return writer.finished()
    }

    /// RFC 6750 §3. The description follows the texts, as clients expect (auth.md §9.5).
    private func challenge(accessURL: String) -> String {
        let isExpired = message.contains("expired") || detail.contains("expired")
        return "Bearer realm=\"coder\", error=\"invalid_token\", "
            + "error_description=\"The access token \(isExpired ? "has expired" : "is invalid")\", "
            + "resource_metadata=\"\(accessURL)/.well-known/oauth-protected-resource\""
    }
}
