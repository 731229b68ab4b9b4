internal import Glibc

/// Memory whose last byte stands in front of a page that may not be read: one byte too far is a crash.
public final class GuardedBuffer {
    private let pages: UnsafeMutableRawPointer
    private let capacity: Int
    private let page = Int(getpagesize())

    public init(capacity wanted: Int = 1 << 16) {
        capacity = (wanted + page - 1) / page * page
        pages = mmap(nil, capacity + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(pages != MAP_FAILED && mprotect(pages + capacity, page, PROT_NONE) == 0)
    }

    deinit { munmap(pages, capacity + page) }

    /// `bytes`, the last of them in front of the closed page.
    public func with<Value>(_ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        precondition(bytes.count <= capacity)
        let start = pages + (capacity - bytes.count)
        let target = UnsafeMutableRawBufferPointer(start: start, count: bytes.count)
        target.copyBytes(from: bytes)
        return body(UnsafeBufferPointer(target.bindMemory(to: UInt8.self)))
    }
}
