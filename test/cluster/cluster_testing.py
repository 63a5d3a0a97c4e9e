"""What the tests of all clusters share: the queries, and answers of the embedded leg to compare with."""

import functools
import time

import oracle
from conftest import open_connection


@functools.cache
def embedded_rows(query, scale_factor):
    return tpch_rows(embedded_connection(scale_factor), query)


@functools.cache
def embedded_connection(scale_factor):
    connection = open_connection()
    create_tpch_views(connection, scale_factor)
    return connection


def create_tpch_views(connection, scale_factor):
    oracle.create_views(connection, oracle.tpch_directory(scale_factor), oracle.TPCH_TABLES)


def tpch_rows(connection, query):
    return connection.sql(oracle.queries("tpch")[query]).fetchall()


def same_bits(rows, expected):
    """repr shows every bit of a float; rows must come in the same order where the query has one, and TPC-H's have."""
    return repr(rows) == repr(expected)


def wait_until(condition, timeout_s=15, what="the condition"):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(0.05)


def live_workers(connection):
    return connection.sql("SELECT count(*) FROM system.workers WHERE condition = 'LIVE'").fetchone()[0]
