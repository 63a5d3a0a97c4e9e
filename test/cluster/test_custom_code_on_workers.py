"""Functions and operators of users: the same rows in all three modes, and only on workers that have them."""

import os
import pathlib
import sys
import time

import custom_module
import pytest
import trivet
from cluster_testing import live_workers, wait_until
from custom_queries import QUERIES, TABLE
from ray_testing import ray_cluster
from trivet import _trivet
from trivet.custom import Registry, _cloudpickle, registry_of

FORCED = {"partitions": 4, "single_task_bytes": 0, "forced_scan_tasks": 3, "adaptive": False}
sys.path.insert(0, str(pathlib.Path(__file__).parent))
# As code of a notebook or script would travel; a module's does by name.
_cloudpickle().register_pickle_by_value(custom_module)


@pytest.fixture(scope="module")
def expected():
    with trivet.connect(imports=["custom_module"]) as connection:
        connection.execute(TABLE)
        return {name: repr(connection.sql(query).fetchall()) for name, query in QUERIES.items()}


@pytest.fixture(scope="module")
def ray_nodes():
    pytest.importorskip("ray")
    with ray_cluster(2) as started:
        yield started


def open_mode(mode, request):
    if mode.startswith("embedded"):
        threads, batch_size = (1, 2048) if mode == "embedded" else (4, 2)
        connection = trivet.connect(imports=["custom_module"], threads=threads)
        connection.execute(f"SET batch_size = {batch_size}")
        return connection
    if mode == "single_node":
        return trivet.connect(mode="single_node", workers=2, imports=["custom_module"], **FORCED)
    if mode == "single_node, code shipped":
        connection = trivet.connect(mode="single_node", workers=2, **FORCED)
        custom_module.register(connection)
        return connection
    cluster = request.getfixturevalue("ray_nodes")
    shipped = mode.endswith("shipped")
    connection = trivet.connect(f"ray://{cluster.address}", imports=[] if shipped else ["custom_module"], **FORCED)
    if shipped:
        custom_module.register(connection)
    wait_until(lambda: live_workers(connection) == 2, timeout_s=60, what="two live workers")
    return connection


@pytest.fixture(
    scope="module",
    params=["embedded", "embedded, small batches", "single_node", "single_node, code shipped", "ray", "ray, code shipped"],
)
def connection(request):
    with open_mode(request.param, request) as opened:
        opened.execute(TABLE)
        yield opened
    if request.param.startswith("ray"):
        from trivet.ray import shutdown

        shutdown()


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_the_same_in_every_mode(connection, expected, name):
    assert repr(connection.sql(QUERIES[name]).fetchall()) == expected[name]


def test_errors_of_the_code_keep_their_text_in_every_mode(connection):
    with pytest.raises(trivet.InvalidInputError, match=r"function bucket failed in row \d+ .*for \(\d+, 0\): ZeroDivisionError"):
        connection.sql("SELECT bucket(x, 0) FROM points").fetchall()
    with pytest.raises(trivet.InvalidInputError, match=r"operator running_total failed after 0 batches of output: TypeError"):
        connection.sql("SELECT * FROM running_total((SELECT k, n AS x FROM points), 1)").fetchall()


def explain(connection, query):
    return "\n".join(row[1] for row in connection.sql("EXPLAIN " + query).fetchall())


def test_explain_shows_exchange_requirement_and_capability():
    with trivet.connect(mode="single_node", workers=1, imports=["custom_module"], **FORCED) as connection:
        connection.execute(TABLE)
        plan = explain(connection, "SELECT * FROM running_total((SELECT k, bucket(x, 2) AS x FROM points), 1)")
        assert "CUSTOM_OPERATOR" in plan and "running_total@1" in plan and "hash by k" in plan
        assert "needs operator 'running_total@1'" in plan
        assert "needs function 'bucket@1'" in plan
        # Hashed by its keys already: no second exchange.
        grouped = explain(
            connection, "SELECT max(total) FROM running_total((SELECT k, max(x) AS x FROM points GROUP BY k), 1) GROUP BY k"
        )
        assert grouped.count("(HASH)") == 1 + plan.count("(HASH)")
        single = explain(connection, "SELECT * FROM count_rows((FROM points))")
        assert "(GATHER)" in single
        free = explain(connection, "SELECT * FROM keep_even((SELECT k, x FROM points))")
        assert "Stage 0: 3 tasks" in free and "Stage 1" not in free


# ---- workers with and without a capability ----------------------------------------------------------


class Cluster:
    """A coordinator in this process, and workers in it as well, each with what it is given."""

    def __init__(self, extensions):
        self.token = _trivet.new_token()
        self.coordinator = _trivet.Coordinator("127.0.0.1", 0, self.token, extensions=extensions._native, **{
            name: FORCED[name] for name in ("partitions", "single_task_bytes", "forced_scan_tasks", "adaptive")
        })
        self.workers = []

    def add(self, name, extensions=None):
        self.workers.append(
            _trivet.Worker(self.coordinator.location, name, self.token, "127.0.0.1", 1,
                           extensions=(extensions or Registry())._native)
        )

    def connect(self):
        return trivet.connect(self.coordinator.location, token=self.token)

    def stop(self):
        for worker in self.workers:
            worker.stop()
        self.coordinator.stop()


@pytest.fixture
def cluster():
    started = Cluster(registry_of(["custom_module"]))
    yield started
    started.stop()


def test_a_worker_without_the_capability_is_never_given_the_task(cluster, expected):
    cluster.add("incapable")
    cluster.add("capable", registry_of(["custom_module"]))
    with cluster.connect() as connection:
        connection.execute(TABLE)
        assert repr(connection.sql(QUERIES["vectorised"]).fetchall()) == expected["vectorised"]
        # Given to the other worker, a task would end its query with ProtocolMismatchError, untried again.
        for _ in range(10):
            rows = connection.sql("SELECT k, add_tax(price, 0.0) FROM keep_even((SELECT k, price FROM points))").fetchall()
            assert len(rows) == 10769


def test_no_capable_worker_is_an_error_that_names_it(cluster):
    cluster.add("incapable")
    with cluster.connect() as connection:
        connection.execute(TABLE)
        began = time.monotonic()
        with pytest.raises(trivet.NotFoundError, match="no live worker has operator 'running_total@1'") as caught:
            connection.sql("SELECT * FROM running_total((SELECT k, x FROM points), 1)").fetchall()
        assert time.monotonic() - began < 10
        assert "register" in caught.value.hint
        with pytest.raises(trivet.NotFoundError, match="function 'add_tax@1'"):
            connection.sql("SELECT add_tax(price, 0.5) FROM points").fetchall()
        assert connection.sql("SELECT count(*) FROM points").fetchone() == (20000,)


def test_another_version_is_another_capability(cluster):
    other = Registry()
    other.register_function("add_tax", custom_module.add_tax, ["DOUBLE", "DOUBLE"], "DOUBLE", version=2)
    cluster.add("other", other)
    with cluster.connect() as connection:
        with pytest.raises(trivet.NotFoundError, match="function 'add_tax@1'"):
            connection.sql("SELECT add_tax(range, 0.5) FROM range(10)").fetchall()


def test_a_capable_worker_that_joins_in_time_saves_the_query(cluster, expected):
    import threading

    cluster.add("incapable")
    with cluster.connect() as connection:
        connection.execute(TABLE)
        timer = threading.Timer(1.0, lambda: cluster.add("late", registry_of(["custom_module"])))
        timer.start()
        assert repr(connection.sql(QUERIES["single"]).fetchall()) == expected["single"]
        timer.join()


def test_shipped_code_is_the_sessions_own(cluster):
    cluster.add("worker")
    with cluster.connect() as one, cluster.connect() as other:
        factor = 3
        one.register_function("times", lambda x: [value * factor for value in x.to_pylist()], ["BIGINT"], "BIGINT")
        assert one.sql("SELECT sum(times(range)) FROM range(1000)").fetchone() == (3 * 499500,)
        assert one.cursor().sql("SELECT times(2)").fetchone() == (6,)
        with pytest.raises(trivet.NotFoundError, match="times"):
            other.sql("SELECT times(1)").fetchall()
        with pytest.raises(trivet.AlreadyExistsError):
            one.register_function("times", lambda x: x, ["BIGINT"], "BIGINT")
        one.register_function("times", lambda x: x, ["BIGINT"], "BIGINT", replace=True)
        assert one.sql("SELECT times(7)").fetchone() == (7,)


def test_a_module_that_is_not_there_is_an_error_at_once():
    with pytest.raises(trivet.InvalidInputError, match="no_such_module"):
        trivet.connect(mode="single_node", imports=["no_such_module"])
    with pytest.raises(trivet.InvalidInputError, match="imports and plugins"):
        trivet.connect("grpc://127.0.0.1:1", imports=["custom_module"])


@pytest.mark.parametrize("mode", ["embedded", "single_node"])
def test_a_plugin_serves_every_mode(mode):
    plugin = pathlib.Path(os.environ.get("TRIVET_BUILD", pathlib.Path(__file__).parents[2] / "build/release"))
    plugin = plugin / "plugins/geometry.so"
    options = {"workers": 2, **FORCED} if mode == "single_node" else {}
    with trivet.connect(mode=mode, plugins=[plugin], **options) as connection:
        connection.execute(TABLE)
        assert connection.sql("SELECT sum(hypotenuse(3 * x, 4 * x)) FROM points").fetchone() == (5 * 199990000.0,)
        rows = connection.sql("SELECT k, max(total) FROM running_total((SELECT k, x FROM points)) GROUP BY k ORDER BY k").fetchall()
        assert rows == [(key, sum(range(key, 20000, 13))) for key in range(13)]
