"""Load from public tools: wrk over HTTP, pgbench over libpq. Every figure is of one round."""
import json, re, subprocess, time

from . import machine

# What wrk says at its end, for a program; errors are counted, not hidden.
DONE = """
done = function(summary, latency)
    io.write(string.format("@ %d %d %d %.1f %.1f\\n", summary.requests, summary.duration,
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write,
        latency:percentile(50), latency:percentile(99)))
end
"""


def wrk(bench, url, pids, *, seconds, connections=64, headers={}, script="", pipelined=1, method="GET", body=None,
        pause_ms=0):
    """Requests a second, server's CPU time of each in µs, p50 and p99 in ms."""
    lua = DONE + script
    if method != "GET":
        lua += f"wrk.method = {json.dumps(method)}\n"
    if body is not None:
        lua += f"wrk.body = [[{body}]]\n"
    if pipelined > 1:
        lua += f"""
            local batch
            init = function() batch = string.rep(wrk.format(), {pipelined}) end
            request = function() return batch end
            """
    if pause_ms:
        lua += f"delay = function() return {pause_ms} end\n"
    path = bench.folder / f"wrk-{time.monotonic_ns()}.lua"
    path.write_text(lua)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", path]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    before = machine.busy(pids)
    out = subprocess.run([str(c) for c in command + [url]], check=True, stdout=subprocess.PIPE, text=True).stdout
    spent = machine.busy(pids) - before
    requests, duration, errors, p50, p99 = map(float, re.search(r"^@ (.*)$", out, re.M).group(1).split())
    if errors or not requests:
        raise SystemExit(f"bench: {url}: {errors:.0f} of {requests:.0f} requests failed\n{out}")
    return {"rate": requests / duration * 1e6, "cpu_us": spent / requests / 1000, "p50_ms": p50 / 1000,
            "p99_ms": p99 / 1000, "requests": requests}


def pgbench(bench, url, statements, *, seconds, clients, transactions_hold=1):
    """Transactions a second, times what each holds."""
    path = bench.folder / "pgbench.sql"
    path.write_text(statements)
    out = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, machine.CORES)), "-T",
         str(seconds), "-f", str(path), url], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True).stdout
    rate = float(re.search(r"tps = ([0-9.]+)", out).group(1)) * transactions_hold
    return {"rate": rate}


def alternate(rounds, contestants):
    """Each contestant's turn, round after round, so that a noisy machine is noisy for all. Medians by name."""
    results = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, turn in contestants.items():
            results[name].append(turn())
    return {
        name: {key: machine.median([turn[key] for turn in turns]) for key in turns[0]}
        | {"rounds": [turn["rate"] for turn in turns]}
        for name, turns in results.items()}
