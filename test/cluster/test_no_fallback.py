"""Nothing ever runs elsewhere than it was asked to: without, with a wrong and with a dying coordinator there is a typed
error within ten seconds, and nothing is scanned here."""

import contextlib
import os
import pathlib
import socket
import subprocess
import threading
import time

import pytest
import trivet
from trivet import _trivet

LIMIT_S = 10


@pytest.fixture
def no_scan_runs_here():
    before = _trivet.scans_started()
    yield
    assert _trivet.scans_started() == before


NOTHING_HERE = pytest.mark.usefixtures("no_scan_runs_here")


def test_the_counter_of_scans_counts():
    before = _trivet.scans_started()
    trivet.connect().sql("SELECT count(*) FROM range(10) a, range(10) b").fetchall()
    assert _trivet.scans_started() == before + 2


@contextlib.contextmanager
def in_time():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT_S


@pytest.fixture
def trap(tmp_path):
    """A file that shows when it was read."""
    path = tmp_path / "rows.csv"
    path.write_text("i\n1\n2\n")
    return path


def accesses(path):
    """When the file was read last; reading it here would change that."""
    return path.stat().st_atime_ns


@NOTHING_HERE
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_coordinator_that_is_not_there(how, monkeypatch):
    monkeypatch.delenv("TRIVET_COORDINATOR", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with in_time(), pytest.raises(trivet.UnavailableError):
        if how == "argument":
            trivet.connect(f"grpc://127.0.0.1:{port}", token="x")
        else:
            monkeypatch.setenv("TRIVET_COORDINATOR", f"grpc://127.0.0.1:{port}")
            trivet.connect(mode="distributed", token="x")


@NOTHING_HERE
def test_no_coordinator_is_named(monkeypatch):
    monkeypatch.delenv("TRIVET_COORDINATOR", raising=False)
    with in_time(), pytest.raises(trivet.InvalidInputError, match="TRIVET_COORDINATOR"):
        trivet.connect(mode="distributed")


@NOTHING_HERE
def test_somebody_else_answers():
    """A server that says nothing, and one that is none of ours."""
    with socket.create_server(("127.0.0.1", 0)) as silent, in_time(), pytest.raises(trivet.UnavailableError):
        trivet.connect(f"grpc://127.0.0.1:{silent.getsockname()[1]}", token="x")

    def answer(server):
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                client.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as rude:
        threading.Thread(target=answer, args=(rude,), daemon=True).start()
        with in_time(), pytest.raises(trivet.Error):
            trivet.connect(f"grpc://127.0.0.1:{rude.getsockname()[1]}", token="x")


def test_a_worker_answers():
    with trivet.connect(mode="single_node", workers=1, token="t") as node:
        assert node.sql("SELECT 1").fetchone() == (1,)
        (address,) = node.sql("SELECT address FROM system.workers").fetchone()
        with in_time(), pytest.raises(trivet.InvalidInputError, match="not a coordinator"):
            trivet.connect(address, token="t")


@NOTHING_HERE
@pytest.mark.parametrize("statement", ["SELECT count(*) FROM '{path}'", "COPY (SELECT 1) TO '{path}.out' (FORMAT csv)"])
def test_a_coordinator_that_dies_runs_nothing_here(program, trap, statement):
    served = subprocess.Popen(
        [program, "serve", "--workers", "1", "--log-level", "off"],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )  # fmt: skip
    try:
        location = served.stdout.readline().split('"')[3]
        connection = trivet.connect(location, token="s3cret")
        assert connection.sql(f"SELECT count(*) FROM '{trap}'").fetchone() == (2,)
    finally:
        served.kill()
        served.wait()
    os.utime(trap, ns=(1, 1))
    with in_time(), pytest.raises(trivet.UnavailableError):
        connection.sql(statement.format(path=trap)).fetchall()
    assert accesses(trap) == 1, "the file was read here"
    trap.read_text()
    if accesses(trap) == 1:
        pytest.skip("this file system keeps no times of access")
    assert not pathlib.Path(f"{trap}.out").exists()
    with in_time():
        connection.close()


def test_a_port_that_is_taken_is_named(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in (["serve", "--workers", "0"], ["worker", "--coordinator", "grpc://127.0.0.1:1"]):
            with in_time():
                ended = subprocess.run(
                    [program, *command, "--port", str(port)], capture_output=True, text=True, check=False,
                    env={**os.environ, "TRIVET_TOKEN": "s3cret"}, timeout=LIMIT_S,
                )  # fmt: skip
            assert ended.returncode == 1
            assert "Already Exists" in ended.stderr and str(port) in ended.stderr


def test_sessions_are_bounded_in_number_and_idle_time(program):
    served = subprocess.Popen(
        [program, "serve", "--workers", "1", "--max-sessions", "2", "--session-idle-ms", "1500", "--log-level", "off",
         "--exit-with-stdin"],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )  # fmt: skip
    try:
        location = served.stdout.readline().split('"')[3]
        first = trivet.connect(location, token="s3cret")
        second = first.cursor()
        with pytest.raises(trivet.ResourceExhaustedError, match="2 sessions"):
            trivet.connect(location, token="s3cret")
        with pytest.raises(trivet.ResourceExhaustedError):
            first.cursor()
        second.close()
        del second
        with trivet.connect(location, token="s3cret") as third:
            assert third.sql("SELECT 1").fetchone() == (1,)
        # It is pinged, but nothing is run in it.
        time.sleep(4)
        with pytest.raises(trivet.NotFoundError, match="session has ended"):
            first.sql("SELECT 1").fetchall()
        first.close()
    finally:
        served.stdin.close()
        served.wait(timeout=15)
