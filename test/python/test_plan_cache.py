"""Plans that are kept for the same text: registered data, functions of the user's, and what the counters tell."""

import pyarrow
import pytest
import trivet


@pytest.fixture
def connection():
    return trivet.connect(mode="embedded")


def test_counters_tell_hits_and_misses(connection):
    for key in range(5):
        assert connection.execute("SELECT range FROM range(9) WHERE range = ?", [key]).fetchall() == [(key,)]
    metrics = connection.plan_cache()
    assert (metrics["hits"], metrics["misses"], metrics["plans"]) == (4, 1, 1)
    assert 0 < metrics["bytes"] < 100_000
    connection.execute("SET enable_plan_cache = false")
    assert connection.plan_cache()["plans"] == 0


def test_registered_data_is_that_of_now(connection):
    for value in (1, 2, "three"):
        connection.register("numbers", pyarrow.table({"i": [value]}))
        for _ in range(2):
            assert connection.execute("SELECT i FROM numbers").fetchall() == [(value,)]
    assert connection.plan_cache()["hits"] == 3


def test_a_function_is_that_of_now(connection):
    def register(factor):
        connection.register_function("scaled", lambda values: pyarrow.array([v.as_py() * factor for v in values]),
                                     ["BIGINT"], "BIGINT", replace=True)

    for factor in (2, 3):
        register(factor)
        for _ in range(2):
            assert connection.execute("SELECT scaled(range) FROM range(1, 3)").fetchall() == [(factor,), (2 * factor,)]
        assert connection.execute("SELECT scaled($1)", [factor]).fetchall() == [(factor * factor,)]
    assert connection.plan_cache()["hits"] == 2
