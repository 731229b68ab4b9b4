internal import CLinux
internal import Glibc

/// Memory that only the start has needed.
enum Footprint {
    /// Gives it back: what the allocator holds free, and the pages of code, most of which ran once. The code that
    /// serves is mapped again by its first use, from the page cache.
    static func shrink() {
        malloc_trim(0)
        guard let maps = File.read("/proc/self/maps", limit: 1 << 20) else { return }
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            // Code only: nobody writes there, so that what is dropped is in its file unchanged.
            guard parts.count == 6, parts[1] == "r-xp", parts[5].hasPrefix("/") else { continue }
            let range = parts[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard range.count == 2, let start = UnsafeMutableRawPointer(bitPattern: range[0]) else { continue }
            madvise(start, Int(range[1] - range[0]), MADV_DONTNEED)
        }
    }
}
