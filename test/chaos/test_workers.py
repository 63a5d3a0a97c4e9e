"""Workers killed and stopped in every phase of a query, with real signals.

A worker is frozen first and the log looked at, so that each case fails unless the kill lands in the phase it names.
"""

import os
import signal
import time

import chaos_testing
import pytest
import trivet
from chaos_testing import (
    ENDLESS_QUERY, LONG_QUERY, Cluster, Running, assert_nothing_is_left, expected_rows, freeze, gone, live_workers,
    only_in_make_chaos, wait_until,
)  # fmt: skip


@pytest.fixture
def cluster(program, tmp_path):
    with Cluster(program, tmp_path, workers=3) as started, started.connect() as connection:
        started.await_workers(connection)
        started.connection = connection
        yield started


def busy_worker(cluster, query, stage):
    """A worker that runs a task of the stage now."""
    log = cluster.log
    for line in log.events("task_started", query=query, stage=stage):
        ended = log.events("task_ended", query=query, stage=stage, task=line["task"], attempt=line["attempt"])
        if not ended:
            return line["worker"]
    return None


def submitted_query(cluster, after=0):
    """The id of the query submitted last."""
    submitted = [line["query"] for line in cluster.log.events("query_submitted") if line["query"] > after]
    return submitted[-1] if submitted else None


def finish(cluster, running, time_limit_s=60):
    running.wait(time_limit_s)
    assert running.error is None, running.error
    assert running.rows == expected_rows()
    assert_nothing_is_left(cluster, cluster.connection)


def test_killed_before_the_start(cluster):
    victim = cluster.processes()["worker1"]
    freeze(victim)
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    assert not cluster.log.events("task_started", query=query, worker="worker1")
    os.kill(victim, signal.SIGKILL)
    finish(cluster, running)


def test_killed_while_it_maps(cluster):
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    name = wait_until(lambda: busy_worker(cluster, query, 0), 15, "a mapping task")
    freeze(cluster.processes()[name])
    in_midst = busy_worker(cluster, query, 0)
    assert in_midst, "the task had ended when its worker was stopped"
    assert not cluster.log.events("task_launched", query=query, stage=1)
    os.kill(cluster.processes()[name], signal.SIGKILL)
    finish(cluster, running)
    assert cluster.log.events("task_launched", query=query, stage=0, attempt=2)


def test_killed_when_it_has_mapped_and_others_reduce(cluster):
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    wait_until(lambda: cluster.log.events("task_started", query=query, stage=1), 30, "the first reducing task", 0.002)
    name = cluster.log.events("task_finished", query=query, stage=0)[0]["worker"]
    freeze(cluster.processes()[name])
    launched = cluster.log.tasks("task_launched", query=query, stage=1)
    assert launched - cluster.log.tasks("task_finished", query=query, stage=1), "all reducing tasks had ended"
    outputs = {
        line["task"] for line in cluster.log.events("task_finished", query=query, stage=0, worker=name)
    }
    assert outputs
    os.kill(cluster.processes()[name], signal.SIGKILL)
    finish(cluster, running)
    again = {line["task"] for line in cluster.log.events("task_launched", query=query, stage=0, attempt=2)}
    assert again and again <= outputs, "what others had mapped was mapped again"


def test_killed_while_its_result_is_read(cluster):
    pyarrow = pytest.importorskip("pyarrow")
    # No more than a few chunks are read ahead: most of the result is still on the workers.
    text = "SELECT range AS i, range * 0.5 AS x, 'row ' || range AS name FROM range(3000000)"
    reader = pyarrow.RecordBatchReader.from_stream(cluster.connection.sql(text))
    batches = [reader.read_next_batch()]
    query = submitted_query(cluster)
    wait_until(
        lambda: cluster.log.tasks("task_finished", query=query) == cluster.log.tasks("task_launched", query=query),
        30, "the end of all tasks",
    )  # fmt: skip
    last = max(cluster.log.events("task_finished", query=query, stage=0), key=lambda line: line["task"])
    os.kill(cluster.processes()[last["worker"]], signal.SIGKILL)
    batches += list(reader)
    expected = trivet.connect(threads=2).sql(text).arrow()
    assert pyarrow.Table.from_batches(batches, reader.schema).equals(expected)
    assert cluster.log.launches(query, 0, last["task"]) == 2


def test_all_workers_killed_at_once_come_back(cluster):
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    wait_until(lambda: cluster.log.events("task_finished", query=query), 15, "the first finished task")
    assert running.alive
    for pid in cluster.processes().values():
        os.kill(pid, signal.SIGKILL)
    finish(cluster, running, 90)


def test_a_stopped_worker_is_left_behind_and_its_late_reply_does_not_count(cluster):
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    name = wait_until(lambda: busy_worker(cluster, query, 0), 15, "a mapping task")
    stopped = cluster.processes()[name]
    freeze(stopped)
    assert busy_worker(cluster, query, 0)
    try:
        running.wait(60)  # liveness takes ten seconds
        assert running.error is None and running.rows == expected_rows()
        (lost,) = cluster.log.events("worker_lost", worker=name) or cluster.log.events("worker_fenced", worker=name)[:1]
    finally:
        os.kill(stopped, signal.SIGCONT)
    # It is told that its life is over; another one takes its place.
    wait_until(lambda: gone(stopped), 15, "the end of the fenced worker")
    wait_until(lambda: len(live_workers(cluster.connection)) == 3, 15, "another worker in its place")
    late = [
        line for line in cluster.log.events("task_finished", worker=name)
        if line["incarnation"] == lost["incarnation"] and line["time"] > lost["time"]
    ]  # fmt: skip
    assert all(cluster.log.launches(query, line["stage"], line["task"]) > 1 for line in late)


def test_a_worker_that_dies_again_and_again_is_blacklisted(cluster):
    for _ in range(3):
        pid = wait_until(lambda: cluster.processes().get("worker2"), 30, "the worker's next life")
        name = wait_until(
            lambda: "worker2" in live_workers(cluster.connection) and "worker2", 30, "the worker's joining", 0.05
        )
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid, name=name: cluster.processes().get(name) != pid, 15, "the notice of its end")
    condition = lambda: dict(cluster.connection.sql("SELECT name, condition FROM system.workers").fetchall())["worker2"]  # noqa: E731
    wait_until(lambda: condition() == "BLACKLISTED", 30, "the blacklisting", 0.05)
    assert cluster.connection.sql(LONG_QUERY).fetchall() == expected_rows()
    query = submitted_query(cluster)
    assert not cluster.log.events("task_launched", query=query, worker="worker2")


def test_a_listing_needs_no_slot(cluster):
    running = [Running(cluster.connection.cursor(), ENDLESS_QUERY) for _ in range(4)]
    wait_until(
        lambda: cluster.connection.sql("SELECT sum(running_tasks) FROM system.workers").fetchone()[0] == 3,
        15, "tasks on all slots",
    )  # fmt: skip
    began = time.monotonic()
    rows = cluster.connection.sql(
        "SELECT q.condition, count(*) FROM system.queries q LEFT JOIN system.tasks t USING (query) GROUP BY ALL"
    ).fetchall()
    assert time.monotonic() - began < 5
    assert dict(rows)["RUNNING"] >= 4
    plan = cluster.connection.sql("EXPLAIN SELECT * FROM system.tasks").fetchall()[0][1]
    assert "SYSTEM_SCAN" in plan and "Stage" not in plan
    submitted = submitted_query(cluster)
    assert len(cluster.log.events("query_submitted")) == 4 and submitted
    cluster.connection.interrupt()
    for line in cluster.connection.sql("SELECT query FROM system.queries WHERE condition = 'RUNNING'").fetchall():
        assert line
    assert all(each.alive for each in running)


def test_two_queries_share_and_cancelling_one_leaves_the_other(cluster):
    other = cluster.connection.cursor()
    endless = Running(other, ENDLESS_QUERY)
    first = wait_until(lambda: submitted_query(cluster), 10, "the first query's start")
    wait_until(lambda: cluster.log.events("task_started", query=first), 15, "its first task")
    running = Running(cluster.connection)
    second = wait_until(lambda: submitted_query(cluster, after=first), 10, "the second query's start")
    wait_until(lambda: cluster.log.events("task_started", query=second), 15, "the second query's first task")
    assert endless.alive and running.alive
    other.interrupt()
    endless.wait(10)
    assert isinstance(endless.error, trivet.CancelledError)
    finish(cluster, running)


def test_cancelled_in_the_midst_of_a_shuffle(cluster):
    running = Running(cluster.connection)
    query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
    wait_until(lambda: cluster.log.events("task_started", query=query, stage=1), 30, "the first reducing task", 0.002)
    cluster.connection.interrupt()
    running.wait(10)
    assert isinstance(running.error, trivet.CancelledError), "the query had ended before it was cancelled"
    assert_nothing_is_left(cluster, cluster.connection)
    assert cluster.connection.sql("SELECT count(*) FROM range(100000)").fetchone() == (100000,)


@only_in_make_chaos
@pytest.mark.parametrize("seed", chaos_testing.SEEDS)
def test_random_kills_over_tpch(program, tmp_path, seed):
    import random
    import threading

    import oracle
    from cluster_testing import create_tpch_views, embedded_rows, same_bits, tpch_rows

    chance = random.Random(seed)
    stop = threading.Event()
    with Cluster(program, tmp_path, workers=3) as cluster, cluster.connect() as connection:
        cluster.await_workers(connection)
        create_tpch_views(connection, "0.1")

        def kill_now_and_then():
            while not stop.wait(chance.uniform(0.1, 0.8)):
                victims = list(cluster.processes().values())
                if len(victims) > 1:
                    os.kill(chance.choice(victims), signal.SIGKILL)

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        try:
            for _ in range(3):
                for name in oracle.queries("tpch"):
                    assert same_bits(tpch_rows(connection, name), embedded_rows(name, "0.1")), (seed, name)
        finally:
            stop.set()
            killer.join()
        assert len(cluster.log.events("worker_process_ended")) >= 3, "hardly anybody was killed"


@only_in_make_chaos
def test_a_kill_during_q9_costs_a_bounded_time(program, tmp_path):
    import oracle
    from cluster_testing import create_tpch_views, embedded_rows, same_bits

    with Cluster(program, tmp_path, workers=2) as cluster, cluster.connect() as connection:
        cluster.await_workers(connection)
        create_tpch_views(connection, "1")
        text = oracle.queries("tpch")["q09"]
        connection.sql(text).fetchall()
        undisturbed = Running(connection, text).wait(300).took_s
        before = submitted_query(cluster)
        running = Running(connection, text)
        query = wait_until(lambda: submitted_query(cluster, after=before), 15, "the query's start")
        wait_until(lambda: cluster.log.events("task_finished", query=query), 60, "the first finished task")
        assert running.alive
        os.kill(next(iter(cluster.processes().values())), signal.SIGKILL)
        running.wait(300)
        assert same_bits(running.rows, embedded_rows("q09", "1"))
        assert running.took_s <= 2 * undisturbed + 15
