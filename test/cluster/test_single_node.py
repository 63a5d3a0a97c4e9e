"""The single-node leg: a coordinator and worker processes on this host."""

import os
import pathlib
import re
import signal
import subprocess
import time

import cluster_testing
import oracle
import pytest
import trivet
from cluster_testing import create_tpch_views, embedded_rows, live_workers, same_bits, tpch_rows, wait_until

# Every exchange fires, however small the data.
FORCED = {"single_task_bytes": 0, "forced_scan_tasks": 3, "adaptive": False}


def connect(**options):
    return trivet.connect(mode="single_node", **{"workers": 2, **FORCED, **options})


@pytest.fixture(scope="module")
def node():
    with connect(partitions=4) as connection:
        create_tpch_views(connection, "0.01")
        yield connection


@pytest.mark.parametrize("query", oracle.queries("tpch"))
def test_tpch_is_the_same_bit_for_bit(node, query):
    assert same_bits(tpch_rows(node, query), embedded_rows(query, "0.01"))


@pytest.mark.parametrize("partitions", [1, 64])
def test_tpch_is_the_same_with_any_number_of_partitions(partitions):
    with connect(partitions=partitions) as connection:
        create_tpch_views(connection, "0.01")
        for query in oracle.queries("tpch"):
            assert same_bits(tpch_rows(connection, query), embedded_rows(query, "0.01")), query


def test_tpch_scale_factor_1_is_the_same():
    with trivet.connect(mode="single_node", workers=2, single_task_bytes=0) as connection:
        create_tpch_views(connection, "1")
        for query in oracle.queries("tpch"):
            assert same_bits(tpch_rows(connection, query), embedded_rows(query, "1")), query


def test_a_session_keeps_its_tables_views_settings_and_parameters(node):
    node.execute("CREATE OR REPLACE TABLE numbers AS SELECT range AS i, range * 0.5 AS x FROM range(1000)")
    node.execute("CREATE OR REPLACE VIEW large AS SELECT * FROM numbers WHERE i >= 990")
    assert node.sql("SELECT sum(i) FROM large").fetchone() == (sum(range(990, 1000)),)
    assert node.sql("SELECT count(*) FROM numbers WHERE i < $limit", {"limit": 10}).fetchone() == (10,)
    assert node.sql("SELECT ? + ?", [1, 2]).fetchone() == (3,)
    node.execute("INSERT INTO numbers VALUES (1000, 1.5)")
    assert node.sql("SELECT count(*), max(x) FROM numbers").fetchone() == (1001, 499.5)
    node.execute("SET timezone = 'Europe/Berlin'")
    assert node.sql("SELECT current_setting('timezone')").fetchone() == ("Europe/Berlin",)
    assert node.cursor().sql("SELECT count(*) FROM numbers").fetchone() == (1001,)


def test_foreign_data_is_uploaded(node):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"k": [1, 2, 3, None], "name": ["a", "b", None, "d"]})
    node.register("foreign_rows", table)
    assert node.sql("SELECT name, k FROM foreign_rows ORDER BY k NULLS LAST").fetchall() == [
        ("a", 1), ("b", 2), (None, 3), ("d", None),
    ]
    node.unregister("foreign_rows")
    with pytest.raises(trivet.NotFoundError):
        node.sql("SELECT * FROM foreign_rows").fetchall()


def test_errors_keep_type_and_position(node):
    with pytest.raises(trivet.InvalidInputError, match="no_such_column") as caught:
        node.sql("SELECT no_such_column FROM lineitem").fetchall()
    assert "LINE 1" in str(caught.value)
    with pytest.raises(trivet.InvalidInputError):
        node.sql("SELECT CAST('x' || l_orderkey AS INTEGER) FROM lineitem").fetchall()


def test_explain_shows_stages_and_what_they_took(node):
    query = "SELECT l_returnflag, count(*) FROM lineitem JOIN orders ON l_orderkey = o_orderkey GROUP BY 1"
    plan = "\n".join(row[1] for row in node.sql("EXPLAIN " + query).fetchall())
    assert "Stage 0" in plan and "EXCHANGE" in plan and "HASH" in plan
    analysed = node.sql("EXPLAIN ANALYZE " + query).fetchone()[1]
    assert "tasks in" in analysed and "retries" in analysed


def test_small_queries_run_as_one_task_and_explain_says_so():
    with trivet.connect(mode="single_node", workers=1) as connection:
        plan = "\n".join(row[1] for row in connection.sql("EXPLAIN SELECT count(*) FROM range(10)").fetchall())
        assert "Stage 0: 1 task" in plan and "small" in plan and "Stage 1" not in plan
        assert connection.sql("SELECT count(*) FROM range(10)").fetchone() == (10,)


def worker_processes():
    """Process ids of the workers that this process has started."""
    processes = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()  # empty for one that has ended
        except (OSError, ValueError):
            continue
        if parent == os.getpid() and "trivet.worker" in command:
            processes.append(int(folder.name))
    return processes


def test_a_killed_worker_costs_time_and_nothing_else():
    before = set(worker_processes())
    with connect(partitions=8) as connection:
        create_tpch_views(connection, "0.1")
        wait_until(lambda: live_workers(connection) == 2, what="two live workers")
        victims = [pid for pid in worker_processes() if pid not in before]
        expected = cluster_testing.embedded_rows("q09", "0.1")
        relation = connection.sql(oracle.queries("tpch")["q09"])
        os.kill(victims[0], signal.SIGKILL)
        assert same_bits(relation.fetchall(), expected)
        wait_until(lambda: live_workers(connection) == 2, what="a new worker in the place of the killed one")
        assert same_bits(tpch_rows(connection, "q09"), expected)


def test_nothing_is_left_behind(tmp_path):
    before = set(worker_processes())
    with connect() as connection:
        assert connection.sql("SELECT sum(range) FROM range(100000)").fetchone() == (4999950000,)
        started = [pid for pid in worker_processes() if pid not in before]
        assert len(started) == 2
    del connection
    wait_until(lambda: not [pid for pid in worker_processes() if pid in started], what="the workers' end")


def test_interrupt_ends_a_running_query(node):
    import threading

    timer = threading.Timer(0.5, node.interrupt)
    timer.start()
    began = time.monotonic()
    with pytest.raises(trivet.CancelledError):
        node.sql("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b").fetchall()
    assert time.monotonic() - began < 10
    timer.join()
    assert node.sql("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("mode", ["embedded", "single_node"])
def test_asynchronous_twins_leave_the_event_loop_free(mode, node):
    import asyncio

    connection = node if mode == "single_node" else trivet.connect()

    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        relation = await connection.sql_async("SELECT sum(range) FROM range(3000000)")
        assert relation.fetchone() == (4499998500000,)
        slow = asyncio.create_task(
            connection.sql_async("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
        )
        await asyncio.sleep(0.5)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        with pytest.raises(trivet.InvalidInputError):
            await connection.sql_async("SELECT no_such_column FROM range(1)")
        ticking.cancel()
        assert ticks > 20

    asyncio.run(main())


def test_progress_grows_to_the_end(node):
    import threading

    seen = []
    stop = threading.Event()

    def watch():
        while not stop.wait(0.02):
            seen.append(node.progress())

    thread = threading.Thread(target=watch)
    thread.start()
    node.sql("SELECT sum(a.range * b.range) FROM range(3000) a, range(10000) b").fetchall()
    stop.set()
    thread.join()
    known = [share for share in seen if share is not None]
    assert all(0 <= share <= 1 for share in known)
    assert known == sorted(known)


MODES = ["embedded", "single_node", "distributed"]
PLACEMENTS = ["local_in_process", "single_node_daemon", "remote_cluster_required"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_three_of_nine_pairs_are_legal(mode, placement, monkeypatch):
    monkeypatch.delenv("TRIVET_COORDINATOR", raising=False)
    if MODES.index(mode) != PLACEMENTS.index(placement):
        with pytest.raises(trivet.InvalidInputError, match=placement):
            trivet.connect(mode=mode, placement=placement)
    elif mode == "distributed":
        with pytest.raises(trivet.InvalidInputError, match="coordinator"):
            trivet.connect(mode=mode, placement=placement)
    else:
        with trivet.connect(mode=mode, placement=placement) as connection:
            assert connection.sql("SELECT 1").fetchone() == (1,)


def test_distributed_never_falls_back(monkeypatch):
    began = time.monotonic()
    with pytest.raises(trivet.UnavailableError):
        trivet.connect("grpc://127.0.0.1:1", token="x")
    monkeypatch.setenv("TRIVET_COORDINATOR", "grpc://127.0.0.1:1")
    with pytest.raises(trivet.UnavailableError):
        trivet.connect(mode="distributed", token="x")
    with pytest.raises(trivet.InvalidInputError):
        trivet.connect("http://127.0.0.1:1")
    assert time.monotonic() - began < 20


def test_a_served_coordinator_asks_for_its_token(program):
    served = subprocess.Popen(
        [program, "serve", "--workers", "1", "--exit-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )
    try:
        location = served.stdout.readline().split('"')[3]
        with pytest.raises(trivet.PermissionDeniedError):
            trivet.connect(location, token="wrong")
        with trivet.connect(location, token="s3cret") as connection:
            assert connection.sql("SELECT 42").fetchone() == (42,)
        answer = subprocess.run(
            [program, "--coordinator", location, "--format", "csv", "-c", "SELECT 6 * 7 AS x"],
            capture_output=True, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"}, check=True,
        )
        assert answer.stdout == "x\n42\n"
    finally:
        served.stdin.close()
        served.wait(timeout=15)
    assert served.returncode == 0


def written_bytes(program, compression):
    """Bytes that the stages of a join of long texts write, in all."""
    served = subprocess.Popen(
        [program, "serve", "--workers", "1", "--single-task-bytes", "0", "--scan-task-rows", "20000",
         "--compression", compression, "--log-level", "off", "--exit-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )  # fmt: skip
    try:
        location = served.stdout.readline().split('"')[3]
        with trivet.connect(location, token="s3cret") as connection:
            join = ("SELECT max(length(a.s)) FROM (SELECT i, repeat('long ', 20) || i AS s FROM range(200000) t(i)) a "
                    "FULL JOIN range(200000) b(i) ON a.i = b.i")
            assert connection.sql(join).fetchall() == [(106,)]
            explained = "\n".join(str(row) for row in connection.sql(f"EXPLAIN ANALYZE {join}").fetchall())
            return sum(int(size) for size in re.findall(r"rows, (\d+) bytes", explained))
    finally:
        served.stdin.close()
        served.wait(timeout=15)


def test_map_outputs_are_compressed_where_that_is_asked_for(program):
    sizes = {name: written_bytes(program, name) for name in ("none", "lz4", "zstd")}
    assert sizes["none"] > 200_000 * 100
    assert 0 < sizes["lz4"] < sizes["none"] / 4
    assert 0 < sizes["zstd"] < sizes["none"] / 4


def test_an_unknown_compression_is_an_error_that_names_the_known_ones(program):
    for command in (["serve"], ["worker", "--coordinator", "grpc://127.0.0.1:1"]):
        ended = subprocess.run([program, *command, "--compression", "gzip"], capture_output=True, text=True, timeout=15,
                               stdin=subprocess.DEVNULL)
        assert ended.returncode == 1
        assert '"gzip"' in ended.stderr and "none, lz4 and zstd" in ended.stderr
