"""Connections that are slow, cut or half-open, by a proxy before each worker's port and before the coordinator's."""

import contextlib
import json
import os
import subprocess

import pytest
from chaos_testing import (
    TOKEN, Cluster, Proxy, Running, assert_nothing_is_left, expected_rows, free_port, live_workers,
    only_in_make_chaos, wait_until,
)  # fmt: skip


class Spoilt:
    """A coordinator and two workers; each can be reached by its proxy alone, and reaches the coordinator by another."""

    def __init__(self, cluster, program, tmp_path):
        self.cluster = cluster
        self.proxies = []
        self.to_coordinator = []
        self._processes = []
        host, port = cluster.location.removeprefix("grpc://").split(":")
        for i in range(2):
            own = free_port()
            proxy, back = Proxy("127.0.0.1", own), Proxy(host, int(port))
            self.proxies.append(proxy)
            self.to_coordinator.append(back)
            self._processes.append(
                subprocess.Popen(
                    [program, "worker", "--coordinator", back.location, "--name", f"worker{i}", "--port", str(own),
                     "--advertise", proxy.location, "--directory", str(cluster.outputs),
                     "--log-file", str(cluster.log.path)],
                    env={**os.environ, "TRIVET_TOKEN": TOKEN}, stdin=subprocess.DEVNULL,
                    stderr=open(tmp_path / f"worker{i}.stderr", "wb"),  # noqa: SIM115: the process's
                )
            )  # fmt: skip

    def close(self):
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        for proxy in self.proxies + self.to_coordinator:
            proxy.close()


@pytest.fixture
def spoilt(program, tmp_path):
    with Cluster(program, tmp_path, workers=0) as cluster:
        with_proxies = Spoilt(cluster, program, tmp_path)
        try:
            with cluster.connect() as connection:
                cluster.await_workers(connection, 2)
                with_proxies.connection = connection
                yield with_proxies
        finally:
            with_proxies.close()


def start(spoilt):
    running = Running(spoilt.connection)
    log = spoilt.cluster.log
    query = wait_until(lambda: [line["query"] for line in log.events("query_submitted")], 10, "the query's start")[-1]
    return running, query


def finish(spoilt, running, time_limit_s=90):
    running.wait(time_limit_s)
    assert running.error is None, running.error
    assert running.rows == expected_rows()


def test_slow_connections_cost_time_alone(spoilt):
    for proxy in spoilt.proxies + spoilt.to_coordinator:
        proxy.delay_s = 0.05
    running, query = start(spoilt)
    finish(spoilt, running)
    assert all(proxy.received > 0 for proxy in spoilt.proxies)
    assert not [line for line in spoilt.cluster.log.events("task_launched", query=query) if line["attempt"] > 1]
    assert_nothing_is_left(spoilt.cluster, spoilt.connection)


def test_connections_cut_in_the_midst_of_a_fetch(spoilt):
    running, query = start(spoilt)
    log = spoilt.cluster.log
    wait_until(lambda: log.events("task_launched", query=query, stage=1), 30, "the first reducing task", 0.002)
    for proxy in spoilt.proxies:
        proxy.delay_s = 0.02  # so that the fetches last
    before = [proxy.received for proxy in spoilt.proxies]
    wait_until(
        lambda: any(proxy.received > old + 200_000 for proxy, old in zip(spoilt.proxies, before, strict=True)),
        30, "rows on their way", 0.002,
    )  # fmt: skip
    assert log.tasks("task_launched", query=query, stage=1) - log.tasks("task_finished", query=query, stage=1)
    for proxy in spoilt.proxies:
        proxy.cut()
        proxy.delay_s = 0
    finish(spoilt, running)
    assert log.events("fetch_failed", query=query), "no fetch was cut"
    assert_nothing_is_left(spoilt.cluster, spoilt.connection)


@only_in_make_chaos
def test_cut_off_from_peers_but_not_from_the_coordinator(spoilt):
    running, query = start(spoilt)
    log = spoilt.cluster.log
    name = wait_until(lambda: log.events("task_finished", query=query, stage=0), 15, "the first output")[0]["worker"]
    proxy = spoilt.proxies[int(name[-1])]
    proxy.refuse = True
    proxy.cut()
    assert not log.events("task_finished", query=query, stage=1)
    finish(spoilt, running, 120)
    again = {line["task"] for line in log.events("task_launched", query=query, stage=0) if line["attempt"] > 1}
    assert again, "nothing of what nobody could fetch was made again"
    assert name in live_workers(spoilt.connection) + ["worker0", "worker1"]


@only_in_make_chaos
def test_cut_off_from_the_coordinator_but_not_from_peers(spoilt):
    running, query = start(spoilt)
    log = spoilt.cluster.log
    wait_until(lambda: log.events("task_started", query=query, worker="worker0"), 15, "a task")
    back = spoilt.to_coordinator[0]
    back.hold = True
    assert running.alive
    finish(spoilt, running, 120)
    assert log.events("worker_fenced", worker="worker0"), "the worker's silence was not noticed"


@only_in_make_chaos
def test_half_open_connections_are_given_up(spoilt):
    running, query = start(spoilt)
    log = spoilt.cluster.log
    name = wait_until(lambda: log.events("task_finished", query=query, stage=0), 15, "the first output")[0]["worker"]
    spoilt.proxies[int(name[-1])].hold = True
    assert not log.events("task_finished", query=query, stage=1)
    finish(spoilt, running, 180)
    assert json.dumps(log.events("fetch_failed", query=query)) != "[]"
