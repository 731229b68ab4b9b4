import Glibc
import HTTP
@testable import HTTPEngine

/// Memory whose last byte stands in front of a page that may not be read: one byte too far is a crash.
final class GuardedBuffer {
    private let pages: UnsafeMutableRawPointer
    private let capacity: Int
    private let page = Int(getpagesize())

    init(capacity wanted: Int = 1 << 16) {
        capacity = (wanted + page - 1) / page * page
        pages = mmap(nil, capacity + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(pages != MAP_FAILED && mprotect(pages + capacity, page, PROT_NONE) == 0)
    }

    deinit { munmap(pages, capacity + page) }

    /// `bytes`, the last of them in front of the closed page.
    func with<Value>(_ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        precondition(bytes.count <= capacity)
        let start = pages + (capacity - bytes.count)
        let target = UnsafeMutableRawBufferPointer(start: start, count: bytes.count)
        target.copyBytes(from: bytes)
        return body(UnsafeBufferPointer(target.bindMemory(to: UInt8.self)))
    }
}

/// A head in a form that can be compared: offsets are resolved to text.
struct SeenHead: Equatable {
    var method: HTTP.Method
    var path: String
    var query: String?
    var fields: [String]
    var isHTTP10: Bool
    var keepsAlive: Bool
    var expectsContinue: Bool
    var framing: BodyFraming
    var consumed: Int
}

enum Seen: Equatable {
    case more
    case head(SeenHead)
    case reject(Status)

    init(_ parsed: Parsed, _ bytes: UnsafeBufferPointer<UInt8>) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        switch parsed {
        case .needMore: self = .more
        case .reject(let status): self = .reject(status)
        case .head(let head, let consumed):
            self = .head(
                SeenHead(
                    method: head.method, path: text(head.path), query: head.query.map(text),
                    fields: head.fields.map { "\(text($0.name)): \(text($0.value))" }, isHTTP10: head.isHTTP10,
                    keepsAlive: head.keepsAlive, expectsContinue: head.expectsContinue, framing: head.framing,
                    consumed: consumed))
        }
    }

    var head: SeenHead? { if case .head(let head) = self { head } else { nil } }

    /// What a fresh parser makes of `wire`, which ends at a closed page.
    static func parsing(_ wire: String, limits: Limits = Limits()) -> Seen {
        var parser = RequestParser(limits: limits)
        return GuardedBuffer().with(Array(wire.utf8)) { Seen(parser.parse($0, from: 0), $0) }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
