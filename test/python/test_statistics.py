"""COUNT, MIN, MAX and sums of offsets answered by a file's statistics, beside DuckDB reading the rows, and where statistics do not tell."""

import decimal

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trivet

QUERIES = [
    "SELECT count(*) FROM f",
    "SELECT count(i), count(maybe), count(nothing), count(*) FROM f",
    "SELECT min(i), max(i), min(small), max(day), min(stamp), max(stamp), min(price), max(price) FROM f",
    "SELECT min(maybe), max(maybe), min(nothing), max(nothing) FROM f",
    "SELECT min(unsigned), max(unsigned), count(DISTINCT small) FROM f",
    "SELECT min(text), max(text), min(number), max(number), min(flag), max(flag) FROM f",
    "SELECT max(i) - min(i), count(*) + 1 FROM f",
    "SELECT max(i) FILTER (small > 3) FROM f",
    "SELECT (SELECT max(i) FROM f) - i FROM f ORDER BY 1 LIMIT 3",
    "SELECT count(*), max(i) FROM (SELECT * FROM f UNION ALL SELECT * FROM f)",
    "SELECT count(*), min(i) FROM f WHERE false",
    # Sums of a column plus constants, which are one sum and one count.
    "SELECT sum(small), sum(small + 1), sum(small - 2), sum(10 + small), sum(maybe + 3), sum(maybe - 4) FROM f",
    "SELECT flag, sum(small + 1), sum(small + 2), avg(small) FROM f WHERE i > 50 GROUP BY flag ORDER BY flag",
    "SELECT sum(nothing + 1), sum(nothing + 2) FROM f",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Rows in several row groups, and none at all."""
    directory = tmp_path_factory.mktemp("statistics")
    columns = """i, (i % 77)::SMALLINT AS small, CASE WHEN i % 3 = 0 THEN i - 500 END AS maybe, NULL::INTEGER AS nothing,
        DATE '2020-01-01' + (i % 999)::INTEGER AS day, make_timestamp(i * 1234567) AS stamp, (i / 100)::DECIMAL(12, 2) AS price,
        18446744073709551615::UBIGINT - i::UBIGINT AS unsigned, 'text ' || i AS text,
        CASE WHEN i = 7 THEN 'nan'::DOUBLE ELSE i * 0.5 END AS number, i % 2 = 0 AS flag"""
    for name, condition in (("rows", "true"), ("none", "false")):
        duckdb.sql(f"COPY (SELECT {columns} FROM range(100000) t(i) WHERE {condition}) "
                   f"TO '{directory}/{name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 20480)")
    return directory


@pytest.mark.parametrize("name", ["rows", "none", "*"])
@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_the_rows(connection, files, name, query):
    oracle = duckdb.connect()
    for database in (connection, oracle):
        database.execute(f"CREATE VIEW f AS SELECT * FROM '{files}/{name}.parquet'")
    assert repr(connection.sql(query).fetchall()) == repr(oracle.sql(query).fetchall())


def reads_rows(connection, query):
    return "SCAN" in connection.sql(f"EXPLAIN {query}").fetchall()[-1][-1]


def test_no_row_is_read_where_statistics_tell(connection, files):
    connection.execute(f"CREATE VIEW f AS SELECT * FROM '{files}/rows.parquet'")
    assert not reads_rows(connection, "SELECT count(*), min(i), max(stamp), count(maybe) FROM f")
    # NaN is left out of statistics, and a filter takes rows away.
    for what in ("max(number)", "count(DISTINCT i)", "sum(i)", "count(*) FILTER (i > 5)"):
        assert reads_rows(connection, f"SELECT {what} FROM f"), what
    assert reads_rows(connection, "SELECT count(*) FROM f WHERE i > 5")
    assert reads_rows(connection, "SELECT small, count(*) FROM f GROUP BY small")


def test_bounds_of_any_type_tell_where_they_are_values(connection, tmp_path):
    path = tmp_path / "types.parquet"
    count = 5000
    columns = {
        "wide": pa.array([decimal.Decimal(i - 2000) / 100 for i in range(count)], pa.decimal128(30, 2)),
        "flag": pa.array([True] * count),
        "short": pa.array([f"text {i:04}" for i in range(count)]),
        "blob": pa.array([bytes([i % 200]) for i in range(count)]),
        "number": pa.array([i * 0.5 - 7 for i in range(count)]),
        "nothing": pa.array([None] * count, pa.string()),
    }
    pq.write_table(pa.table(columns), path, row_group_size=1000)
    connection.execute(f"CREATE VIEW f AS SELECT * FROM '{path}'")
    oracle = duckdb.connect()
    oracle.execute(f"CREATE VIEW f AS SELECT * FROM '{path}'")
    for name in columns:
        query = f"SELECT min({name}), max({name}) FROM f"
        assert connection.sql(query).fetchall() == oracle.sql(query).fetchall()
        assert reads_rows(connection, query) == (name == "number"), "zeros and NaN are left open"


def test_cut_texts_and_what_is_no_text_are_read(connection, tmp_path):
    path = tmp_path / "long.parquet"
    long = [letter * 500 for letter in "abcxyz"]
    duckdb.sql(f"COPY (SELECT unnest({long}) AS s) TO '{path}' (FORMAT parquet)")
    query = f"SELECT min(s), max(s) FROM '{path}'"
    assert connection.sql(query).fetchall() == [(long[0], long[-1])]
    assert reads_rows(connection, query)
    silent = tmp_path / "silent.parquet"
    pl.DataFrame({"s": ["a", "b"]}).write_parquet(silent, statistics="full")
    query = f"SELECT max(s) FROM '{silent}'"
    assert connection.sql(query).fetchall() == [("b",)]
    assert reads_rows(connection, query), "the writer does not say whether bounds are whole"
    raw = tmp_path / "raw.parquet"
    pq.write_table(pa.table({"s": ["a", "b"]}), raw, compression="none", use_dictionary=False)
    content = raw.read_bytes()
    query = f"SELECT max(s) FROM '{raw}'"
    assert connection.sql(query).fetchall() == [("b",)] and not reads_rows(connection, query)
    # The greatest value, in its page and in the statistics, is no UTF-8 now.
    raw.write_bytes(content.replace(b"\x01\x00\x00\x00b", b"\x01\x00\x00\x00\xff").replace(b"\x01b", b"\x01\xff"))
    with pytest.raises(trivet.CorruptionError):
        connection.sql(query).fetchall()


def test_a_file_without_statistics_is_read(connection, tmp_path):
    path = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"i": pa.array([3, None, 5])}), path, write_statistics=False)
    assert connection.sql(f"SELECT min(i), max(i), count(i) FROM '{path}'").fetchall() == [(3, 5, 2)]
    assert reads_rows(connection, f"SELECT max(i) FROM '{path}'")


def test_a_file_that_changes_is_seen(connection, tmp_path):
    path = tmp_path / "changing.parquet"
    for rows in (10, 1000):
        pq.write_table(pa.table({"i": list(range(rows))}), path)
        assert connection.sql(f"SELECT max(i), count(*) FROM '{path}'").fetchall() == [(rows - 1, rows)]


def test_sums_of_offsets_overflow_where_the_additions_do(connection, files):
    connection.execute(f"CREATE VIEW f AS SELECT * FROM '{files}/rows.parquet'")
    plan = connection.sql("EXPLAIN SELECT sum(small + 1), sum(small + 2) FROM f").fetchall()[-1][-1]
    assert "sum(small), count(small)" in plan
    with pytest.raises(Exception, match="[Oo]verflow|range"):
        connection.sql("SELECT sum(small + 32700::SMALLINT), sum(small + 1) FROM f").fetchall()
