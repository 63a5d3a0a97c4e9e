"""Failures on Ray: workers and the coordinator killed, nodes removed; a head and three nodes, real actors."""

import contextlib
import os
import signal
import time

import oracle
import pytest
import trivet
from chaos_testing import (
    ENDLESS_QUERY, Log, Running, expected_rows, freeze, gone, live_workers, only_in_make_chaos, wait_until,
)  # fmt: skip
from ray_testing import add_node, ray_cluster

ray = pytest.importorskip("ray")

NODES = 3


class RayCluster:
    """A head without processors, and nodes with one each."""

    def __init__(self, folder):
        self._ends = contextlib.ExitStack()
        self.cluster = self._ends.enter_context(ray_cluster(0))
        self.nodes = [self.add_node() for _ in range(NODES)]
        self.log = Log(folder / "cluster.log")
        self.connection = trivet.connect(
            f"ray://{self.cluster.address}", partitions=6, single_task_bytes=0, scan_task_rows=200_000,
            log_level="info", log_file=str(self.log.path),
        )  # fmt: skip
        self.await_workers(NODES)

    def add_node(self):
        return add_node(self.cluster)

    def await_workers(self, count):
        wait_until(lambda: len(live_workers(self.connection)) == count, 90, f"{count} live workers", 0.1)

    @property
    def coordinator(self):
        return ray.get_actor("trivet-coordinator", namespace="trivet")

    def processes(self):
        return ray.get(self.coordinator.worker_processes.remote(), timeout=30)

    def start(self, query=None):
        """The running query and its id."""
        before = len(self.log.events("query_submitted"))
        running = Running(self.connection, query) if query else Running(self.connection)
        submitted = wait_until(lambda: self.log.events("query_submitted")[before:], 15, "the query's start")
        return running, submitted[0]["query"]

    def finish(self, running, time_limit_s=90):
        running.wait(time_limit_s)
        assert running.error is None, running.error
        assert running.rows == expected_rows()
        wait_until(
            lambda: self.connection.sql("SELECT coalesce(sum(running_tasks), 0) FROM system.workers").fetchone() == (0,),
            20, "the end of all tasks", 0.1,
        )  # fmt: skip

    def close(self):
        from trivet.ray import shutdown

        try:
            shutdown()
        finally:
            self.connection.close()
            self._ends.close()


@pytest.fixture(scope="module")
def on_ray(tmp_path_factory):
    started = RayCluster(tmp_path_factory.mktemp("ray"))
    yield started
    started.close()


def node_of(worker):
    """Worker names begin with their node's id."""
    return worker.split("-")[1]


def test_a_worker_killed_while_it_maps(on_ray):
    running, query = on_ray.start()
    line = wait_until(lambda: on_ray.log.events("task_started", query=query, stage=0), 15, "a mapping task", 0.002)[0]
    victim = on_ray.processes()[line["worker"]]
    freeze(victim)
    assert not on_ray.log.events("task_launched", query=query, stage=1), "the maps had ended"
    os.kill(victim, signal.SIGKILL)
    on_ray.finish(running)
    assert on_ray.log.events("task_launched", query=query, stage=0, attempt=2)
    on_ray.await_workers(NODES)


@only_in_make_chaos
def test_a_worker_stopped_past_the_liveness_limit(on_ray):
    running, query = on_ray.start()
    line = wait_until(lambda: on_ray.log.events("task_started", query=query, stage=0), 15, "a mapping task", 0.002)[0]
    victim = on_ray.processes()[line["worker"]]
    freeze(victim)
    try:
        on_ray.finish(running)
        assert on_ray.log.events("worker_fenced", worker=line["worker"])
    finally:
        os.kill(victim, signal.SIGCONT)
    wait_until(lambda: gone(victim), 30, "the end of the fenced worker")
    on_ray.await_workers(NODES)


def test_the_coordinator_killed_in_the_midst_of_a_stage(on_ray):
    running, query = on_ray.start()
    process = ray.get(on_ray.coordinator.process_id.remote())
    workers = on_ray.processes()
    wait_until(lambda: on_ray.log.tasks("task_finished", query=query, stage=0), 30, "the first output", 0.002)
    freeze(process)
    before = on_ray.log.lines()
    finished = {(e["stage"], e["task"]) for e in before if e["event"] == "task_finished" and e["query"] == query}
    launched = {(e["stage"], e["task"]) for e in before if e["event"] == "task_launched" and e["query"] == query}
    assert finished and finished < launched and running.alive
    os.kill(process, signal.SIGKILL)
    on_ray.finish(running, 120)
    assert on_ray.log.events("coordinator_restarted")
    assert ray.get(on_ray.coordinator.process_id.remote(), timeout=60) != process
    for stage, task in finished:
        assert on_ray.log.launches(query, stage, task) == 1, "a finished task ran again"
    # Workers come back by themselves and may end the query before the new actor has looked after them.
    wait_until(lambda: len(on_ray.processes()) >= NODES, 30, "the look after the workers", 0.1)
    assert on_ray.processes() == workers, "workers were not taken over"
    # New clients find it, too.
    with trivet.connect(f"ray://{on_ray.cluster.address}") as other:
        assert other.sql("SELECT 1").fetchone() == (1,)


@only_in_make_chaos
def test_nodes_removed_one_by_one_and_the_last_one_is_a_clear_error(on_ray):
    running, query = on_ray.start()
    line = wait_until(lambda: on_ray.log.events("task_finished", query=query, stage=0), 30, "the first output", 0.002)[0]
    victim = next(node for node in on_ray.nodes if node.node_id.startswith(node_of(line["worker"])))
    on_ray.cluster.remove_node(victim, allow_graceful=False)
    on_ray.nodes.remove(victim)
    on_ray.finish(running, 120)
    # Ray takes its time to miss a node; the worker's process may outlive it, and is fenced then.
    wait_until(lambda: on_ray.log.events("worker_fenced", worker=line["worker"]), 120, "the fencing of the worker", 0.1)
    on_ray.await_workers(NODES - 1)
    # All but one.
    running, query = on_ray.start()
    wait_until(lambda: on_ray.log.events("task_started", query=query), 30, "the first task", 0.002)
    on_ray.cluster.remove_node(on_ray.nodes.pop(), allow_graceful=False)
    on_ray.finish(running, 120)
    # The last one: an error that says so, in time.
    running, query = on_ray.start(ENDLESS_QUERY)
    wait_until(lambda: on_ray.log.events("task_started", query=query), 30, "the first task", 0.002)
    on_ray.cluster.remove_node(on_ray.nodes.pop(), allow_graceful=False)
    running.wait(180)
    assert isinstance(running.error, trivet.UnavailableError) and "worker" in str(running.error), running.error
    # A new node, and all is well.
    on_ray.nodes = [on_ray.add_node() for _ in range(NODES)]
    on_ray.await_workers(NODES)
    assert on_ray.connection.sql("SELECT count(*) FROM range(1000000)").fetchone() == (1000000,)


@only_in_make_chaos
def test_tpch_on_a_head_and_three_nodes(on_ray):
    from cluster_testing import create_tpch_views, embedded_rows, same_bits, tpch_rows

    create_tpch_views(on_ray.connection, "1")
    for name in oracle.queries("tpch"):
        assert same_bits(tpch_rows(on_ray.connection, name), embedded_rows(name, "1")), name


@only_in_make_chaos
def test_nothing_is_left_on_ray(tmp_path):
    """Last, because it ends the cluster: actors, processes and the journal go with it."""
    started = RayCluster(tmp_path)
    processes = [*started.processes().values(), ray.get(started.coordinator.process_id.remote())]
    assert started.connection.sql("SELECT count(*) FROM range(1000)").fetchone() == (1000,)
    from trivet.ray import shutdown

    shutdown()
    began = time.monotonic()
    wait_until(lambda: all(gone(pid) for pid in processes), 30, "the end of all actors")
    assert time.monotonic() - began < 30
    started.connection.close()
    ray.shutdown()
    started.cluster.shutdown()
