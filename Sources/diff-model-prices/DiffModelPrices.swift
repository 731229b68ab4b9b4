internal import Foundation
internal import Glibc
internal import PriceBook

/// `diff-model-prices OLD NEW`: what a new price book changes, in Markdown (model-prices.md §8.2).
/// Exit code 0: reported, changes or none; 1: refused, with one line on standard error and nothing on standard output.
@main
struct DiffModelPrices {
    private static let usage =
        "usage: diff-model-prices OLD NEW    (two price books; the report goes to standard output)"

    static func main() {
        // A reader that went away is a failed write, not a silent death.
        signal(SIGPIPE, SIG_IGN)
        let arguments = CommandLine.arguments.dropFirst()
        if arguments == ["--help"] || arguments == ["-h"] { exit(put("\(usage)\n", on: STDOUT_FILENO) ? 0 : 1) }
        guard arguments.count == 2, !arguments.contains(where: { $0.hasPrefix("-") }) else { fail(usage) }
        onDeepStack {
            do throws(BookError) {
                let old = try BookFile.rows(arguments[1])
                let report = PriceDiff(from: old, to: try BookFile.rows(arguments[2])).markdown
                if !put(report, on: STDOUT_FILENO) {
                    fail("standard output: \(String(cString: strerror(errno)))")
                }
            } catch {
                fail("\(error)")
            }
        }
    }

    private static func fail(_ message: String) -> Never {
        // Nobody is left to tell when standard error fails.
        _ = put("diff-model-prices: \(message)\n", on: STDERR_FILENO)
        exit(1)
    }

    private static func put(_ text: String, on descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
        }
        return true
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
}
