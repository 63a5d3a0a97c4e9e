"""Coordinators killed: with a journal their queries go on in another process, without one they end with a typed error."""

import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
import trivet
from chaos_testing import (
    ENDLESS_QUERY, LONG_QUERY, TOKEN, Cluster, Running, assert_nothing_is_left, expected_rows, gone, live_workers,
    only_in_make_chaos, wait_until,
)  # fmt: skip


def submitted_query(cluster):
    submitted = cluster.log.events("query_submitted")
    return submitted[-1]["query"] if submitted else None


@pytest.fixture
def durable(program, tmp_path):
    cluster = Cluster(program, tmp_path, "--journal", str(tmp_path / "journal"))
    with cluster:
        yield cluster


def test_with_a_journal_a_query_goes_on_and_only_what_is_lost_runs_again(durable):
    connection = durable.connect()
    durable.await_workers(connection)
    expected = expected_rows()
    running = Running(connection)
    query = wait_until(lambda: submitted_query(durable), 10, "the query's start")
    wait_until(lambda: len(durable.log.tasks("task_finished", query=query, stage=0)) >= 3, 30, "finished maps", 0.002)
    durable.kill()
    before = durable.log.lines()
    finished = {
        (line["stage"], line["task"]) for line in before if line["event"] == "task_finished" and line["query"] == query
    }
    launched = {
        (line["stage"], line["task"]) for line in before if line["event"] == "task_launched" and line["query"] == query
    }
    assert running.alive and 3 <= len(finished) < len(launched), "the kill came too late"
    workers = durable.processes()
    location = durable.location
    time.sleep(1)
    assert not any(gone(pid) for pid in workers.values()), "workers must outlive their coordinator"
    durable.start()
    assert durable.location == location
    running.wait(60)
    assert running.error is None, running.error
    assert running.rows == expected
    assert durable.log.events("coordinator_restarted") and durable.log.events("coordinator_started")[-1]["replayed_records"]
    for stage, task in finished:
        assert durable.log.launches(query, stage, task) == 1, "a finished task ran again"
    assert durable.processes() == workers, "workers were not taken over"
    # The connection carries on.
    assert connection.sql("SELECT count(*) FROM range(100000)").fetchone() == (100000,)
    assert_nothing_is_left(durable, connection)
    connection.close()


def test_with_a_journal_a_result_goes_on_at_the_row_where_it_broke_off(durable):
    pyarrow = pytest.importorskip("pyarrow")
    text = "SELECT range AS i, range * 0.5 AS x, 'row ' || range AS name FROM range(3000000)"
    expected = trivet.connect(threads=2).sql(text).arrow()
    connection = durable.connect()
    durable.await_workers(connection)
    reader = pyarrow.RecordBatchReader.from_stream(connection.sql(text))
    batches = [reader.read_next_batch()]
    durable.kill()
    durable.start()
    batches += list(reader)
    assert pyarrow.Table.from_batches(batches, reader.schema).equals(expected)
    assert 0 < len(batches[0]) < expected.num_rows
    del reader
    assert_nothing_is_left(durable, connection)
    connection.close()


def test_a_session_comes_back_with_its_settings_and_views_but_not_without_its_tables(durable, tmp_path):
    kept, shared, lost = durable.connect(), None, durable.connect()
    durable.await_workers(kept)
    path = tmp_path / "numbers.csv"
    path.write_text("i\n1\n2\n3\n")
    kept.execute("SET timezone = 'Europe/Berlin'")
    kept.execute(f"CREATE VIEW numbers AS SELECT i FROM '{path}'")
    kept.execute("PREPARE above AS SELECT count(*) FROM numbers WHERE i > ?")
    shared = kept.cursor()
    lost.execute("CREATE TABLE t AS SELECT 42 AS x")
    coder = durable.connect()
    coder.register_function("same", lambda x: x, ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.NotFoundError, match="no live worker has label 'python-") as incapable:
        coder.sql("SELECT same(1)").fetchall()
    assert "trivet.worker" in incapable.value.hint
    durable.kill()
    durable.start()
    assert kept.sql("SELECT sum(i), current_setting('timezone') FROM numbers").fetchone() == (6, "Europe/Berlin")
    assert kept.sql("EXECUTE above(1)").fetchone() == (2,)
    assert shared.sql("SELECT max(i) FROM numbers").fetchone() == (3,)
    with pytest.raises(trivet.UnavailableError, match="tables in memory"):
        lost.sql("SELECT x FROM t").fetchall()
    with pytest.raises(trivet.UnavailableError, match="functions and operators that it registered"):
        coder.sql("SELECT same(1)").fetchall()
    with durable.connect() as again:
        assert again.sql("SELECT 1").fetchone() == (1,)
    for connection in (kept, shared, lost, coder):
        connection.close()


def test_a_record_that_was_not_written_whole_is_cut_off_and_damage_elsewhere_is_an_error(program, tmp_path):
    journal = tmp_path / "journal"
    with Cluster(program, tmp_path, "--journal", str(journal)) as cluster:
        with cluster.connect() as connection:
            cluster.await_workers(connection)
            assert connection.sql("SELECT 1").fetchone() == (1,)
            assert oct(journal.stat().st_mode & 0o777) == "0o700"
            assert all(oct(file.stat().st_mode & 0o777) == "0o600" for file in journal.iterdir())
            second = subprocess.run(
                [program, "serve", "--journal", journal, "--workers", "0"], capture_output=True, text=True, timeout=20,
                env={**os.environ, "TRIVET_TOKEN": TOKEN}, check=False,
            )  # fmt: skip
            assert second.returncode == 1 and str(journal) in second.stderr and "running coordinator" in second.stderr
        cluster.kill()
        with open(journal / "journal", "ab") as file:
            file.write(b"\x40\x00\x00")
        cluster.start()
        with cluster.connect() as connection:
            assert connection.sql("SELECT 1").fetchone() == (1,)
        cluster.kill()
        content = bytearray((journal / "journal").read_bytes())
        content[len(content) // 2] ^= 1
        (journal / "journal").write_bytes(content)
        damaged = subprocess.run(
            [program, "serve", "--journal", journal, "--workers", "0"], capture_output=True, text=True, timeout=20,
            env={**os.environ, "TRIVET_TOKEN": TOKEN}, check=False,
        )  # fmt: skip
        assert damaged.returncode == 1 and "Corruption" in damaged.stderr and "byte" in damaged.stderr
        (journal / "journal").unlink()
        cluster.start()


def test_without_a_journal_a_killed_coordinator_is_a_typed_error_in_time(program, tmp_path):
    with Cluster(program, tmp_path) as cluster:
        connection = cluster.connect()
        cluster.await_workers(connection)
        running = Running(connection)
        query = wait_until(lambda: submitted_query(cluster), 10, "the query's start")
        wait_until(lambda: cluster.log.events("task_finished", query=query), 15, "the first finished task")
        workers = cluster.processes().values()
        assert running.alive
        cluster.kill()
        began = time.monotonic()
        running.wait(10)
        assert isinstance(running.error, trivet.UnavailableError), running.error
        assert time.monotonic() - began < 10
        began = time.monotonic()
        with pytest.raises(trivet.UnavailableError):
            connection.sql("SELECT 1").fetchall()
        with pytest.raises(trivet.UnavailableError):
            cluster.connect()
        assert time.monotonic() - began < 10
        # Workers end with the process that started them.
        wait_until(lambda: all(gone(pid) for pid in workers), 15, "the workers' end")
        cluster.start()  # for the fixture's sake
        connection.close()


@only_in_make_chaos
def test_a_coordinator_that_does_not_come_back_is_an_error_and_its_workers_end(durable):
    connection = durable.connect()
    durable.await_workers(connection)
    running = Running(connection)
    query = wait_until(lambda: submitted_query(durable), 10, "the query's start")
    wait_until(lambda: durable.log.events("task_finished", query=query), 15, "the first finished task")
    workers = durable.processes().values()
    assert running.alive
    durable.kill()
    running.wait(45)  # it is waited for, half a minute
    assert isinstance(running.error, trivet.UnavailableError), running.error
    wait_until(lambda: all(gone(pid) for pid in workers), 20, "the workers' end by their lease")
    connection.close()
    durable.start()


def test_a_client_that_vanishes_ends_its_query(program, tmp_path):
    with Cluster(program, tmp_path) as cluster:
        code = (
            "import trivet\n"
            f"con = trivet.connect({cluster.location!r}, token={TOKEN!r})\n"
            f"con.sql({ENDLESS_QUERY!r}).fetchall()\n"
        )
        folder = str(pathlib.Path(trivet.__file__).absolute().parent.parent)
        client = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": folder})
        with cluster.connect() as watcher:
            wait_until(lambda: cluster.log.events("task_started"), 20, "the start of the client's query")
            client.kill()
            client.wait()
            wait_until(
                lambda: watcher.sql("SELECT sum(running_tasks) FROM system.workers").fetchone() == (0,),
                90, "the end of the query without a client", 0.1,
            )  # fmt: skip


def test_logs_tell_of_every_attempt_and_never_of_secrets(program, tmp_path):
    with Cluster(program, tmp_path, "--log-level", "debug") as cluster, cluster.connect() as connection:
        cluster.await_workers(connection)
        assert connection.sql(LONG_QUERY).fetchall() == expected_rows()
        query = submitted_query(cluster)
        launched = cluster.log.events("task_launched", query=query)
        assert launched
        for line in launched:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) and line["level"] == "info"
            same = {key: line[key] for key in ("query", "stage", "task", "attempt", "worker", "incarnation")}
            for event, process in (
                ("task_started", line["worker"]), ("task_ended", line["worker"]), ("task_finished", "coordinator"),
            ):  # fmt: skip
                (found,) = cluster.log.events(event, **same)
                assert found["process"] == process
        wait_until(lambda: cluster.log.events("query_finished", query=query), 5, "the line of the query's end")
        names = live_workers(connection)
        assert {line["process"] for line in cluster.log.lines()} >= {"coordinator", *names}
    text = cluster.log.path.read_text() + cluster.log.path.with_suffix(".stderr").read_text()
    assert TOKEN not in text and cluster.log.events("worker_stops")
