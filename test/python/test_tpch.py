"""TPC-H and the flights queries: equal to DuckDB's answers, and the same bits under every setting."""

import functools

import oracle
import pytest
import trivet
from conftest import DEFAULT_BATCH_SIZE, open_connection

# (scale factor, threads, batch size); the first of each scale factor is what the others must repeat.
TPCH_LEGS = [
    ("0.01", 1, DEFAULT_BATCH_SIZE),
    ("0.01", 2, DEFAULT_BATCH_SIZE),
    ("0.01", 1, 2),
    ("0.01", 2, 2),
    ("0.1", 1, DEFAULT_BATCH_SIZE),
    ("0.1", 2, DEFAULT_BATCH_SIZE),
    ("1", 1, DEFAULT_BATCH_SIZE),
    ("1", 2, DEFAULT_BATCH_SIZE),
]
FLIGHTS_LEGS = [(1, DEFAULT_BATCH_SIZE), (2, DEFAULT_BATCH_SIZE), (2, 2)]


@functools.cache
def tpch_connection(scale_factor, threads, batch_size):
    connection = open_connection(threads, batch_size)
    oracle.create_views(connection, oracle.tpch_directory(scale_factor), oracle.TPCH_TABLES)
    return connection


@functools.cache
def tpch_rows(query, scale_factor, threads, batch_size):
    text = oracle.queries("tpch")[query]
    return tpch_connection(scale_factor, threads, batch_size).sql(text).fetchall()


@functools.cache
def flights_rows(query, threads, batch_size):
    connection = open_connection(threads, batch_size)
    oracle.create_views(connection, oracle.flights_directory(), oracle.FLIGHTS_TABLES)
    return connection.sql(oracle.queries("flights")[query]).fetchall()


@pytest.mark.parametrize("scale_factor,threads,batch_size", TPCH_LEGS)
@pytest.mark.parametrize("query", oracle.queries("tpch"))
def test_tpch(query, scale_factor, threads, batch_size):
    rows = tpch_rows(query, scale_factor, threads, batch_size)
    assert oracle.difference(oracle.tpch_answers(scale_factor)[query], rows) is None
    # repr shows every bit of a float: two runs that differ in the last one are not the same.
    assert repr(rows) == repr(tpch_rows(query, scale_factor, 1, DEFAULT_BATCH_SIZE))


@pytest.mark.parametrize("spills", [False, True])
@pytest.mark.parametrize("level", ["baseline", "sse4.2", "avx2", "avx512"])
def test_every_simd_level_gives_the_same_bits(level, spills):
    connection = open_connection(threads=2)
    try:
        connection.execute(f"SET simd_level = '{level}'")
    except trivet.Error as error:
        assert "this machine" in str(error)
        pytest.skip(f"this machine has no {level}")
    connection.execute(f"SET always_spill = {spills}")
    oracle.create_views(connection, oracle.tpch_directory("0.01"), oracle.TPCH_TABLES)
    try:
        for query, text in oracle.queries("tpch").items():
            rows = connection.sql(text).fetchall()
            assert repr(rows) == repr(tpch_rows(query, "0.01", 1, DEFAULT_BATCH_SIZE)), query
    finally:
        connection.execute("RESET simd_level")  # it is the process's


@pytest.mark.parametrize("threads,batch_size", FLIGHTS_LEGS)
@pytest.mark.parametrize("query", oracle.queries("flights"))
def test_flights(query, threads, batch_size):
    rows = flights_rows(query, threads, batch_size)
    assert oracle.difference(oracle.flights_answers()[query], rows) is None
    assert repr(rows) == repr(flights_rows(query, 1, DEFAULT_BATCH_SIZE))


def test_there_are_22_tpch_queries_and_4_flights_queries():
    assert len(oracle.queries("tpch")) == 22
    assert len(oracle.queries("flights")) == 4
