"""Memory is reserved everywhere: no TPC-H query holds more than 64 MiB of heap beyond its reservations."""

import functools
import subprocess

import oracle
import pytest
from conftest import BUILD

MOST_UNRESERVED_BYTES = 64 << 20
PROGRAM = BUILD / "unreserved_heap"


@functools.cache
def unreserved_bytes(scale_factor):
    """The most unreserved bytes of each query, run at two threads."""
    directory = oracle.tpch_directory(scale_factor)
    setup = BUILD / f"test-logs/views-sf{scale_factor}.sql"
    setup.parent.mkdir(exist_ok=True)
    setup.write_text("".join(
        f"CREATE VIEW {table} AS SELECT * FROM '{directory / table}.parquet';\n"
        for table in oracle.TPCH_TABLES))
    files = sorted((oracle.ROOT / "test/tpch").glob("q*.sql"))
    output = subprocess.run(
        [PROGRAM, "2", setup, *files], check=True, capture_output=True, text=True).stdout
    return {name: int(count) for name, count in (line.split() for line in output.splitlines())}


@pytest.mark.parametrize("query", oracle.queries("tpch"))
def test_unreserved_heap(query):
    assert unreserved_bytes("1")[query] <= MOST_UNRESERVED_BYTES


def test_the_allocator_sees_what_nobody_reserved():
    subprocess.run([PROGRAM, "--self-test"], check=True, capture_output=True)
