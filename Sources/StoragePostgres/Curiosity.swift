/// Whether it pays to ask what moment it is before a statement. In a database where nobody writes one question answers
/// for every request of a turn; where commits never cease the answer is always "another one", and the question is a
/// round trip for nothing: it is asked more and more seldom then.
struct Curiosity {
    private var silence = 0
    private var pause = 0
    private var lastNews: String?

    private static let longestPause = 64

    mutating func mayAsk() -> Bool {
        guard silence > 0 else { return true }
        silence -= 1
        return false
    }

    /// Nobody has written.
    mutating func paidOff() { pause = 0 }

    /// - Parameter moment: the answer. All who asked in one turn learned the same, which counts once.
    mutating func wasInVain(_ moment: String?) {
        if let moment, moment == lastNews { return }
        lastNews = moment
        pause = min(max(1, pause * 2), Self.longestPause)
        silence = pause
    }
}
