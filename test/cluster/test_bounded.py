"""A result that is larger than any memory passes through every process without staying there."""

import os
import pathlib
import subprocess
import time

import pyarrow as pa
import pytest
import trivet
from cluster_testing import live_workers, wait_until

ROWS = 5_000_000
TEXT_BYTES = 1_000  # five gigabytes in all
MOST_GROWTH_BYTES = 256 << 20
PAUSES = 3
PAUSE_S = 1.0


def resident_bytes(process):
    fields = pathlib.Path(f"/proc/{process}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def descendants(process):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    children = [int(line) for line in found.stdout.split()]
    return children + [below for child in children for below in descendants(child)]


def watched(processes):
    """Resident bytes by process, of those that are there."""
    sizes = {}
    for process in processes:
        try:
            sizes[process] = resident_bytes(process)
        except OSError:
            continue
    return sizes


SCAN = "SELECT i, repeat('x', {bytes} - 8) || (10000000 + i) AS s FROM range({rows}) t(i)"
# Cut by hash on the way.
JOIN = "SELECT a.i, repeat('y', {bytes} - 8) || (10000000 + b.i) AS s FROM range({rows}) a(i) JOIN range({rows}) b(i) ON a.i = b.i"


@pytest.mark.parametrize(("served", "query"), [(True, JOIN), (False, SCAN)], ids=["served-join", "single_node-scan"])
def test_a_slow_reader_of_five_gigabytes_leaves_memory_flat(program, served, query):
    query = query.format(bytes=TEXT_BYTES, rows=ROWS)
    server = None
    options = {"mode": "single_node", "workers": 2, "single_task_bytes": 0}
    if served:
        server = subprocess.Popen([program, "serve", "--workers", "2", "--log-level", "off", "--single-task-bytes", "0",
                                   "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "TRIVET_TOKEN": "s3cret"})  # fmt: skip
        location = server.stdout.readline().split('"')[3]
        options = {"target": location, "token": "s3cret"}
    try:
        target = options.pop("target", None)
        connection = trivet.connect(target, **options) if target else trivet.connect(**options)
        with connection:
            wait_until(lambda: live_workers(connection) == 2, timeout_s=60, what="two live workers")
            connection.sql("SELECT count(*) FROM range(1000000) a(i) JOIN range(1000000) b(i) USING (i)").fetchall()
            processes = [os.getpid(), *descendants(os.getpid())]
            before = watched(processes)
            assert len(before) >= 3
            reader = pa.RecordBatchReader.from_stream(connection.sql(query))
            rows = characters = 0
            most = dict(before)
            for number, batch in enumerate(reader):
                rows += batch.num_rows
                characters += batch.column(1).nbytes
                if number % 100 == 0:
                    if number in (100, 300, 500)[:PAUSES]:
                        time.sleep(PAUSE_S)  # whoever does not wait for the reader has time to run ahead
                    for process, size in watched(most).items():
                        most[process] = max(most[process], size)
            assert rows == ROWS
            assert characters >= ROWS * TEXT_BYTES
            growth = {process: most[process] - before[process] for process in before}
            assert max(growth.values()) < MOST_GROWTH_BYTES, {key: value >> 20 for key, value in growth.items()}
    finally:
        if server is not None:
            server.stdin.close()
            server.wait(timeout=15)
