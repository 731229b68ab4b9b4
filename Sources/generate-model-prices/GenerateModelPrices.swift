internal import Foundation
internal import Glibc
internal import PriceBook

/// `generate-model-prices`: a models.dev document to the price seed (model-prices.md §4).
/// Exit code 0: written; 1: refused, and nothing was written; 2: the command line makes no sense.
@main
struct GenerateModelPrices {
    static func main() {
        // A reader that went away is a failed write, not a silent death.
        signal(SIGPIPE, SIG_IGN)
        do throws(UsageError) {
            switch try Command(arguments: CommandLine.arguments.dropFirst()) {
            case .help: finish(by: printHelp)
            case .generate(let options): onDeepStack { finish { () throws(RunError) in try run(options) } }
            }
        } catch {
            say("generate-model-prices: \(error)\n\(Command.usage)")
            exit(2)
        }
    }

    private static func run(_ options: Options) throws(RunError) {
        let bytes = try options.input.read()
        let output: PriceGenerator.Output
        do {
            output = try PriceGenerator.generate(
                from: bytes, providers: options.providers, strictness: options.strictness,
                warn: { say($0.description) })
        } catch { throw .refused(input: options.input, error) }
        try options.output.write(PriceSeed.render(output.rows))
        say("generate-model-prices: wrote \(output.rows.count) prices for \(output.providerCount) provider(s)")
    }

    private static func printHelp() throws(RunError) {
        try PriceOutput.standardOutput.write(Array("\(Command.usage)\n".utf8))
    }

    /// A document may nest 10000 levels, and the main thread's stack is for the shell to choose.
    private static func onDeepStack(_ work: @escaping @Sendable () -> Void) -> Never {
        let thread = Thread {
            work()
            exit(0)
        }
        thread.stackSize = 64 << 20
        thread.start()
        while true { pause() }
    }

    private static func finish(by work: () throws(RunError) -> Void) {
        do throws(RunError) { try work() } catch {
            say("generate-model-prices: \(error)")
            exit(1)
        }
    }

    private static func say(_ line: String) {
        // Nobody is left to tell when standard error fails.
        _ = Descriptor(STDERR_FILENO).write(Array("\(line)\n".utf8))
    }
}
