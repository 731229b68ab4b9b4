import Foundation
import GRDB
import Hummingbird

// peer PORT FILE BODY: serves a database that usersd has made, and BODY as it is under /static.
// peer derive SECONDS: password hashes on every core and nothing else; prints how many a second.
let arguments = CommandLine.arguments
if arguments.count == 3, arguments[1] == "derive", let seconds = Double(arguments[2]) {
    print(KeyDerivation.rate(seconds: seconds))
    exit(0)
}
guard arguments.count == 4, let port = Int(arguments[1]) else { fatalError("peer PORT FILE BODY") }
let users = UserRepository(database: try DatabasePool(path: arguments[2]))
let body = try String(contentsOfFile: arguments[3], encoding: .utf8)

let router = Router(context: AppRequestContext.self)
router.get("healthz") { _, _ in "OK" }
router.get("static") { _, _ in
    Response(
        status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
}
router.group("api/v2/users")
    .add(middleware: TokenAuthenticator(users: users))
    .get("me") { _, context in
        guard let user = context.user else { throw HTTPError(.unauthorized) }
        return user
    }
    .get { request, context in
        guard context.user != nil else { throw HTTPError(.unauthorized) }
        let limit = request.uri.queryParameters.get("limit", as: Int.self) ?? 25
        return try await users.page(limit: limit)
    }

let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
try await application.runService()
