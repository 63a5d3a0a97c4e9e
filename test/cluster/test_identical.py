"""Every SQL suite and TPC-H on processes of one node and on Ray: the files and answers of the embedded leg.

CI takes 4 partitions. TRIVET_IDENTICAL=1 (`make identical`) takes 1, 4 and 64, and TPC-H at scale
factor 1 besides. Every query is cut into stages, whatever its size, every scan into three tasks, and nothing is put
together or broadcast because it turned out small.
"""

import contextlib
import os
import re
import signal
import subprocess

import oracle
import pytest
import trivet
from cluster_testing import create_tpch_views, embedded_rows, live_workers, same_bits, tpch_rows, wait_until
from conftest import BUILD, ROOT
from ray_testing import ray_cluster
from trivet import _trivet

ALL = os.environ.get("TRIVET_IDENTICAL") == "1"
FORCED = {"single_task_bytes": 0, "forced_scan_tasks": 3, "adaptive": False}
SUITE_SECONDS = 1500


@contextlib.contextmanager
def single_node(partitions):
    """Where a coordinator serves, its secret; two worker processes have joined it."""
    coordinator = _trivet.Coordinator("127.0.0.1", 0, _trivet.new_token(), partitions=partitions, **FORCED)
    environment = {**os.environ, "TRIVET_TOKEN": coordinator.token}
    command = [BUILD / "trivet", "worker", "--coordinator", coordinator.location, "--log-level", "off"]
    workers = [subprocess.Popen([*command, "--name", f"w{number}"], env=environment, stdin=subprocess.PIPE)
               for number in range(2)]
    try:
        yield coordinator.location, coordinator.token
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(timeout=30)
        coordinator.stop()


@contextlib.contextmanager
def on_ray(partitions):
    """The same of a Ray cluster: a head without processors and three nodes with one each."""
    pytest.importorskip("ray")
    from trivet.ray import shutdown
    from trivet.ray.cluster import connect_ray

    with ray_cluster(3) as cluster:
        found = connect_ray(f"ray://{cluster.address}", partitions=partitions, **FORCED)
        yield found.location, found.token
        shutdown()


LEGS = {"single_node": (single_node, 2), "ray": (on_ray, 3)}
CASES = [(leg, partitions) for leg in LEGS for partitions in ((1, 4, 64) if ALL else (4,))]


@pytest.fixture(scope="module", params=CASES, ids=[f"{leg}-{partitions}" for leg, partitions in CASES])
def coordinator(request):
    leg, partitions = request.param
    start, workers = LEGS[leg]
    with start(partitions) as (location, token):
        with trivet.connect(location, token=token) as connection:
            wait_until(lambda: live_workers(connection) == workers, timeout_s=60, what=f"{workers} live workers")
        yield location, token


def test_suites(coordinator):
    location, token = coordinator
    environment = {**os.environ, "TRIVET_TOKEN": token}
    command = [BUILD / "sqllogictest", "--coordinator", location, "test/sql"]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=SUITE_SECONDS,
                         stdin=subprocess.DEVNULL, check=False)
    summary = re.search(r"(\d+) passed, (\d+) failed\s*$", ran.stdout)
    assert summary and ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert int(summary[1]) >= 1500


@pytest.mark.parametrize("scale_factor", ["0.01", "1"] if ALL else ["0.01"])
def test_tpch(coordinator, scale_factor):
    location, token = coordinator
    with trivet.connect(location, token=token) as connection:
        create_tpch_views(connection, scale_factor)
        different = [query for query in oracle.queries("tpch")
                     if not same_bits(tpch_rows(connection, query), embedded_rows(query, scale_factor))]
    assert different == []
