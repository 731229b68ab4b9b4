import FuzzTargets
import Glibc

/// The inputs that readers are busy with. A reader that traps takes the process with it; then these are printed.
enum InputsAtWork {
    private static let room = FuzzTarget.maximumBytes * 2 + 2
    private static let targets = FuzzTarget.all.map(\.name)
    /// For each target a line that is ready to be written: a signal's handler can do no more than that. Written by
    /// the one test of that target that runs.
    nonisolated(unsafe) private static let lines: UnsafeMutablePointer<UInt8> = {
        let lines = UnsafeMutablePointer<UInt8>.allocate(capacity: room * targets.count)
        lines.initialize(repeating: 0, count: room * targets.count)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS] {
            signal(number) { number in
                InputsAtWork.write()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        return lines
    }()

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func note(_ bytes: [UInt8], for target: FuzzTarget) {
        guard let index = targets.firstIndex(of: target.name) else { return }
        var end = lines + index * room
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                end.pointee = nibble < 10 ? 48 + nibble : 87 + nibble
                end += 1
            }
        }
        end.pointee = 10
        end[1] = 0
    }

    private static func write() {
        for index in 0..<targets.count { _ = Glibc.write(2, lines + index * room, length(lines + index * room)) }
    }

    private static func length(_ line: UnsafeMutablePointer<UInt8>) -> Int {
        var count = 0
        while count < room, line[count] != 0 { count += 1 }
        return count
    }
}
