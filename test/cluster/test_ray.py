"""The Ray leg: a cluster of several nodes on this machine, real actors, real kills."""

import os
import signal

import oracle
import pytest
import trivet
from cluster_testing import create_tpch_views, embedded_rows, live_workers, same_bits, tpch_rows, wait_until
from ray_testing import ray_cluster

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster():
    with ray_cluster(2) as started:
        yield started


@pytest.fixture(scope="module")
def connection(cluster):
    with trivet.connect(f"ray://{cluster.address}", partitions=4, single_task_bytes=0, forced_scan_tasks=3, adaptive=False) as connected:
        create_tpch_views(connected, "0.01")
        wait_until(lambda: live_workers(connected) == 2, timeout_s=60, what="two live workers")
        yield connected
    from trivet.ray import shutdown

    shutdown()


@pytest.mark.parametrize("query", oracle.queries("tpch"))
def test_tpch_is_the_same_bit_for_bit(connection, query):
    assert same_bits(tpch_rows(connection, query), embedded_rows(query, "0.01"))


def test_another_client_finds_the_same_coordinator(cluster, connection):
    with trivet.connect(f"ray://{cluster.address}") as other:
        assert other.sql("SELECT count(*) FROM system.workers").fetchone()[0] >= 2


def test_a_killed_worker_is_replaced_and_its_work_done_again(connection):
    coordinator = ray.get_actor("trivet-coordinator", namespace="trivet")
    processes = ray.get(coordinator.worker_processes.remote())
    relation = connection.sql(oracle.queries("tpch")["q09"])
    os.kill(next(iter(processes.values())), signal.SIGKILL)
    assert same_bits(relation.fetchall(), embedded_rows("q09", "0.01"))
    wait_until(lambda: live_workers(connection) == 2, timeout_s=60, what="a new worker")
    assert same_bits(tpch_rows(connection, "q09"), embedded_rows("q09", "0.01"))


def test_an_address_without_a_cluster_is_an_error_at_once():
    import subprocess
    import sys

    code = (
        "import trivet, sys\n"
        "try:\n    trivet.connect('ray://127.0.0.1:1')\n"
        "except trivet.UnavailableError as error:\n    sys.exit(0)\n"
        "sys.exit(1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(next(iter(trivet.__path__))) + "/..", os.environ.get("PYTHONPATH", "")]))}
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=False).returncode == 0
