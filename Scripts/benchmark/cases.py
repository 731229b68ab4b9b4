"""What is measured: a case starts what it needs, lets the contestants alternate, and returns rows of the table."""
import concurrent.futures, contextlib, dataclasses, importlib.machinery, importlib.util, json, re, resource, socket, sqlite3
import subprocess, threading, time, urllib.request, uuid

from . import load, machine, servers
from .machine import ROOT

ME = "/api/v2/users/me"
LIST = "/api/v2/users?limit=100"


@dataclasses.dataclass
class Row:
    """One line: a figure, what it is held against, and what it ought to be."""

    case: str
    against: str
    ours: float
    theirs: float | None
    # None: a figure to know, which nobody has set a target for.
    target: float | None
    unit: str
    at_least: bool = True
    # What was measured of each, with the rates of all rounds.
    rounds: dict = dataclasses.field(default_factory=dict)

    @property
    def value(self):
        """The ratio, or the figure itself where there is nothing beside it."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def is_met(self):
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def compare(results, ours, theirs, case, target, *, cpu_target=None):
    a, b = results[ours], results[theirs]
    rows = [Row(case, theirs, a["rate"], b["rate"], target, "req/s", rounds={ours: a, theirs: b})]
    if cpu_target:
        rows.append(Row(case, f"{theirs}, CPU of a request", a["cpu_us"], b["cpu_us"], cpu_target, "µs", False))
    return rows


@contextlib.contextmanager
def commits(change, per_second=100):
    """Somebody else writes meanwhile."""
    over = threading.Event()

    def write():
        while not over.wait(1 / per_second):
            change()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def http(bench, options):
    """Static JSON, one user and a list of 100, beside nginx and Hummingbird: SQLite with 10,000 users."""
    file = bench.folder / "http.sqlite"
    # The address is long, so that the answer that holds it has 600 bytes.
    usersd = servers.usersd(bench, "usersd", 3902, "--sqlite-path", file, "--access-url",
                            "http://127.0.0.1:3902/" + "a" * 293)
    servers.fill(10_000, sqlite=file)
    static, me, page = usersd.get(STATIC), usersd.get(ME), usersd.get(LIST)
    nginx = servers.nginx(bench, 3901, {"/static": static, "/me": me, "/list": page})
    (bench.folder / "static.json").write_bytes(static)
    peer = servers.peer(bench, 3905, file, bench.folder / "static.json", usersd.token)
    assert len(json.loads(peer.get(LIST))["users"]) == len(json.loads(page)["users"]) == 100
    assert json.loads(peer.get(ME))["id"].lower() == json.loads(me)["id"]

    def turn(server, path, **more):
        # Nobody is asked who they are for what is the same for all.
        headers = server.headers if server.token and path != STATIC else {}
        return lambda: load.wrk(bench, server.url(path), server.pids, seconds=options.seconds, headers=headers, **more)

    flood = servers.flood(bench, 3906, usersd.message(STATIC))
    rows = []
    results = load.alternate(options.rounds, {
        "nginx": turn(nginx, "/static"), "nginx with the same fields": turn(nginx, "/fields/static"),
        "Hummingbird": turn(peer, "/static"), "usersd": turn(usersd, STATIC)})
    case = f"static JSON, {len(static)} bytes"
    rows += compare(results, "usersd", "nginx", case, 1.0, cpu_target=0.95)
    rows += compare(results, "usersd", "nginx with the same fields", case, 1.0, cpu_target=0.95)
    results = load.alternate(options.rounds, {
        "nginx": turn(nginx, "/static", pipelined=16), "nginx with the same fields":
        turn(nginx, "/fields/static", pipelined=16), "the same bytes, unread requests":
        turn(flood, "/", pipelined=16), "usersd": turn(usersd, STATIC, pipelined=16)})
    rows += compare(results, "usersd", "nginx", "the same, 16 pipelined", 5)
    rows += compare(results, "usersd", "nginx with the same fields", "the same, 16 pipelined", 5)
    rows += compare(results, "the same bytes, unread requests", "nginx",
                    "what wrk reads at most, 16 pipelined: the same bytes from a server that reads no request", None)
    results = load.alternate(options.rounds, {
        "nginx": turn(nginx, "/me"), "Hummingbird": turn(peer, ME), "usersd": turn(usersd, ME)})
    rows += compare(results, "usersd", "nginx", f"/users/me, SQLite, {len(me)} bytes", 0.55)
    rows += compare(results, "usersd", "Hummingbird", "/users/me, SQLite", 10)
    results = load.alternate(options.rounds, {
        "nginx": turn(nginx, "/list"), "Hummingbird": turn(peer, LIST), "usersd": turn(usersd, LIST)})
    rows += compare(results, "usersd", "Hummingbird", "/users?limit=100, SQLite", 10)
    rows += compare(results, "usersd", "nginx", f"/users?limit=100, SQLite, {len(page)} bytes", 0.14)
    writer = sqlite3.connect(file, isolation_level=None, timeout=30, check_same_thread=False)
    with commits(lambda: writer.execute("UPDATE users SET name = 'x' || random() WHERE username = 'user-0000001'")):
        results = load.alternate(options.rounds, {"nginx": turn(nginx, "/me"), "usersd": turn(usersd, ME)})
    writer.close()
    rows += compare(results, "usersd", "nginx", "/users/me, SQLite, another process commits 100 times a second", None)
    for server in (usersd, nginx, peer, flood):
        bench.end(server.process)
    return rows


STATIC = "/api/v2/buildinfo"


def statement(name):
    """A statement of the Postgres backend as it is sent."""
    texts = {}
    for file in (ROOT / "Sources/StoragePostgres/SQL").glob("*.sql"):
        for found in re.finditer(r"^-- name: (\S+)\n(.*?)(?=^-- name: |\Z)", file.read_text(), re.S | re.M):
            texts[found[1]] = re.sub(r"^--.*\n", "", found[2], flags=re.M).strip().rstrip(";")
    text = texts[name]
    while "{{" in text:
        text = re.sub(r"\{\{(.*?)\}\}", lambda part: texts[part[1]], text)
    return text


def postgres(bench, options):
    """One user with token on Postgres, beside pgbench running the same statement."""
    url = servers.postgres(bench)
    usersd = servers.usersd(bench, "usersd-postgres", 3903, environment={"CODER_PG_CONNECTION_URL": url})
    servers.fill(10_000, postgres=url)
    query = statement("session").replace("$1::text", f"'{usersd.token.split('-')[0]}'::text") + ";\n"

    def pgbench(clients, text=query, hold=1):
        return lambda: load.pgbench(bench, url, text, seconds=options.seconds, clients=clients, transactions_hold=hold)

    results = load.alternate(options.rounds, {
        "pgbench, 2 clients": pgbench(2), "pgbench, 8 clients": pgbench(8), "pgbench, 64 clients": pgbench(64),
        "pgbench, pipelines of 16": pgbench(4, "\\startpipeline\n" + query * 16 + "\\endpipeline\n", 16),
        "usersd": lambda: load.wrk(bench, usersd.url(ME), usersd.pids, seconds=options.seconds,
                                   headers=usersd.headers)})
    best = max((name for name in results if name.endswith("clients")), key=lambda name: results[name]["rate"])
    rows = compare(results, "usersd", best, "/users/me, Postgres", 1.2)
    rows += compare(results, "usersd", "pgbench, pipelines of 16", "/users/me, Postgres", 0.55)
    writer = subprocess.Popen(["psql", "-qX", url], stdin=subprocess.PIPE, text=True)

    def change():
        writer.stdin.write("UPDATE users SET name = random()::text WHERE username = 'user-0000001';\n")
        writer.stdin.flush()

    with commits(change):
        results = load.alternate(options.rounds, {
            best: pgbench(int(best.split()[1])),
            "usersd": lambda: load.wrk(bench, usersd.url(ME), usersd.pids, seconds=options.seconds,
                                       headers=usersd.headers)})
    writer.stdin.close()
    writer.wait()
    rows += compare(results, "usersd", best, "/users/me, Postgres, another process commits 100 times a second", None)
    bench.end(usersd.process)
    return rows


def tokens(bench, options):
    """Tokens made durably by 64 connections, beside the same change in a transaction for each."""
    file = bench.folder / "tokens.sqlite"
    usersd = servers.usersd(bench, "usersd-tokens", 3902, "--sqlite-path", file)
    database = sqlite3.connect(file, isolation_level=None, timeout=30)
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    urllib.request.urlopen(urllib.request.Request(
        usersd.url("/api/v2/users/me/keys/tokens"), headers=usersd.headers, method="POST",
        data=b'{"token_name":"first"}')).read()
    time.sleep(0.5)

    def last_row(table, order):
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        row = dict(zip(columns, database.execute(f"SELECT * FROM {table} ORDER BY {order} DESC LIMIT 1").fetchone()))
        return row, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"

    key, insert_key = last_row("api_keys", "login_type")
    entry, insert_entry = last_row("audit_logs", "time")

    def one_by_one():
        made, end = 0, time.monotonic() + options.seconds
        begin = time.monotonic()
        while time.monotonic() < end:
            name = uuid.uuid4().hex
            key.update(id=name[:10], token_name=name)
            entry.update(id=str(uuid.uuid4()), resource_target=name)
            database.execute("BEGIN IMMEDIATE")
            database.execute(insert_key, list(key.values()))
            database.execute(insert_entry, list(entry.values()))
            database.execute("COMMIT")
            made += 1
        return {"rate": made / (time.monotonic() - begin)}

    def over_http(connections):
        return lambda: load.wrk(bench, usersd.url("/api/v2/users/me/keys/tokens"), usersd.pids,
                                seconds=options.seconds, connections=connections, headers=usersd.headers,
                                script=named_tokens())

    results = load.alternate(options.rounds, {
        "one transaction each, without HTTP": one_by_one, "usersd, 1 connection": over_http(1),
        "usersd": over_http(64)})
    database.close()
    bench.end(usersd.process)
    case = "POST /users/me/keys/tokens, SQLite, durable"
    return (compare(results, "usersd", "one transaction each, without HTTP", case, 8)
            + compare(results, "usersd", "usersd, 1 connection", case, None))


def named_tokens():
    """A name of its own for each token."""
    return f"""
        local made = 0
        request = function()
            made = made + 1
            return wrk.format("POST", nil, nil, '{{"token_name":"{uuid.uuid4().hex[:8]}-' .. made .. '"}}')
        end
        """


def logins(bench, options):
    """Sign-ins beside the bare key derivation on every core, while somebody reads."""
    usersd = servers.usersd(bench, "usersd-logins", 3902, "--sqlite-path", bench.folder / "logins.sqlite")
    body = json.dumps({"email": "bench@usersd.test", "password": servers.PASSWORD})
    reader = {}

    def derive():
        out = subprocess.run([servers.PEER, "derive", str(options.seconds)], check=True, stdout=subprocess.PIPE)
        return {"rate": float(out.stdout)}

    def sign_in():
        with concurrent.futures.ThreadPoolExecutor() as pool:
            beside = pool.submit(load.wrk, bench, usersd.url(ME), usersd.pids, seconds=options.seconds,
                                 headers=usersd.headers, connections=4, pause_ms=10)
            result = load.wrk(bench, usersd.url("/api/v2/users/login"), usersd.pids, seconds=options.seconds,
                              connections=8, method="POST", body=body)
            reader.setdefault("p99", []).append(beside.result()["p99_ms"])
        return result

    results = load.alternate(options.rounds, {"PBKDF2 alone": derive, "usersd": sign_in})
    bench.end(usersd.process)
    return compare(results, "usersd", "PBKDF2 alone", "POST /users/login", 0.95) + [
        Row("/users/me beside the sign-ins, p99", "", machine.median(reader["p99"]), None, 20, "ms", False)]


# The name changes: SQLite writes nothing where nothing does.
TOUCH = "UPDATE users SET name = 'x' || random() WHERE username = 'user-0000001'"


def pages(bench, options):
    """The first and the last page of 25 with a million users, and with a thousand, on both backends."""
    rows = []
    counts = {"1,000 users": 1_000, "1,000,000 users": 1_000_000}
    for backend in ("SQLite", "Postgres"):
        running, change = {}, {}
        for port, (name, count) in zip((3902, 3903), counts.items()):
            if backend == "SQLite":
                file = bench.folder / f"pages-{count}.sqlite"
                running[name] = servers.usersd(bench, f"pages-{count}", port, "--sqlite-path", file)
                servers.fill(count, sqlite=file)
                change[name] = lambda file=file: servers.sqlite(file, TOUCH)
            else:
                url = servers.postgres(bench)
                running[name] = servers.usersd(bench, f"pages-{count}", port,
                                               environment={"CODER_PG_CONNECTION_URL": url})
                servers.fill(count, postgres=url)
                change[name] = lambda url=url: servers.psql(url, TOUCH)
        for page in ("first", "last"):
            def turn(name):
                offset = 0 if page == "first" else counts[name] - 25
                server = running[name]
                path = f"/api/v2/users?limit=25&offset={offset}"
                answer = json.loads(server.get(path))
                assert answer["count"] == counts[name] and len(answer["users"]) == 25, answer["count"]
                return load.wrk(bench, server.url(path), server.pids, seconds=options.seconds, connections=1,
                                headers=server.headers)
            results = load.alternate(options.rounds, {name: (lambda name=name: turn(name)) for name in counts})
            small, large = (results[name] for name in counts)
            rows.append(Row(f"{page} page of 25, {backend}, 1,000,000 users", "1,000 users", large["p50_ms"],
                            small["p50_ms"], 1.3, "ms", False))
        after = {}
        for name, server in running.items():
            times = []
            for _ in range(9):
                change[name]()
                begin = time.perf_counter()
                server.get("/api/v2/users?limit=25")
                times.append((time.perf_counter() - begin) * 1000)
            after[name] = machine.median(times)
        small, large = (after[name] for name in counts)
        rows.append(Row(f"first page of 25, {backend}, 1,000,000 users, right after a commit", "1,000 users", large,
                        small, None, "ms", False))
        for server in running.values():
            bench.end(server.process)
    return rows


def start(bench, options):
    """From exec to the first answer, migrations and seed included; memory; seeding."""
    times = []
    for number in range(max(5, options.rounds)):
        begin = time.monotonic()
        process = bench.start([servers.BINARY, "--http-address", "127.0.0.1:3909", "--sqlite-path",
                               bench.folder / f"first-{number}.sqlite"], "first")
        while True:
            try:
                with socket.create_connection(("127.0.0.1", 3909), timeout=5) as client:
                    client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                    if client.recv(1024).startswith(b"HTTP/1.1 200"):
                        break
            except OSError:
                time.sleep(0.0005)
        times.append((time.monotonic() - begin) * 1000)
        bench.end(process)
    return [Row("exec to first answer, empty SQLite file", "", machine.median(times), None, 60, "ms", False,
                rounds={"usersd": times})]


def memory(bench, options):
    """Resident memory: of a server that has answered once, after a million requests, and of a waiting connection."""
    fresh = bench.start([servers.BINARY, "--http-address", "127.0.0.1:3902", "--sqlite-path",
                         bench.folder / "fresh.sqlite"], "fresh")
    machine.wait_for("http://127.0.0.1:3902/healthz")
    time.sleep(1)
    idle = machine.resident(fresh.pid)
    bench.end(fresh)
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    usersd = servers.usersd(bench, "usersd-memory", 3902, "--sqlite-path", bench.folder / "memory.sqlite",
                            "--http-max-connections", "20000", "--http-max-connections-per-address", "20000")
    pid = usersd.process.pid
    done = 0
    while done < 1_000_000:
        done += load.wrk(bench, usersd.url(ME), usersd.pids, seconds=5, headers=usersd.headers)["requests"]
    loaded = machine.resident(pid)
    clients = []
    for number in range(10_000):
        client = socket.create_connection(("127.0.0.1", 3902))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        clients.append(client)
    for client in clients:
        client.recv(1024)
    # Tasks end after a second, and their memory goes back at the latest ten seconds after that.
    time.sleep(13)
    crowded = machine.resident(pid)
    for client in clients:
        client.close()
    bench.end(usersd.process)
    return [
        Row("RSS idle", "", idle / 1024, None, 15, "MiB", False),
        Row("RSS after 1,000,000 requests", "", loaded / 1024, None, 25, "MiB", False),
        Row("RSS of an idle connection, 10,000 open", "", (crowded - loaded) / 10_000, None, 4, "KiB", False)]


def seeding(bench, options):
    """The server's one statement beside a prepared statement for each of 4,275 rows, on Postgres."""
    loader = importlib.machinery.SourceFileLoader("prices", str(ROOT / "Scripts/bench-prices"))
    prices = importlib.util.module_from_spec(importlib.util.spec_from_loader("prices", loader))
    loader.exec_module(prices)
    book = json.loads((ROOT / "Seeds/model_prices.json").read_text())
    rows = [book[i % len(book)] | {"provider": f"provider-{i // len(book)}"} for i in range(4_275)]
    database = prices.Postgres(servers.postgres(bench, "# defaults"))
    database.run("SET client_min_messages = warning")
    database.run(prices.table("Postgres"))
    ways = {name: (set_time, way) for name, set_time, way in prices.postgres_ways(database, json.dumps(rows).encode())}
    set_time, per_row = ways["statement per row"]
    whole_time, whole = ways["one statement (the server)"]

    def turn(set_time, way):
        def measure():
            database.run("TRUNCATE ai_model_prices")
            set_time(0)
            begin = time.perf_counter()
            way()
            return {"rate": 1 / (time.perf_counter() - begin)}
        return measure

    def autocommitted():
        run, database.run = database.run, lambda text: None if text in ("BEGIN", "COMMIT") else run(text)
        try:
            return turn(set_time, per_row)()
        finally:
            database.run = run

    results = load.alternate(max(3, options.rounds), {
        "one statement": turn(whole_time, whole), "a statement per row, one transaction": turn(set_time, per_row),
        "a statement and a transaction per row": autocommitted})
    return [Row("seeding 4,275 rows, Postgres", name, results["one statement"]["rate"], results[name]["rate"], 8,
                "seedings/s") for name in results if name != "one statement"]


CASES = {"http": http, "postgres": postgres, "tokens": tokens, "logins": logins, "pages": pages, "start": start,
         "memory": memory, "seeding": seeding}
