public import HTTP

/// A request as a fake site recorded it.
public struct Asked: Sendable {
    public let method: HTTP.Method
    /// As sent, without the query and without the path of the site's base.
    public let path: String
    public let query: QueryItems
    /// Empty unless the body says that it is a form.
    public let form: QueryItems
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// The address it came to, such as `http://127.0.0.1:4711`.
    public let origin: String

    init(_ request: Request, origin: String, basePath: String = "") {
        let path = String(decoding: request.bytes[request.path], as: UTF8.self)
        let headers = request.fields.map {
            (
                name: String(decoding: request.bytes[$0.name], as: UTF8.self),
                value: String(decoding: request.bytes[$0.value], as: UTF8.self)
            )
        }
        self.init(
            method: request.method, path: path.hasPrefix(basePath) ? String(path.dropFirst(basePath.count)) : "",
            query: request.query.map { request.bytes[$0] } ?? [], headers: headers, body: request.body, origin: origin)
    }

    init(
        method: HTTP.Method, path: String, query: ArraySlice<UInt8>, headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], origin: String
    ) {
        let type = headers.first { $0.name.lowercased() == "content-type" }?.value ?? ""
        self.method = method
        self.path = path
        self.query = QueryItems(query)
        self.form = QueryItems(type.hasPrefix("application/x-www-form-urlencoded") ? body[...] : [])
        self.headers = headers
        self.body = body
        self.origin = origin
    }

    /// The first value of that header, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// What follows the scheme in `Authorization`, which is compared without regard to case.
    public func credentials(_ scheme: String) -> String? {
        guard let value = header("Authorization"), let space = value.firstIndex(of: " "),
            value[..<space].lowercased() == scheme.lowercased()
        else { return nil }
        return String(value[value.index(after: space)...])
    }

    /// The two halves of HTTP Basic, form-decoded as RFC 6749 §2.3.1 has them.
    public var basic: (user: String, password: String)? {
        guard let text = credentials("Basic"), let bytes = Base64.decode(Array(text.utf8)[...]),
            let colon = bytes.firstIndex(of: 58),
            let user = percentDecoded(bytes[..<colon], plusIsSpace: true),
            let password = percentDecoded(bytes[(colon + 1)...], plusIsSpace: true)
        else { return nil }
        return (String(decoding: user, as: UTF8.self), String(decoding: password, as: UTF8.self))
    }
}
