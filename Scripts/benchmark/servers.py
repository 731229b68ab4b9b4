"""The contestants: usersd, nginx, the Hummingbird peer and Postgres, each on a port of its own."""
import contextlib, json, os, re, socket, sqlite3, subprocess, urllib.error, urllib.request

from . import machine
from .machine import ROOT

PASSWORD = "SomeSecurePassword!"


def build():
    subprocess.run([ROOT / "Scripts/prepare"], check=True)
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "usersd"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib"], cwd=ROOT / "Scripts/peer", check=True,
                   stdout=subprocess.DEVNULL)


BINARY = ROOT / ".build/release/usersd"
PEER = ROOT / "Scripts/peer/.build/release/peer"


class Server:
    """One process, and a token of its owner where it has one."""

    def __init__(self, bench, name, port, process, token=None):
        self.name, self.port, self.process, self.token = name, port, process, token

    @property
    def pids(self):
        return machine.family(self.process.pid)

    @property
    def headers(self):
        return {"Coder-Session-Token": self.token}

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path):
        return urllib.request.urlopen(urllib.request.Request(self.url(path), headers=self.headers)).read()

    def message(self, path):
        """The whole answer as it is sent."""
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            message = client.recv(65536)
            head, _, body = message.partition(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
            while len(body) < length:
                body += client.recv(65536)
            return head + b"\r\n\r\n" + body

    def post(self, path, body):
        request = urllib.request.Request(self.url(path), data=json.dumps(body).encode(), method="POST")
        return json.load(urllib.request.urlopen(request))


def usersd(bench, name, port, *options, environment={}):
    """A server with its first user signed in."""
    process = bench.start(
        [BINARY, "--http-address", f"127.0.0.1:{port}", "--dangerous-disable-rate-limits", *options], name,
        env=os.environ | environment)
    server = Server(bench, name, port, process)
    machine.wait_for(server.url("/healthz"))
    try:
        server.post("/api/v2/users/first",
                    {"email": "bench@usersd.test", "username": "bench", "password": PASSWORD})
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise
    server.token = server.post(
        "/api/v2/users/login", {"email": "bench@usersd.test", "password": PASSWORD})["session_token"]
    server.get("/api/v2/users/me")
    return server


def fill(count, *, sqlite=None, postgres=None):
    """Users beside the first one: straight into the tables, because a million requests take an hour."""
    if sqlite:
        with sqlite3.connect(sqlite, isolation_level=None) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            database.execute(f"""
                INSERT INTO users (id, email, username, hashed_password, created_at, updated_at, status, rbac_roles,
                                   login_type, name, email_lower)
                SELECT printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i),
                       printf('user-%07d@usersd.test', i), printf('user-%07d', i), x'00', 1.7e15 + i, 1.7e15 + i,
                       'active', '[]', 'password', printf('User %d', i), printf('user-%07d@usersd.test', i)
                FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})
                      SELECT i FROM n)""".replace("1.7e15", "1700000000000000"))
            database.execute("""
                INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
                SELECT u.id, (SELECT id FROM organizations LIMIT 1), u.created_at, u.created_at
                FROM users u WHERE u.username LIKE 'user-%'""")
            database.execute("COMMIT")
            database.execute("ANALYZE")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    if postgres:
        psql(postgres, f"""
            INSERT INTO users (id, email, username, hashed_password, created_at, updated_at, status, login_type, name)
            SELECT gen_random_uuid(), 'user-' || lpad(i::text, 7, '0') || '@usersd.test',
                   'user-' || lpad(i::text, 7, '0'), '', now(), now(), 'active', 'password', 'User ' || i
            FROM generate_series(1, {count - 1}) i;
            INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
            SELECT id, (SELECT id FROM organizations LIMIT 1), now(), now() FROM users WHERE username LIKE 'user-%';
            """)
        psql(postgres, "VACUUM ANALYZE")


def sqlite(file, statement):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as database:
        database.execute(statement)


def psql(url, statements):
    return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c", statements], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def postgres(bench, settings=None):
    """A cluster of its own. Reads only are measured on it, so its durability is Scripts/postgres' own."""
    folder = bench.folder / f"postgres-{len(bench.clusters)}"
    bench.clusters.append(folder)
    out = subprocess.run([ROOT / "Scripts/postgres", "start", folder], check=True, stdout=subprocess.PIPE, text=True,
                         env=os.environ | ({"USERSD_POSTGRES_SETTINGS": settings} if settings else {}))
    return out.stdout.strip()


def nginx(bench, port, files):
    """Static bodies by path, from memory as `return` sends them where they are small, otherwise from files."""
    locations = ""
    for path, body in files.items():
        (bench.folder / "www").mkdir(exist_ok=True)
        file = bench.folder / "www" / (path.strip("/").replace("/", "-") + ".json")
        file.write_bytes(body)
        if len(body) < 2000:
            locations += f"location = {path} {{ return 200 '{body.decode().strip()}'; }}\n"
            fields = "".join(f"add_header {name};" for name in FIELDS)
            locations += f"location = /fields{path} {{ {fields} return 200 '{body.decode().strip()}'; }}\n"
        else:
            locations += f"location = {path} {{ alias {file}; }}\n"
    config = bench.folder / "nginx.conf"
    config.write_text(f"""
        daemon off; worker_processes {machine.CORES}; pid {bench.folder}/nginx.pid;
        error_log {bench.folder}/nginx.log; user root;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; keepalive_requests 100000000; default_type application/json;
            sendfile on; tcp_nopush on; open_file_cache max=100;
            client_body_temp_path {bench.folder}/b; proxy_temp_path {bench.folder}/p;
            fastcgi_temp_path {bench.folder}/f; uwsgi_temp_path {bench.folder}/u; scgi_temp_path {bench.folder}/s;
            server {{ listen 127.0.0.1:{port} reuseport backlog=4096; {locations} }}
        }}""")
    process = bench.start(["nginx", "-c", config, "-p", bench.folder], "nginx-out")
    server = Server(bench, "nginx", port, process)
    machine.wait_for(server.url(next(iter(files))))
    return server


# What usersd sends with every answer and nginx does not: the client has to read it, too.
FIELDS = ["X-Coder-Build-Version v2.34.0", "X-Content-Type-Options nosniff", "Vary Origin", "Vary Cookie",
          "X-Coder-Request-Id $request_id",
          'Set-Cookie "csrf_token=$request_id$request_id; Path=/; HttpOnly; SameSite=Lax"']


def flood(bench, port, answer):
    """The same bytes for every request, looked at by nobody: what wrk can read at all."""
    file = bench.folder / f"flood-{port}"
    file.write_bytes(answer)
    process = bench.start([PEER.parent / "flood", str(port), file], "flood")
    machine.wait_for(f"http://127.0.0.1:{port}/")
    return Server(bench, "flood", port, process)


def peer(bench, port, database, body, token):
    process = bench.start([PEER, port, database, body], "peer")
    server = Server(bench, "Hummingbird", port, process, token)
    machine.wait_for(server.url("/healthz"))
    return server
