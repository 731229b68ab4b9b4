"""How a provider begins and ends: shared by the two."""
import json, os, signal, threading

ENDINGS = {signal.SIGTERM, signal.SIGINT}


def begin():
    """To be called before any thread exists: the endings are kept for `serve`, so no handler interrupts a request."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)


def read_line():
    """The first line of standard input, taken byte by byte so that nothing after it is swallowed."""
    line = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line


def watch_input():
    """A caller that was killed cannot leave us behind: the end of its pipe counts as SIGTERM."""
    # os.read, not sys.stdin: a daemon thread inside a buffered reader makes Python abort when it ends.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def serve(server, issuer):
    """Announces the issuer on standard output in one line of JSON; returns when it is time to end.

    The server is one of `socketserver`'s and listens already.
    """
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(json.dumps({"issuer": issuer}), flush=True)
    threading.Thread(target=watch_input, daemon=True).start()
    signal.sigwait(ENDINGS)
    server.shutdown()
    server.server_close()
