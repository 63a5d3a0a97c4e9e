"""What the tests of failures share: clusters of real processes, their logs, faults, and a proxy that spoils connections."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import pytest
import trivet

TOKEN = "s3cret-of-the-chaos-tests"
# The core runs with every test run; all of it by `make chaos`.
ALL = os.environ.get("TRIVET_CHAOS") == "all"
only_in_make_chaos = pytest.mark.skipif(not ALL, reason="takes long: make chaos runs it")
SEEDS = [int(seed) for seed in os.environ.get("TRIVET_CHAOS_SEEDS", "1 2 3 4 5").split()]

# A shuffle of four million rows into a million groups, in several tasks: long enough to be hit in the middle.
LONG_QUERY = (
    "SELECT k, count(*), sum(x) FROM (SELECT range % 1000003 AS k, range * 0.25 AS x FROM range(4000000)) "
    "GROUP BY k ORDER BY k LIMIT 5"
)
# Runs for minutes as one task.
ENDLESS_QUERY = "SELECT sum(a.range * b.range * c.range) FROM range(100000) a, range(100000) b, range(1000) c"


def wait_until(condition, timeout_s, what, interval_s=0.01):
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s} s"
        time.sleep(interval_s)


class Log:
    """The JSON lines that all processes of a cluster have written to one file."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def lines(self):
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def events(self, name, **fields):
        return [
            line
            for line in self.lines()
            if line["event"] == name and all(line.get(field) == value for field, value in fields.items())
        ]

    def tasks(self, name, **fields):
        """Stage and task of the events."""
        return {(line["stage"], line["task"]) for line in self.events(name, **fields)}

    def launches(self, query, stage, task):
        return len(self.events("task_launched", query=query, stage=stage, task=task))


class Cluster:
    """`trivet serve` with its workers, each a process."""

    def __init__(self, program, folder, *options, workers=2):
        self.log = Log(folder / "cluster.log")
        self.outputs = folder / "outputs"
        self._command = [
            str(program), "serve", "--workers", str(workers), "--single-task-bytes", "0",
            "--scan-task-rows", "200000", "--exit-with-stdin", "--log-file", str(self.log.path),
            "--directory", str(self.outputs), *options,
        ]  # fmt: skip
        self._workers = workers
        self.process = None
        self.location = None

    def start(self):
        with open(self.log.path.with_suffix(".stderr"), "ab") as errors:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**os.environ, "TRIVET_TOKEN": TOKEN},
            )  # fmt: skip
        line = self.process.stdout.readline()
        assert line, self.log.path.with_suffix(".stderr").read_text()
        self.location = json.loads(line)["location"]
        return self

    def connect(self, **options):
        return trivet.connect(self.location, token=TOKEN, **options)

    def await_workers(self, connection, count=None):
        wait_until(lambda: len(live_workers(connection)) == (count or self._workers), 30, "the workers' start", 0.05)

    def processes(self):
        """Process ids of the workers that live, by name."""
        found = {}
        for line in self.log.lines():
            if line["event"] == "worker_process_started":
                found[line["worker"]] = line["pid"]
            elif line["event"] == "worker_process_ended":
                found.pop(line["worker"], None)
        return found

    def kill(self):
        """Kills the coordinator alone."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            for pid in self.processes().values():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def live_workers(connection):
    rows = connection.sql("SELECT name FROM system.workers WHERE condition = 'LIVE'").fetchall()
    return [name for (name,) in rows]


def state(pid):
    """The letter by which the kernel names a process's state; empty where there is none."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def gone(pid):
    return state(pid) in ("", "Z", "X")


def freeze(pid):
    """Stops a process, so that what it does now can be looked at before it is killed in the midst of it."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) == "T", 5, "the stop of a process", 0.001)


def assert_nothing_is_left(cluster, connection):
    """No task runs, and no output lies on any disk."""
    wait_until(
        lambda: connection.sql("SELECT coalesce(sum(running_tasks), 0) FROM system.workers").fetchone() == (0,),
        15, "the end of all tasks", 0.05,
    )  # fmt: skip
    wait_until(lambda: not list(cluster.outputs.rglob("q*.s*")), 15, "the removal of all outputs", 0.05)


class Running:
    """A query on a thread of its own."""

    def __init__(self, connection, query=LONG_QUERY):
        self.rows = self.error = None
        self.began = time.monotonic()
        self.took_s = None
        self._thread = threading.Thread(target=self._run, args=(connection, query), daemon=True)
        self._thread.start()

    def _run(self, connection, query):
        try:
            self.rows = connection.sql(query).fetchall()
        except trivet.Error as error:
            self.error = error
        self.took_s = time.monotonic() - self.began

    @property
    def alive(self):
        return self._thread.is_alive()

    def wait(self, timeout_s):
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), f"the query did not end within {timeout_s} s"
        return self


_expected = {}


def expected_rows(query=LONG_QUERY):
    if query not in _expected:
        _expected[query] = trivet.connect(threads=2).sql(query).fetchall()
    return _expected[query]


class Proxy:
    """Listens on a port of its own and passes bytes to and from another one, as well as it is told to.

    `delay_s` holds every piece up, each way; `refuse` closes new connections at once; `hold` takes them and all the
    others and passes nothing (half-open); `cut` closes all that there are. `received` counts bytes from the server.
    """

    def __init__(self, host, port):
        self.target = (host, port)
        self.delay_s = 0.0
        self.refuse = False
        self.hold = False
        self.received = 0
        self._sockets = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def location(self):
        return f"grpc://127.0.0.1:{self.port}"

    def cut(self):
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self):
        self.refuse = True
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._sockets += [client, server]
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source, sink, counted):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.delay_s:
                    time.sleep(self.delay_s)
                while self.hold:
                    time.sleep(0.05)
                if counted:
                    self.received += len(data)
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
