internal import Glibc

/// The strength of a password (auth.md §11): estimated entropy of at least 52 bits, then at most 64 bytes. Pure.
enum PasswordRules {
    static let minimumBits = 52.0
    static let maximumBytes = 64

    /// - Throws: `.invalid` with one validation on `password`.
    static func check(_ password: String, message: String) throws(APIError) {
        if let fault = fault(password) { throw .invalid(message, [Validation("password", fault)]) }
    }

    /// What is wrong with it, as people read it; nil when nothing is.
    static func fault(_ password: String) -> String? {
        if entropy(password) < minimumBits {
            let hints = hints(password)
            return "insecure password, try \(hints.map { $0 + ", " }.joined().dropLast(hints.isEmpty ? 0 : 2))"
                + "\(hints.isEmpty ? "" : " or ")using a longer password"
        }
        return password.utf8.count > maximumBytes ? "password must be no more than 64 characters" : nil
    }

    private static let sets: [(characters: String, name: String)] = [
        ("!@$&*", "special"), ("_-., ", "special"), ("\"#%'()+/:;<=>?[\\]^{|}~", "special"),
        ("abcdefghijklmnopqrstuvwxyz", "lowercase"), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "uppercase"),
        ("0123456789", "numbers"),
    ]

    /// Bits: length × log2(size of the alphabet that is used), after repetitions and runs are thinned out.
    static func entropy(_ password: String) -> Double {
        let used = Set(password.unicodeScalars)
        var base = 0
        var rest = used
        for set in sets {
            let scalars = Set(set.characters.unicodeScalars)
            if !used.isDisjoint(with: scalars) { base += scalars.count }
            rest.subtract(scalars)
        }
        base += rest.count
        let length = thinned(password)
        return base == 0 || length == 0 ? 0 : Double(length) * log2(Double(base))
    }

    private static func hints(_ password: String) -> [String] {
        let used = Set(password.unicodeScalars)
        func has(_ set: String) -> Bool { !used.isDisjoint(with: set.unicodeScalars) }
        var hints: [String] = []
        if !sets.filter({ $0.name == "special" }).allSatisfy({ has($0.characters) }) {
            hints.append("including more special characters")
        }
        if !has(sets[3].characters) { hints.append("using lowercase letters") }
        if !has(sets[4].characters) { hints.append("using uppercase letters") }
        if !has(sets[5].characters) { hints.append("using numbers") }
        return hints
    }

    // MARK: Thinning

    private static let sequences: [[Unicode.Scalar]] = {
        let forward = ["0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"]
            .map { Array($0.unicodeScalars) }
        return forward + forward.map { Array($0.reversed()) }
    }()

    /// The length in bytes after runs of one character are cut to two and familiar sequences are thinned.
    private static func thinned(_ password: String) -> Int {
        var scalars: [Unicode.Scalar] = []
        for scalar in password.unicodeScalars {
            if scalars.suffix(2).count == 2, scalars.suffix(2).allSatisfy({ $0 == scalar }) { continue }
            scalars.append(scalar)
        }
        for sequence in sequences { thin(&scalars, by: sequence) }
        return scalars.reduce(0) { $0 + UTF8.width($1) }
    }

    /// One scan: from each position the sequence is walked once, and what matches beyond two in a row is removed.
    private static func thin(_ scalars: inout [Unicode.Scalar], by sequence: [Unicode.Scalar]) {
        var position = 0
        var matched = 0
        while position < scalars.count {
            for step in sequence {
                guard position < scalars.count else { return }
                if scalars[position] != step {
                    matched = 0
                    continue
                }
                matched += 1
                if matched > 2 { scalars.remove(at: position) } else { position += 1 }
            }
            position += 1
        }
    }
}
