"""A worker's memory limit holds under joins that want more: the right rows, or OutOfMemory naming the operator.

`make chaos` runs it at scale factor 10 too.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest
import trivet
from cluster_testing import create_tpch_views, embedded_rows, live_workers, same_bits, tpch_rows, wait_until
from test_bounded import descendants

QUERIES = ("q03", "q05", "q07", "q09", "q10", "q18", "q21")
MEBIBYTE = 1 << 20
# Code, threads' stacks, buffers of the transport, and what is too small to be reserved.
UNRESERVED_BYTES = 192 * MEBIBYTE
LARGE = pytest.mark.skipif(os.environ.get("TRIVET_CHAOS") != "all", reason="takes long: make chaos runs it")


def peak_bytes(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10


def is_worker(process):
    return b"worker" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")


@pytest.mark.parametrize(("scale_factor", "limit"),
                         [("1", 24 * MEBIBYTE), ("1", 96 * MEBIBYTE), pytest.param("10", 512 * MEBIBYTE, marks=LARGE)])
def test_a_workers_memory_limit_holds_under_joins(program, scale_factor, limit):
    command = [program, "serve", "--workers", "2", "--worker-memory", str(limit), "--single-task-bytes", "0",
               "--log-level", "off", "--exit-with-stdin"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "TRIVET_TOKEN": "s3cret"})
    try:
        location = json.loads(server.stdout.readline())["location"]
        with trivet.connect(location, token="s3cret") as connection:
            wait_until(lambda: live_workers(connection) == 2, timeout_s=60, what="two live workers")
            create_tpch_views(connection, scale_factor)
            workers = [process for process in descendants(server.pid) if is_worker(process)]
            assert len(workers) == 2
            refused = []
            for query in QUERIES:
                try:
                    rows = tpch_rows(connection, query)
                except trivet.OutOfMemoryError as error:
                    # An operator, or what carries rows between them.
                    assert re.search(r"could not reserve .* for [\w ]+: ", str(error)), str(error)
                    refused.append(query)
                else:
                    assert same_bits(rows, embedded_rows(query, scale_factor)), query
            # No worker died of it, and none held more than it may.
            assert {process: peak_bytes(process) // MEBIBYTE for process in workers
                    if peak_bytes(process) > limit + UNRESERVED_BYTES} == {}
            print(f"limit {limit // MEBIBYTE} MiB: refused {refused}, peaks "
                  f"{[peak_bytes(process) // MEBIBYTE for process in workers]} MiB")
    finally:
        server.stdin.close()
        server.wait(timeout=15)
