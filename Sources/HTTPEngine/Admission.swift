internal import HTTP
internal import Synchronization

/// How many connections there are, in all and by network, over all loops.
final class Admission: Sendable {
    enum Verdict { case admitted, last, refused }

    private struct Counts {
        var total = 0
        var byNetwork: [PeerAddress: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let limits: Limits

    init(limits: Limits) { self.limits = limits }

    func admit(_ peer: PeerAddress) -> Verdict {
        counts.withLock { counts in
            let network = counts.byNetwork[peer.network, default: 0]
            guard network < limits.connectionsPerAddress else { return .refused }
            counts.byNetwork[peer.network] = network + 1
            counts.total += 1
            // Loops that accept at the same moment may go over the limit by one each.
            return counts.total >= limits.connections ? .last : .admitted
        }
    }

    func leave(_ peer: PeerAddress) {
        counts.withLock { counts in
            counts.total -= 1
            guard let network = counts.byNetwork[peer.network] else { return }
            counts.byNetwork[peer.network] = network == 1 ? nil : network - 1
        }
    }

    var hasRoom: Bool { counts.withLock { $0.total < limits.connections } }

    var total: Int { counts.withLock { $0.total } }
}
