"""What the operating system says of the processes that are measured, and the folder they live in."""
import os, pathlib, re, shutil, signal, statistics, subprocess, tempfile, time, urllib.error, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORES = os.cpu_count()


def shape():
    """The machine in one line."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    return (f"{CORES} cores ({model.group(1).strip() if model else 'unknown'}), {memory / 2**20:.0f} GiB, "
            f"Linux {os.uname().release.split('-')[0]}")


class Bench:
    """A folder and processes that end with the run."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="usersd-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.processes = []
        self.clusters = []
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        for cluster in self.clusters:
            subprocess.run([ROOT / "Scripts/postgres", "stop", cluster], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, arguments, name, **options):
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen([str(a) for a in arguments], stdout=log, stderr=log, **options)
        log.close()
        self.processes.append(process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.processes:
            self.processes.remove(process)


def family(pid):
    """The process and its children."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [member for child in children for member in family(int(child))]


def busy(pids):
    """Nanoseconds that the threads of these processes have run."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def resident(pid):
    """Resident memory in KiB."""
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def wait_for(url, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return b""
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def median(values):
    return statistics.median(values)
