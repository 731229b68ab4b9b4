internal import FuzzTargets
internal import Glibc

// A program of libFuzzer's. The target is named by the environment, for the command line is libFuzzer's.

nonisolated(unsafe) private var target = FuzzTarget.all[0]  // set once, before the first input; one thread
nonisolated(unsafe) private let memory = GuardedBuffer()  // one thread

/// SwiftPM gives an executable's entry this name; libFuzzer's own `main` finds `test` and its kin by theirs.
@_cdecl("usersd_fuzz_main")
public func run(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var count = count
    var words = words
    return runDriver(&count, &words, test)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    let name = getenv("USERSD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let named = FuzzTarget.all.first(where: { $0.name == name }) else {
        print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
        exit(0)
    }
    target = named
    // The words, as libFuzzer's dictionaries have them.
    if let path = getenv("USERSD_FUZZ_WORDS"), let file = fopen(path, "w") {
        for word in named.words {
            let digits = word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            fputs("\"\(digits)\"\n", file)
        }
        fclose(file)
        exit(0)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(Disagreement) {
        try target.check(Array(UnsafeBufferPointer(start: start, count: count)), memory)
    } catch {
        print("\(target.name): \(error)")
        fflush(nil)
        abort()
    }
    return 0
}
