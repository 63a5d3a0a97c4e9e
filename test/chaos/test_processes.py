"""What happens when a process of a cluster is killed, stopped or starved: real processes, real signals.

Each case checks the rows against the embedded leg or the type of the error, that it came in time, and that the fault
was there when it was meant to be.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest
import trivet

# Long enough on any machine to be hit in the middle: a shuffle of four million rows in several tasks.
LONG_QUERY = (
    "SELECT k, count(*), sum(x) FROM (SELECT range % 100003 AS k, range * 0.25 AS x FROM range(4000000)) "
    "GROUP BY k ORDER BY k LIMIT 5"
)
# Runs for minutes as one task, so that a slot stays free for whoever watches.
ENDLESS_QUERY = "SELECT sum(a.range * b.range * c.range) FROM range(100000) a, range(100000) b, range(1000) c"


@contextlib.contextmanager
def serve(program, *options):
    """A coordinator with workers in processes of their own; gives its process and location."""
    process = subprocess.Popen(
        [program, "serve", "--single-task-bytes", "0", "--exit-with-stdin", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )
    try:
        yield process, process.stdout.readline().split('"')[3]
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def children(process):
    """Process ids of the workers that a coordinator has started."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if parent == process.pid and "worker" in command:
            found.append(int(folder.name))
    return found


def wait_until(condition, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s} s"
        time.sleep(0.02)


def expected_rows():
    return trivet.connect(threads=2).sql(LONG_QUERY).fetchall()


class Running:
    """A query on a thread of its own."""

    def __init__(self, connection, query=LONG_QUERY):
        self.rows = self.error = None
        self._thread = threading.Thread(target=self._run, args=(connection, query), daemon=True)
        self._thread.start()

    def _run(self, connection, query):
        try:
            self.rows = connection.sql(query).fetchall()
        except trivet.Error as error:
            self.error = error

    def wait(self, timeout_s):
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), f"the query did not end within {timeout_s} s"


def running_tasks(connection):
    return connection.sql("SELECT count(*) FROM system.tasks WHERE condition = 'RUNNING'").fetchone()[0]


@pytest.fixture
def watched(program):
    """A cluster, a connection for the query and one that watches."""
    with serve(program, "--workers", "3", "--scan-task-rows", "100000") as (process, location):
        with trivet.connect(location, token="s3cret") as connection:
            watcher = connection.cursor()
            assert connection.sql("SELECT 1").fetchone() == (1,)
            wait_until(lambda: len(children(process)) == 3, 15, "the start of three workers")
            yield process, connection, watcher


def wait_for_tasks(watcher):
    """Until tasks of the query run: the fault must not come before its work or after it."""
    wait_until(lambda: running_tasks(watcher) > 1, 15, "the start of the query's tasks")


@pytest.mark.parametrize("round_number", range(3))
def test_a_worker_killed_while_tasks_run(watched, round_number):
    process, connection, watcher = watched
    running = Running(connection)
    wait_for_tasks(watcher)
    time.sleep(0.05 * round_number)
    os.kill(children(process)[round_number], signal.SIGKILL)
    running.wait(60)
    assert running.error is None and running.rows == expected_rows()


def test_all_workers_killed_at_once_come_back(watched):
    process, connection, watcher = watched
    running = Running(connection)
    wait_for_tasks(watcher)
    for worker in children(process):
        os.kill(worker, signal.SIGKILL)
    running.wait(90)
    assert running.error is None and running.rows == expected_rows()


def test_a_stopped_worker_is_left_behind_and_its_late_reply_does_not_count(watched):
    process, connection, watcher = watched
    running = Running(connection)
    wait_for_tasks(watcher)
    stopped = children(process)[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        running.wait(60)  # liveness takes ten seconds
        assert running.error is None and running.rows == expected_rows()
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert connection.sql("SELECT count(*) FROM range(100000)").fetchone() == (100000,)


def test_a_killed_coordinator_is_a_typed_error_in_time(watched):
    process, connection, watcher = watched
    running = Running(connection)
    wait_for_tasks(watcher)
    workers = children(process)
    process.kill()
    began = time.monotonic()
    running.wait(20)
    assert isinstance(running.error, trivet.Error), running.rows
    assert time.monotonic() - began < 20
    # Workers end with the process that started them.
    wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers), 15, "the workers' end")


def test_cancelling_frees_the_slots_and_the_disk(watched):
    _, connection, watcher = watched
    running = Running(connection, ENDLESS_QUERY)
    wait_until(lambda: running_tasks(watcher) > 0, 15, "the start of the query's tasks")
    connection.interrupt()
    running.wait(10)
    assert isinstance(running.error, trivet.CancelledError)
    wait_until(lambda: running_tasks(watcher) == 0, 10, "the end of the query's tasks")
    assert connection.sql("SELECT count(*) FROM range(100000)").fetchone() == (100000,)


def test_a_client_that_vanishes_ends_its_query(program):
    import sys

    with serve(program, "--workers", "2") as (_, location):
        code = (
            "import sys, trivet\n"
            f"con = trivet.connect({location!r}, token='s3cret')\n"
            f"con.sql({ENDLESS_QUERY!r}).fetchall()\n"
        )
        folder = str(pathlib.Path(trivet.__file__).absolute().parent.parent)
        client = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folder})
        with trivet.connect(location, token="s3cret") as watcher:
            wait_until(lambda: running_tasks(watcher) > 0, 20, "the start of the client's query")
            client.kill()
            client.wait()
            wait_until(lambda: running_tasks(watcher) == 0, 90, "the end of the query without a client")


def test_a_full_disk_is_named(program, tmp_path):
    with serve(program, "--workers", "1", "--disk-quota", "1MB", "--directory", str(tmp_path),
               "--scan-task-rows", "100000") as (_, location):
        with trivet.connect(location, token="s3cret") as connection:
            with pytest.raises(trivet.OutOfDiskError) as caught:
                connection.sql(LONG_QUERY.replace("LIMIT 5", "")).fetchall()
            assert str(tmp_path) in str(caught.value)
            assert connection.sql("SELECT 1").fetchone() == (1,)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()], "files are left behind"
