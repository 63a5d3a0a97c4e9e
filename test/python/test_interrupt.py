"""A running query is interrupted within 100 ms, wherever it is.

TRIVET_MOST_INTERRUPT_SECONDS=0.1 asks for just that, on a machine that does nothing else; without it the limit is
one second."""

import os
import threading
import time

import pytest
from conftest import open_connection

INTERRUPT_AFTER_SECONDS = 0.2
MOST_SECONDS = float(os.environ.get("TRIVET_MOST_INTERRUPT_SECONDS", "1"))
# A machine that does other things besides may be late by so much; the best of a few attempts counts.
ATTEMPTS = 3

# The queries take memory without bound until they are interrupted: one that misses its interrupt fails here, and
# takes no other process with it.
MEMORY_LIMIT = "8GB"
MANY = 100_000_000_000
SETUP = """
CREATE TABLE numbers AS SELECT i, hash(i) AS h, (hash(i) >> 2)::BIGINT AS k, i % 7 AS few
  FROM range(3000000) t(i);
CREATE TABLE texts AS SELECT repeat('lorem ipsum ', 1 + i % 20) || i AS s FROM range(1000000) t(i);
"""

# Each would run for minutes, also with what the optimizer knows: an aggregate of both sides' columns, for one, is not
# computed below its join.
QUERIES = {
    "range scan": f"SELECT sum(i) FROM range({MANY}) t(i)",
    "filter without survivors": f"SELECT i FROM range({MANY}) t(i) WHERE i < 0",
    "expressions": "SELECT max(md5(s || a.few)) FROM texts, numbers a",
    "sort": "SELECT k FROM range(100) r(j), numbers ORDER BY k + j",
    "sort of strings": "SELECT s FROM range(100) r(j), texts ORDER BY reverse(s), j",
    "merge of sorted runs": "SELECT k FROM range(8) r(j), numbers ORDER BY h, i + j",
    "top n": "SELECT k + j FROM range(1000) r(j), numbers ORDER BY 1 LIMIT 500000",
    "top n of few": "SELECT k + j FROM range(1000) r(j), numbers ORDER BY 1 LIMIT 3",
    "hash join build": "SELECT count(*) FROM numbers a JOIN (SELECT k + j * 7 AS k FROM numbers, range(100) r(j)) b ON a.k = b.k",
    "hash join probe": "SELECT max(a.k + b.k) FROM numbers a JOIN numbers b ON a.few = b.few",
    "hash join of no matches": "SELECT count(*) FROM numbers a JOIN numbers b ON a.few = b.few AND a.k + b.k = 1",
    "semi join": "SELECT count(*) FROM numbers a WHERE EXISTS (SELECT 1 FROM numbers b WHERE a.few = b.few AND a.k + b.k = 1)",
    "not in": "SELECT count(*) FROM numbers a WHERE (a.few, a.k) NOT IN (SELECT few, CASE WHEN i < 0 THEN k END FROM numbers)",
    "cross join": "SELECT count(*) FROM numbers a, numbers b WHERE a.k + b.k = 1",
    "nested loop join": "SELECT count(*) FROM numbers a JOIN numbers b ON a.k < b.i AND a.h < b.i",
    "grouping few": f"SELECT i % 10, sum(i) FROM range({MANY}) t(i) GROUP BY ALL",
    "grouping many": "SELECT k + j, count(*) FROM numbers, range(100) r(j) GROUP BY ALL",
    "grouping strings": "SELECT s || j, count(*) FROM texts, range(100) r(j) GROUP BY ALL",
    "distinct": "SELECT count(DISTINCT k + j) FROM numbers, range(100) r(j)",
    "distinct on": "SELECT DISTINCT ON (k + j) i FROM numbers, range(100) r(j)",
    "ordered aggregate": "SELECT length(string_agg(s, ',' ORDER BY reverse(s), j)) FROM texts, range(10) r(j)",
    "string_agg": "SELECT length(string_agg(s, ',')) FROM texts, range(100) r(j)",
    "median": "SELECT median(k + j) FROM numbers, range(20) r(j)",
    "mode": "SELECT mode(k + j) FROM numbers, range(10) r(j)",
    "exact sums": "SELECT stddev((k + j)::DOUBLE) FROM numbers, range(1000) r(j)",
    "union": f"SELECT sum(i) FROM (SELECT i FROM range({MANY}) t(i) UNION ALL SELECT i FROM range({MANY}) t(i))",
    "except": "SELECT count(*) FROM (SELECT k + j FROM numbers, range(50) r(j) EXCEPT SELECT k FROM numbers)",
    "limit": f"SELECT i FROM range({MANY}) t(i) LIMIT 10 OFFSET {MANY - 10}",
    "common table expression": f"WITH c AS MATERIALIZED (SELECT sum(i) AS s FROM range({MANY}) t(i)) SELECT a.s FROM c a, c b",
    "create table": f"CREATE TABLE never AS SELECT i FROM range({MANY}) t(i)",
    "insert": f"INSERT INTO numbers SELECT i, i, i, i FROM range({MANY}) t(i)",
    "hot key": "SELECT max(a.k + b.k) FROM (SELECT 1 AS x, k FROM numbers) a JOIN (SELECT 1 AS x, k FROM numbers) b USING (x)",
    "full outer join": "SELECT count(a.k), count(b.k) FROM numbers a FULL JOIN (SELECT k + j AS k FROM numbers, range(50) r(j)) b ON a.k = b.k",
    "hash join of strings": "SELECT count(*) FROM texts a JOIN (SELECT s || j AS s FROM texts, range(100) r(j)) b ON a.s = b.s",
    "casts": f"SELECT max((i::VARCHAR || '.5')::DOUBLE) FROM range({MANY}) t(i)",
    "long texts": "SELECT max(length(replace(repeat('ab', 50000 + i), 'a', 'xyz'))) FROM range(1000000) t(i)",
    "long texts by expressions": "SELECT max(length(regexp_replace(repeat('ab', 20000 + i), '[ab]', '<\\0>', 'g'))) FROM range(100000) t(i)",
    "long texts by formats": "SELECT max(length(format('{} {:>20000}', repeat('ab', 20000 + i), i))) FROM range(1000000) t(i)",
    "long texts compared": "SELECT max(levenshtein(repeat('ab', 20000 + i), repeat('ba', 20000 + i))) FROM range(1000) t(i)",
    "regular expressions": "SELECT count(*) FROM texts, range(1000) r(j) WHERE regexp_matches(s || j, '(a|b|i)*m.*x$')",
    "string_agg of groups": "SELECT max(length(g)) FROM (SELECT string_agg(s, ',') AS g FROM texts, range(100) r(j) GROUP BY j % 3)",
    "values kept": "SELECT arg_max(s, h), min(s), first(s) FROM texts, numbers WHERE i > 5",
    "explain analyze": f"EXPLAIN ANALYZE SELECT sum(i) FROM range({MANY}) t(i)",
    "table of texts": "CREATE TABLE never AS SELECT s || j AS s FROM texts, range(1000) r(j)",
    "writing parquet": "COPY (SELECT i, h, s FROM numbers, texts) TO '{folder}/never.parquet'",
    "writing csv": "COPY (SELECT i, h, s FROM numbers, texts) TO '{folder}/never.csv'",
    "reading parquet": "SELECT sum(k), max(s || '.') FROM '{folder}/many*.parquet'",
    "reading csv": "SELECT max(k), max(s) FROM '{folder}/one.csv'",
    "planning many files": "SELECT count(*) FROM '{folder}/one*.csv'",
    "planning": "SELECT " + ", ".join(f"(SELECT max(i + {n}) FROM numbers)" for n in range(900)),
    "planning joins": "SELECT count(*) FROM " + ", ".join(f"(VALUES (1), (2)) v{n}(x)" for n in range(400)) + " WHERE "
                      + " AND ".join(f"v{n}.x = v{n + 1}.x" for n in range(399)),
    "planning a list": "SELECT count(*) FROM numbers WHERE i IN (" + ", ".join(str(n * 7) for n in range(200000)) + ")",
}
# These may have been planned, and run, before the interrupt comes.
SHORT = {"planning", "planning joins", "planning a list"}
FILES = 200  # links to one file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Many Parquet files of a few hundred thousand rows each, and one of CSV with some millions."""
    folder = tmp_path_factory.mktemp("interrupt")
    connection = open_connection()
    for name, rows in (("many.parquet", 300000), ("one.csv", 3000000)):
        connection.execute(f"COPY (SELECT i, (hash(i) >> 1)::BIGINT AS k, md5(i::VARCHAR) AS s FROM range({rows}) t(i)) "
                           f"TO '{folder / name}'")
    for number in range(FILES):
        os.link(folder / "many.parquet", folder / f"many{number}.parquet")
        os.link(folder / "one.csv", folder / f"one{number}.csv")
    return folder


@pytest.fixture(scope="module", params=[1, 2])
def busy_connection(request):
    connection = open_connection(request.param)
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute(SETUP)
    return connection


def seconds_to_stop(connection, query, after=INTERRUPT_AFTER_SECONDS):
    """Runs the query, interrupts it, and gives the time from then to its end; None if it had ended by itself, or at
    the memory limit: a fast machine gets there sooner."""
    import trivet

    started = threading.Event()
    outcome = {}

    def run():
        started.set()
        try:
            connection.sql(query).fetchall()
            outcome["error"] = None
        except trivet.Error as error:
            outcome["error"] = error
        outcome["end"] = time.perf_counter()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    time.sleep(after)
    start = time.perf_counter()
    connection.interrupt()
    thread.join()
    seconds = outcome["end"] - start
    # The limit may be met while the interrupt is on its way.
    if isinstance(outcome["error"], trivet.OutOfMemoryError) and seconds < MOST_SECONDS:
        return None
    if outcome["error"] is None:
        return None
    assert isinstance(outcome["error"], trivet.CancelledError), outcome["error"]
    return seconds


@pytest.mark.parametrize("place", QUERIES)
def test_an_interrupt_ends_a_query_within_100_ms(busy_connection, folder, place):
    query = QUERIES[place].replace("{folder}", str(folder))
    for _ in range(ATTEMPTS):
        seconds = seconds_to_stop(busy_connection, query)
        assert seconds is not None or place in SHORT, "the query ended by itself"
        if seconds is None or seconds < MOST_SECONDS:
            break
    else:
        pytest.fail(f"{place}: {seconds * 1000:.0f} ms")
    assert busy_connection.sql("SELECT 42").fetchall() == [(42,)]


@pytest.mark.parametrize("place", ["merge of sorted runs", "hash join build", "grouping many", "median", "mode",
                                   "ordered aggregate"])
def test_an_interrupt_at_any_moment(busy_connection, place):
    """Operators of several phases, interrupted in all of them."""
    slow = []
    for tenths in (3, 10, 20, 30):
        seconds = seconds_to_stop(busy_connection, QUERIES[place], tenths / 10)
        if seconds is None:
            break
        if seconds >= MOST_SECONDS:
            slow.append((tenths / 10, seconds))
    # One late moment may be the machine's.
    assert len(slow) <= 1, slow


def test_two_unread_cursors_leave_the_pool_free():
    connection = open_connection(1)
    endless = f"SELECT i FROM range({MANY}) t(i)"
    first = connection.cursor().sql(endless)
    second = connection.cursor().sql(endless)
    start = time.perf_counter()
    assert connection.sql("SELECT sum(i) FROM range(100000) t(i)").fetchall() == [(4999950000,)]
    assert time.perf_counter() - start < 5
    assert first.columns == second.columns == ["i"]


def test_control_c_ends_a_statement_that_runs_inside_execute():
    """CREATE TABLE AS runs to its end inside one call; the main thread's signals are looked at all the same."""
    import _thread

    connection = open_connection()
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    timer = threading.Timer(INTERRUPT_AFTER_SECONDS, _thread.interrupt_main)
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        connection.execute(f"CREATE TABLE never AS SELECT i FROM range({MANY}) t(i)")
    assert time.perf_counter() - start < INTERRUPT_AFTER_SECONDS + 0.5
    assert connection.sql("SELECT 1").fetchall() == [(1,)]
