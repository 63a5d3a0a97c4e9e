"""Memory is reserved everywhere: no query holds more than 64 MiB of heap beyond its reservations, and one that
would take more than its limit ends with an error before it does.

Beside TPC-H the queries make texts, by functions and aggregates, one after the other and inside one batch."""

import functools
import subprocess
import sys

import oracle
import pytest
from conftest import BUILD, open_connection

MOST_UNRESERVED_BYTES = 64 << 20
PROGRAM = BUILD / "unreserved_heap"


# Each takes hundreds of megabytes for texts at one time.
LONG = "repeat('ab', 30000 + i)"
TEXTS = {
    "repeat": f"SELECT max({LONG}) FROM range(3000) t(i)",
    "pad": "SELECT max(length(lpad(rpad('x', 50000 + i::INTEGER, 'y'), 100000, 'z'))) FROM range(1500) t(i)",
    "replace": f"SELECT max(length(replace({LONG}, 'a', 'xyz'))) FROM range(1000) t(i)",
    "replace one text": "SELECT length(replace(repeat('ab', 50000000 + i), 'a', 'xyz')) FROM range(1) t(i)",
    "concat": f"SELECT max(length(concat({LONG}, i, {LONG}))) FROM range(1500) t(i)",
    "operator": f"SELECT max(length({LONG} || {LONG})) FROM range(1500) t(i)",
    "upper": f"SELECT max(upper({LONG})) FROM range(2000) t(i)",
    "reverse": f"SELECT max(reverse({LONG})) FROM range(2000) t(i)",
    "translate": f"SELECT max(translate({LONG}, 'a', 'ä')) FROM range(1000) t(i)",
    "hex": f"SELECT max(length(hex({LONG}))) FROM range(1000) t(i)",
    "to_base64": f"SELECT max(length(to_base64({LONG}::BLOB))) FROM range(1000) t(i)",
    "regexp_replace": f"SELECT max(length(regexp_replace({LONG}, '[ab]', '<\\0>', 'g'))) FROM range(500) t(i)",
    "regexp_replace one text": "SELECT length(regexp_replace(repeat('ab', 10000000 + i), 'a', '<\\0>', 'g')) FROM range(1) t(i)",
    "format": f"SELECT max(length(format('{{}} {{}}', {LONG}, i))) FROM range(1500) t(i)",
    "format of a width": "SELECT length(format('{:>100000000}', i)) FROM range(1) t(i)",
    "overlay": f"SELECT max(length(overlay({LONG}, {LONG}, 3))) FROM range(1500) t(i)",
    "nested calls": f"SELECT max(length(lower(upper(reverse({LONG}))))) FROM range(1000) t(i)",
    "case": f"SELECT max(CASE WHEN i % 2 = 0 THEN {LONG} ELSE upper({LONG}) END) FROM range(2000) t(i)",
    "casts": "SELECT max(length(({0})::VARCHAR || (i::DOUBLE)::VARCHAR)) FROM range(1500) t(i)".format(
        LONG + "::BLOB"),
    "string_agg": "SELECT length(string_agg('a text of some length ' || i, ', ')) FROM range(4000000) t(i)",
    "string_agg of groups": f"SELECT max(length(g)) FROM (SELECT string_agg({LONG}, ',') AS g FROM range(2000) t(i) GROUP BY i % 1000)",
    "max of groups": f"SELECT count(m) FROM (SELECT max({LONG}) AS m FROM range(3000) t(i) GROUP BY i)",
    "first": f"SELECT count(DISTINCT m) FROM (SELECT first({LONG}) AS m FROM range(2000) t(i) GROUP BY i)",
    "mode": f"SELECT length(mode({LONG})) FROM range(3000) t(i)",
    "small texts kept": "WITH c AS MATERIALIZED (SELECT 'longer than what fits into a view ' || i AS s FROM range(4000000) t(i)) "
                        "SELECT count(*), max(s) FROM c",
    "result": f"SELECT {LONG} FROM range(20000) t(i)",
    "result of both branches": f"SELECT CASE WHEN i % 3 = 0 THEN {LONG} ELSE 'short' END FROM range(60000) t(i)",
    "sorted": f"SELECT count(*) FROM (SELECT {LONG} AS s FROM range(2000) t(i) ORDER BY s LIMIT 1500)",
    "joined": f"SELECT count(*) FROM (SELECT {LONG} AS s FROM range(2000) t(i)) a JOIN (SELECT {LONG} AS s FROM range(2000) t(i)) b USING (s)",
    "distinct": f"SELECT count(DISTINCT {LONG}) FROM range(3000) t(i)",
}


@functools.cache
def unreserved_bytes_of_texts():
    """The most unreserved bytes of each of these queries."""
    folder = BUILD / "test-logs/texts"
    folder.mkdir(parents=True, exist_ok=True)
    setup = folder / "setup.sql"
    setup.write_text("SELECT 1;\n")
    names = {name.replace(" ", "-"): name for name in TEXTS}
    files = []
    for stem, name in names.items():
        query = TEXTS[name]
        files.append(folder / f"{stem}.sql")
        files[-1].write_text(query)
    output = subprocess.run(
        [PROGRAM, "2", setup, *files], check=True, capture_output=True, text=True).stdout
    return {names[name]: int(count) for name, count in (line.split() for line in output.splitlines())}


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


@pytest.mark.parametrize("query", TEXTS)
def test_texts_are_reserved(query):
    assert unreserved_bytes_of_texts()[query] <= MOST_UNRESERVED_BYTES


LIMIT = 100_000_000
# Within the limit one batch or one group is too much: more than ten times what it allows.
HUGE = "repeat('ab', 2000000 + i)"
TOO_MUCH = {
    "replace": f"SELECT max(length(replace({HUGE}, 'a', 'xyz'))) FROM range(1000) t(i)",
    "repeat": f"SELECT max({HUGE}) FROM range(1000) t(i)",
    "lpad": "SELECT max(lpad('x', 5000000 + i::INTEGER, 'yz')) FROM range(1000) t(i)",
    "concat": "SELECT max(length(concat(s, s, s, s))) FROM (SELECT repeat('ab', 20000) || i AS s FROM range(100000) t(i))",
    "regexp_replace": "SELECT max(length(regexp_replace(repeat('ab', 100000 + i), 'a', '<\\0\\0\\0\\0\\0>', 'g'))) FROM range(3000) t(i)",
    "upper": "SELECT max(length(upper(lower(repeat('ab', 100000 + i))))) FROM range(3000) t(i)",
    "cast": "SELECT max(length((repeat('ab', 100000 + i)::BLOB)::VARCHAR)) FROM range(3000) t(i)",
    "string_agg": "SELECT length(string_agg(repeat('x', 1000) || i, ',')) FROM range(1000000) t(i)",
    "format": "SELECT max(length(format('{:>100000000}', i))) FROM range(1000) t(i)",
    "levenshtein": "SELECT damerau_levenshtein(repeat('a', 100000 + i), repeat('b', 100000 + i)) FROM range(10) t(i)",
    "filter": f"SELECT count(*) FROM range(1000) t(i) WHERE length({HUGE}) > 5",
    "group": f"SELECT {HUGE}, count(*) FROM range(1000) t(i) GROUP BY 1",
    "order": f"SELECT i FROM range(1000) t(i) ORDER BY {HUGE}",
    "join": f"SELECT count(*) FROM range(1000) a(i) JOIN range(1000) b(j) ON {HUGE} = repeat('ab', 2000000 + j)",
    "table": f"CREATE TABLE never AS SELECT {HUGE} AS s FROM range(1000) t(i)",
    "constant": "SELECT length(repeat('ab', 2000000000))",
}


@pytest.mark.parametrize("query", TOO_MUCH)
def test_more_than_the_limit_is_an_error_that_names_the_operator(program, query):
    """The process, too, stays near the limit: what is refused was never allocated."""
    process = subprocess.Popen([program, "--memory-limit", str(LIMIT), "--threads", "2", "-c", TOO_MUCH[query]],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, errors = process.communicate()
    assert process.returncode == 1, errors
    assert errors.startswith("Out of Memory Error: "), errors
    assert any(name in errors for name in ("PROJECT", "FILTER", "AGGREGATE", "ORDER_BY", "JOIN", "VALUES", "table")), errors
    assert "(memory_limit)" in errors


def test_a_process_never_takes_much_more_than_its_limit():
    """Of all these queries together; the program itself takes some 60 MB."""
    program = [BUILD / "trivet", "--memory-limit", str(LIMIT), "--threads", "2"]
    # Started by a process that is small itself: the peak of one counts as that of those it starts.
    start_and_measure = ("import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode;"
                         "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    for query in TOO_MUCH.values():
        command = [sys.executable, "-c", start_and_measure, *program, "-c", query]
        code, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:]
        assert int(code) == 1
        assert int(peak) * 1024 <= LIMIT + (150 << 20), query


def test_what_memory_was_refused_to_leaves_none_taken():
    import trivet

    connection = open_connection()
    connection.execute(f"SET memory_limit = '{LIMIT}'")
    for query in list(TOO_MUCH.values())[:6]:
        with pytest.raises(trivet.OutOfMemoryError):
            connection.sql(query).fetchall()
    assert connection.sql("SELECT length(repeat('ab', 40000000 + i)) FROM range(1) t(i)").fetchall() == [(80000000,)]
