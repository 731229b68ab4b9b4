internal import PriceBook

/// What a run is made of.
struct Options {
    var input = PriceInput.address(PriceInput.modelsDev)
    var providers = PriceProviders.listed(["anthropic", "openai"])
    var output = PriceOutput.standardOutput
    var strictness = PriceStrictness.lenient
}

/// The command line, read.
enum Command {
    case help
    case generate(Options)

    static let usage = """
        usage: generate-model-prices [--input FILE|-|URL] [--providers NAME,...|all] [--output FILE|-] [--strict]
          --input      models.dev document (default \(PriceInput.modelsDev); - is standard input)
          --providers  providers that must be there (default anthropic,openai), or all there are
          --output     price seed, replaced only by a complete one (default -, standard output)
          --strict     refuse what is only doubtful: trailing bytes, damaged ids, prices that round to 0
        """

    /// - Parameter arguments: without the program's name; `--name value` and `--name=value` are the same.
    init(arguments: ArraySlice<String>) throws(UsageError) {
        var options = Options()
        var rest = arguments
        var seen: Set<String> = []
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts.first ?? ""
            let inline = parts.count > 1 ? parts[1] : nil
            func value() throws(UsageError) -> String {
                guard let value = inline ?? rest.popFirst(), !value.isEmpty else { throw .noValue(name) }
                return value
            }
            switch name {
            case "--help", "-h":
                self = .help
                return
            case "--input": options.input = PriceInput(try value())
            case "--providers": options.providers = try Self.providers(try value())
            case "--output": options.output = PriceOutput(try value())
            case "--strict":
                if inline != nil { throw .unexpectedValue(name) }
                options.strictness = .strict
            default: throw argument.hasPrefix("-") ? .unknown(name) : .unexpectedArgument(argument)
            }
            if !seen.insert(name).inserted { throw .twice(name) }
        }
        self = .generate(options)
    }

    private static func providers(_ list: String) throws(UsageError) -> PriceProviders {
        if list == "all" { return .all }
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if names.contains("") { throw .invalid("--providers", "has an empty name") }
        if names.contains("all") { throw .invalid("--providers", "is either all or a list of names") }
        return .listed(names)
    }
}

/// What is wrong with a command line.
enum UsageError: Error, CustomStringConvertible {
    case unknown(String)
    case unexpectedArgument(String)
    case noValue(String)
    case unexpectedValue(String)
    case twice(String)
    case invalid(String, String)

    var description: String {
        switch self {
        case .unknown(let name): "unknown option \(name)"
        case .unexpectedArgument(let argument): "unexpected argument \(argument)"
        case .noValue(let name): "\(name) needs a value"
        case .unexpectedValue(let name): "\(name) takes no value"
        case .twice(let name): "\(name) is given twice"
        case .invalid(let name, let fault): "\(name) \(fault)"
        }
    }
}
