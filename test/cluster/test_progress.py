"""How far a distributed query has come: by stage, as a share, and as a bar on a terminal."""

import os
import pty
import select
import subprocess
import sys
import threading
import time

import pytest
import trivet

SLOW_QUERY = (
    "SELECT k, sum(sqrt(x) + ln(x + 1)) FROM (SELECT range % 1003 AS k, range AS x FROM range({rows})) GROUP BY k"
)


@pytest.fixture(scope="module")
def node():
    with trivet.connect(mode="single_node", workers=2, single_task_bytes=0, forced_scan_tasks=12) as connection:
        yield connection


def test_stages_tell_their_tasks_and_rows(node):
    relation = node.cursor()
    seen = []
    thread = threading.Thread(
        target=lambda: relation.sql(SLOW_QUERY.format(rows=12_000_000) + " ORDER BY k").fetchall()
    )
    thread.start()
    while thread.is_alive():
        stages = relation.stage_progress()
        if stages:
            seen.append((relation.progress(), stages))
        time.sleep(0.02)
    thread.join()
    assert seen, "the query ended before anybody looked"
    shares = [share for share, _ in seen if share is not None]
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    for _, stages in seen:
        assert [stage["stage"] for stage in stages] == list(range(len(stages))) and len(stages) >= 2
        assert stages[0]["tasks"] == 12
        for stage in stages:
            assert stage["finished_tasks"] + stage["running_tasks"] <= stage["tasks"]
    finished = [stages[0]["finished_tasks"] for _, stages in seen]
    assert finished == sorted(finished) and finished[-1] > finished[0]
    assert relation.stage_progress() == [] or relation.stage_progress()[0]["finished_tasks"] == 12


def test_an_embedded_query_has_no_stages():
    connection = trivet.connect()
    connection.sql("SELECT 1").fetchall()
    assert connection.stage_progress() == []


def drawn(command, environment=None, wait_s=60):
    """What the command draws on a terminal that is its standard error, until it ends or a bar is there."""
    controller, worker = pty.openpty()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=worker, env={**os.environ, **(environment or {})}
    )
    os.close(worker)
    text = b""
    deadline = time.monotonic() + wait_s
    try:
        while time.monotonic() < deadline and "█".encode() not in text and "░".encode() not in text:
            if select.select([controller], [], [], 0.1)[0]:
                try:
                    text += os.read(controller, 4096)
                except OSError:
                    break
            elif process.poll() is not None:
                break
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return text.decode(errors="replace")


ENDLESS_QUERY = "SELECT sum(a.range * b.range * c.range) FROM range(100000) a, range(100000) b, range(1000) c"


def test_the_program_draws_a_bar(program):
    text = drawn([program, "--runtime", "single_node", "--workers", "1", "-c", ENDLESS_QUERY])
    assert "0%" in text and "░" in text, text


@pytest.mark.parametrize("wanted", [True, False])
def test_python_draws_a_bar_where_it_is_asked_to(wanted):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(trivet.__file__)))
    code = (
        "import trivet\n"
        f"con = trivet.connect(mode='single_node', workers=1, progress_bar={wanted})\n"
        f"con.sql({ENDLESS_QUERY!r}).fetchall()\n"
    )
    text = drawn([sys.executable, "-c", code], {"PYTHONPATH": folder}, wait_s=60 if wanted else 6)
    assert ("░" in text) == wanted, text
