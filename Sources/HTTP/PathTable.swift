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
        case match(row: Int, parameters: PathParameters)
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

    /// Its name and its place among its siblings are numbers, so that a walk retains nothing.
    private struct Node {
        /// Where the literal stands in `names`.
        var name = 0..<0
        var firstLiteral: Int?
        var nextLiteral: Int?
        var parameter: Int?
        var parameterName = ""
        var rows: [(method: Method, row: Int, withSlash: Bool)] = []
        /// Nothing below this literal is tried as a parameter of its parent.
        var isClosed = false
    }

    private var nodes: [Node] = [Node()]
    private var names: [UInt8] = []

    /// - Parameter closed: patterns of subtrees whose name never stands for a parameter.
    /// - Throws: `Fault` for a repeated row, two names for one parameter, or a pattern that does not start with `/`
    ///   or has more than four parameters.
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
        var depth = 0
        for segment in pattern.split(separator: "/") {
            if segment.hasPrefix("{") {
                depth += 1
                guard segment.hasSuffix("}"), segment.count > 2, depth <= PathParameters().room else {
                    throw .malformed(pattern)
                }
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
            } else {
                index = literal(named: segment.utf8, below: index)
            }
        }
        return index
    }

    private mutating func literal(named name: Substring.UTF8View, below parent: Int) -> Int {
        var last: Int?
        var next = nodes[parent].firstLiteral
        while let node = next {
            if names[nodes[node].name].elementsEqual(name) { return node }
            (last, next) = (node, nodes[node].nextLiteral)
        }
        var node = Node()
        node.name = names.count..<names.count + name.count
        names += name
        nodes.append(node)
        if let last { nodes[last].nextLiteral = nodes.count - 1 } else { nodes[parent].firstLiteral = nodes.count - 1 }
        return nodes.count - 1
    }

    public func find(_ method: Method, _ path: PathSegments) -> Found {
        var parameters = PathParameters()
        var allowed: [Method] = []
        if let row = match(method, path, at: 0, node: 0, &parameters, &allowed) {
            return .match(row: row, parameters: parameters)
        }
        return allowed.isEmpty ? .nothing : .otherMethods(allowed)
    }

    private func match(
        _ method: Method, _ path: PathSegments, at depth: Int, node index: Int, _ parameters: inout PathParameters,
        _ allowed: inout [Method]
    ) -> Int? {
        if depth == path.count {
            for entry in nodes[index].rows where entry.withSlash || !path.endsInSlash {
                if entry.method == method { return entry.row }
                if !allowed.contains(entry.method) { allowed.append(entry.method) }
            }
            return nil
        }
        var next = nodes[index].firstLiteral
        while let literal = next {
            let name = nodes[literal].name
            if names.withUnsafeBufferPointer({ path.segment(depth, is: UnsafeBufferPointer(rebasing: $0[name])) }) {
                if let row = match(method, path, at: depth + 1, node: literal, &parameters, &allowed) { return row }
                if nodes[literal].isClosed { return nil }
                break
            }
            next = nodes[literal].nextLiteral
        }
        guard let parameter = nodes[index].parameter else { return nil }
        parameters.append(depth)
        if let row = match(method, path, at: depth + 1, node: parameter, &parameters, &allowed) { return row }
        parameters.removeLast()
        return nil
    }
}

/// Which segments of a path a pattern's parameters stand for, in order.
public struct PathParameters: Sendable {
    private var segments = InlineArray<4, Int>(repeating: 0)
    public private(set) var count = 0

    public init() {}

    /// Parameters that a pattern may have.
    var room: Int { segments.count }

    /// - Parameter index: 0 for the first parameter.
    public subscript(index: Int) -> Int {
        precondition(index < count, "the pattern has no such parameter")
        return segments[index]
    }

    mutating func append(_ segment: Int) {
        segments[count] = segment
        count += 1
    }

    mutating func removeLast() { count -= 1 }
}
