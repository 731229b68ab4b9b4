internal import Glibc
internal import Loops

/// SIGTERM and SIGINT, taken by a thread of their own.
enum Signals {
    /// Before any other thread starts: they inherit the mask. Neither a client that goes away nor a file that may grow
    /// no further must end the process: the write that fails says so.
    static func block() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var set = set()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Holds the calling thread until the first signal. A second one ends the process at once.
    static func waitForFirst() {
        wait()
        _ = WorkerThread {
            wait()
            _exit(130)
        }
    }

    private static func wait() {
        var set = set()
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
    }

    private static func set() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
