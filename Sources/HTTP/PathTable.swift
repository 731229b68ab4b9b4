/// Routes by method and path pattern.
///
/// A pattern is literal segments and `{parameter}` segments. One that ends in `/` matches with and without the
/// slash; any other matches without only. A literal beats a parameter, but only where the method fits
/// (users.md §1.4): `GET /users/login` is the user "login" when only `POST /users/login` is a route.
///
/// It finds a row's number, not a value of any type: a generic table would be read through metadata at every request.
public struct PathTable: Sendable {
    public struct Entry: Sendable {
        public let method: Method
        public let pattern: String
        public let row: Int

        public init(_ method: Method, _ pattern: String, row: Int) {
            self.method = method
            self.pattern = pattern
            self.row = row
        }
    }

    public enum Found: Sendable {
        /// The row, and which segments of the path the pattern's parameters stand for.
        case match(row: Int, parameters: [Int])
        /// The path is known with other methods only.
        case otherMethods([Method])
        case nothing
    }

    /// What is wrong with a table; found when it is built.
    public enum Fault: Error, Sendable, Equatable {
        case duplicate(String)
        case ambiguous(String, String)
        case malformed(String)
    }

    private struct Node {
        var literals: [(name: [UInt8], node: Int)] = []
        var parameter: Int?
        var parameterName = ""
        var rows: [(method: Method, row: Int, withSlash: Bool)] = []
        /// Nothing below this literal is tried as a parameter of its parent.
        var isClosed = false
    }

    private var nodes: [Node] = [Node()]

    /// - Parameter closed: patterns of subtrees whose name never stands for a parameter.
    /// - Throws: `Fault` for a repeated row, two names for one parameter, or a pattern that does not start with `/`.
    public init(_ entries: [Entry], closed: [String] = []) throws(Fault) {
        for entry in entries { try insert(entry) }
        for pattern in closed { nodes[try node(for: pattern)].isClosed = true }
    }

    private mutating func insert(_ entry: Entry) throws(Fault) {
        let index = try node(for: entry.pattern)
        let withSlash = entry.pattern.hasSuffix("/")
        for other in nodes[index].rows where other.method == entry.method {
            throw .duplicate("\(entry.method.name) \(entry.pattern)")
        }
        nodes[index].rows.append((entry.method, entry.row, withSlash))
    }

    private mutating func node(for pattern: String) throws(Fault) -> Int {
        guard pattern.hasPrefix("/") else { throw .malformed(pattern) }
        var index = 0
        for segment in pattern.split(separator: "/") {
            if segment.hasPrefix("{") {
                guard segment.hasSuffix("}"), segment.count > 2 else { throw .malformed(pattern) }
                if let parameter = nodes[index].parameter {
                    guard nodes[index].parameterName == segment else {
                        throw .ambiguous(nodes[index].parameterName, String(segment))
                    }
                    index = parameter
                } else {
                    nodes.append(Node())
                    nodes[index].parameter = nodes.count - 1
                    nodes[index].parameterName = String(segment)
                    index = nodes.count - 1
                }
            } else if let literal = nodes[index].literals.first(where: { $0.name.elementsEqual(segment.utf8) }) {
                index = literal.node
            } else {
                nodes.append(Node())
                nodes[index].literals.append((Array(segment.utf8), nodes.count - 1))
                index = nodes.count - 1
            }
        }
        return index
    }

    public func find(_ method: Method, _ path: PathSegments) -> Found {
        var parameters: [Int] = []
        var allowed: [Method] = []
        if let row = match(method, path, at: 0, node: 0, &parameters, &allowed) {
            return .match(row: row, parameters: parameters)
        }
        return allowed.isEmpty ? .nothing : .otherMethods(allowed)
    }

    private func match(
        _ method: Method, _ path: PathSegments, at depth: Int, node index: Int, _ parameters: inout [Int],
        _ allowed: inout [Method]
    ) -> Int? {
        if depth == path.count {
            for entry in nodes[index].rows where entry.withSlash || !path.endsInSlash {
                if entry.method == method { return entry.row }
                if !allowed.contains(entry.method) { allowed.append(entry.method) }
            }
            return nil
        }
        let segment = path[depth]
        for literal in nodes[index].literals
        where segment.count == literal.name.count && segment.elementsEqual(literal.name) {
            if let row = match(method, path, at: depth + 1, node: literal.node, &parameters, &allowed) { return row }
            if nodes[literal.node].isClosed { return nil }
        }
        guard let parameter = nodes[index].parameter else { return nil }
        parameters.append(depth)
        if let row = match(method, path, at: depth + 1, node: parameter, &parameters, &allowed) { return row }
        parameters.removeLast()
        return nil
    }
}
