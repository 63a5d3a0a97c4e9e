"""ORDER BY ... LIMIT over files: the scan hears of the boundary, and the rows stay those that DuckDB gives."""

import duckdb
import pytest

ROWS = 300_000
COLUMNS = {
    "stamp": "make_timestamp((i * 7919 % 300007) * 1000000)",
    "small": "(i * 31 % 97)::SMALLINT",
    "maybe": "CASE WHEN i % 5 <> 0 THEN i * 7919 % 1009 END",
    "text": "'text ' || (i * 7919 % 100003)",
    "price": "((i * 7919 % 5003) / 100)::DECIMAL(9, 2)",
    "number": "CASE WHEN i % 3 = 0 THEN 'nan'::DOUBLE ELSE i * 0.5 END",
    "payload": "repeat('x', 50) || i",
}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("top") / "rows.parquet"
    columns = ", ".join(f"{expression} AS {name}" for name, expression in COLUMNS.items())
    duckdb.sql(f"COPY (SELECT i, {columns} FROM range({ROWS}) t(i)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 20480)")
    return path


QUERIES = [
    "SELECT * FROM f ORDER BY stamp, i LIMIT 7",
    "SELECT * FROM f ORDER BY stamp DESC, i LIMIT 7 OFFSET 20",
    "SELECT i, small FROM f ORDER BY small, i DESC LIMIT 100",
    "SELECT i, small FROM f ORDER BY small DESC, i LIMIT 5000",
    "SELECT i, maybe FROM f ORDER BY maybe NULLS LAST, i LIMIT 300",
    "SELECT i, maybe FROM f ORDER BY maybe NULLS FIRST, i LIMIT 70000",
    "SELECT i, maybe FROM f ORDER BY maybe DESC NULLS LAST, i LIMIT 250000",
    "SELECT i, text FROM f WHERE payload LIKE '%7%' ORDER BY text DESC, i LIMIT 10",
    "SELECT i, price FROM f ORDER BY price, i LIMIT 33",
    "SELECT i, number FROM f ORDER BY number DESC, i LIMIT 33",
    "SELECT f.i, f.stamp, g.i FROM f JOIN f g ON f.i = g.i + 1 WHERE g.small = 5 ORDER BY f.stamp, f.i LIMIT 11",
    "SELECT f.i, f.text, g.maybe FROM f LEFT JOIN (SELECT * FROM f WHERE small = 3) g ON f.i = g.i ORDER BY g.maybe NULLS LAST, f.i LIMIT 9",
    "SELECT small, count(*) FROM f GROUP BY small ORDER BY small DESC LIMIT 4",
    "SELECT * FROM (SELECT i, stamp FROM f UNION ALL SELECT i, stamp FROM f) ORDER BY stamp, i LIMIT 6",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("threads, spill", [(1, False), (2, False), (2, True)])
def test_the_rows_are_those_that_duckdb_gives(connection, file, query, threads, spill):
    oracle = duckdb.connect()
    for database in (connection, oracle):
        database.execute(f"CREATE VIEW f AS SELECT * FROM '{file}'")
        database.execute(f"SET threads = {threads}")
    if spill:
        connection.execute("SET always_spill = true")
    # NaN differs from itself.
    assert repr(connection.sql(query).fetchall()) == repr(oracle.sql(query).fetchall())


@pytest.mark.parametrize("key", ["stamp", "stamp DESC", "text", "price DESC"])
def test_the_scan_hears_of_the_boundary(connection, file, key):
    analyzed = connection.sql(f"EXPLAIN ANALYZE SELECT * FROM '{file}' ORDER BY {key} LIMIT 10").fetchall()[-1][-1]
    scan = next(line for line in analyzed.splitlines() if "SCAN" in line)
    assert int(scan.split("Rows: ")[1].split(",")[0]) < ROWS / 10, scan


def test_what_may_fail_fails_all_the_same(connection, file):
    query = f"SELECT i FROM '{file}' WHERE (i - {ROWS - 1}) // (i - {ROWS - 1} + 1) >= 0 AND text::INTEGER > 0 ORDER BY i LIMIT 1"
    with pytest.raises(Exception, match=r"text \d+"):
        connection.sql(query).fetchall()
