import Crypto
import Foundation
import HTTPTypes
import Hummingbird

struct AppRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var user: User?

    init(source: Source) { coreContext = .init(source: source) }
}

extension HTTPField.Name {
    static let coderSessionToken = Self("Coder-Session-Token")!
}

/// `<id>-<secret>` in `Coder-Session-Token`: the key's row holds SHA-256 of the secret.
struct TokenAuthenticator: RouterMiddleware {
    let users: UserRepository

    func handle(
        _ request: Request, context: AppRequestContext,
        next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let token = request.headers[.coderSessionToken] {
            let parts = token.split(separator: "-")
            if parts.count == 2, let session = try await users.session(keyID: String(parts[0])),
                SHA256.hash(data: Data(parts[1].utf8)) == session.hashedSecret,
                session.expiresAt > Int64(Date().timeIntervalSince1970 * 1_000_000)
            {
                context.user = session.user
            }
        }
        return try await next(request, context)
    }
}
