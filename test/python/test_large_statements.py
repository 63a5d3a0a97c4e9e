"""Statements of up to a megabyte and of great depth: an answer or an error that says why, soon."""

import resource
import subprocess

import pytest

# Of processor time: each takes a second or two; what grows with the square of the text takes minutes.
CPU_SECONDS = 20
DEPTH = 10_000


def run(program, tmp_path, statement):
    path = tmp_path / "statement.sql"
    path.write_text(statement + ";\n")
    return subprocess.run(
        [program, "--format", "csv", "-f", path],
        capture_output=True,
        text=True,
        timeout=900,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS)),
    )


def joined(separator, template, count):
    return separator.join(template.format(k, k + 1) for k in range(count))


ROWS = "FROM range(1000) t(i)"
TABLES = ", ".join(f"range(5) t{k}(i{k})" for k in range(900))

# What each prints as its last line.
ANSWERED = {
    "IN list": (f"SELECT count(*) {ROWS} WHERE i IN ({joined(',', '{}', 100_000)})", "1000"),
    "IN list of texts": (f"SELECT count(*) {ROWS} WHERE i::VARCHAR IN ({joined(',', chr(39) + '{}' + chr(39), 60_000)})", "1000"),
    "IN list of expressions": (f"SELECT count(*) {ROWS} WHERE 5 IN ({joined(',', 'i + {}', 20_000)})", "6"),
    "OR of equalities": (f"SELECT count(*) {ROWS} WHERE {joined(' OR ', 'i = {}', 20_000)}", "1000"),
    "OR of anything": (f"SELECT count(*) {ROWS} WHERE {joined(' OR ', 'i + {} = 7', 20_000)}", "8"),
    "OR of ANDs": (f"SELECT count(*) {ROWS} WHERE {joined(' OR ', '(i = {} AND i + 1 = {})', 20_000)}", "1000"),
    "AND": (f"SELECT count(*) {ROWS} WHERE {joined(' AND ', 'i <> {}', 20_000)}", "0"),
    "AND over a join": (
        f"SELECT count(*) FROM range(100) t(i), range(100) u(j) WHERE {joined(' AND ', 'i + {0} = j + {0}', 5_000)}",
        "100",
    ),
    "AND of ORs over a join": (
        f"SELECT count(*) FROM range(100) t(i), range(100) u(j) WHERE {joined(' AND ', '(i <> {0} OR j <> {0})', 5_000)}",
        "9900",
    ),
    "CASE": (f"SELECT sum(CASE {joined(' ', 'WHEN i = {} THEN {}', 20_000)} END) FROM range(10) t(i)", "55"),
    "UNION ALL": (f"SELECT count(*) FROM ({joined(' UNION ALL ', 'SELECT {}', 2_000)})", "2000"),
    "UNION": (f"SELECT count(*) FROM ({joined(' UNION ', 'SELECT {} % 7', 2_000)})", "7"),
    "joined derived tables": (f"SELECT count(*) FROM {joined(', ', '(SELECT 1 AS c{0}) t{0}', 450)}", "1"),
    "chain of joins": (f"SELECT count(*) FROM {TABLES} WHERE {joined(' AND ', 'i{} = i{}', 899)}", "5"),
    "clique of joins": (
        f"SELECT count(*) FROM {', '.join(f'range(5) t{k}(i{k})' for k in range(50))} WHERE "
        + " AND ".join(f"i{k} = i{j}" for k in range(50) for j in range(k)),
        "5",
    ),
    "chain of CTEs": (
        f"WITH c0 AS (SELECT 1 AS x), {joined(', ', 'c{1} AS (SELECT x + 1 AS x FROM c{0})', 1_000)} SELECT * FROM c1000",
        "1001",
    ),
    "columns": (f"SELECT c4999 FROM (SELECT {joined(', ', 'i + {0} AS c{0}', 5_000)} FROM range(1) t(i))", "4999"),
    "select list": (f"SELECT {joined(', ', 'i + {}', 5_000)} FROM range(1) t(i)", ",".join(map(str, range(5_000)))),
    "sums": (f"SELECT {joined(', ', 'sum(i + {})', 5_000)} FROM range(1) t(i)", ",".join(map(str, range(5_000)))),
    "groups": (f"SELECT count(*) FROM (SELECT {joined(', ', 'i % {1} AS c{0}', 2_000)} {ROWS} GROUP BY ALL)", "1000"),
    "sort keys": (f"SELECT i {ROWS} ORDER BY {joined(', ', 'i % {1}', 3_000)} LIMIT 1", "0"),
    "VALUES": (f"SELECT count(*), sum(a) FROM (VALUES {joined(', ', '({}, 1)', 60_000)}) t(a, b)", "60000,1799970000"),
    "subqueries that use outer rows": (
        f"SELECT {joined(' + ', '(SELECT max(j) FROM range(20) u(j) WHERE j <= i AND j > {} - 1000)', 300)} FROM range(2, 3) t(i)",
        "600",
    ),
    "equal subqueries": (
        f"SELECT {joined(' + ', '(SELECT max(j) + {} FROM range(20) u(j) WHERE j = i)', 300)} FROM range(1) t(i)",
        str(sum(range(300))),
    ),
    "EXISTS": (
        "SELECT count(*) FROM range(10) t(i) WHERE "
        + " AND ".join(f"EXISTS (SELECT 1 FROM range(20) u(j) WHERE j = i + {k % 3})" for k in range(900)),
        "10",
    ),
    "text": (f"SELECT length('{'x' * 1_000_000}')", "1000000"),
    "LIKE pattern": (f"SELECT count(*) {ROWS} WHERE i::VARCHAR LIKE '{'%a' * 300_000}'", "0"),
    "comment": (f"SELECT /* {'x' * 1_000_000} */ 1", "1"),
    "subqueries in FROM": (f"SELECT count(*) FROM {'(SELECT * FROM ' * 150}range(3){')' * 150}", "3"),
    "nested EXISTS": (
        "SELECT count(*) FROM range(3) t0(i0) WHERE "
        + "".join(f"EXISTS (SELECT 1 FROM range(3) t{k}(i{k}) WHERE i{k} <= i0 AND " for k in range(1, 150))
        + "true" + ")" * 149,
        "3",
    ),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_long_statements_are_answered(program, tmp_path, name):
    statement, expected = ANSWERED[name]
    assert len(statement) <= 1_100_000
    done = run(program, tmp_path, statement)
    assert done.returncode == 0, done.stderr[:1000]
    assert done.stdout.splitlines()[-1] == expected


TOO_DEEP = {
    "parentheses": "SELECT " + "(" * DEPTH + "1" + ")" * DEPTH,
    "open parentheses": "SELECT " + "(" * 1_000_000,
    "NOT": "SELECT " + "NOT " * DEPTH + "true",
    "minus": "SELECT " + "- " * 500_000 + "1",
    "CASE": "SELECT " + "CASE WHEN true THEN " * DEPTH + "1" + " END" * DEPTH,
    "CASE in conditions": "SELECT " + "CASE WHEN " * DEPTH + "true" + " THEN true END" * DEPTH,
    "CAST": "SELECT " + "CAST(" * DEPTH + "1" + " AS INTEGER)" * DEPTH,
    "casts in a row": "SELECT 1" + "::INTEGER" * DEPTH,
    "function calls": "SELECT " + "abs(" * DEPTH + "1" + ")" * DEPTH,
    "scalar subqueries": "SELECT " + "(SELECT " * DEPTH + "1" + ")" * DEPTH,
    "subqueries in FROM": "SELECT * FROM " + "(SELECT * FROM " * DEPTH + "range(3)" + ")" * DEPTH,
    "EXISTS": "SELECT 1 WHERE " + "EXISTS (SELECT 1 WHERE " * DEPTH + "true" + ")" * DEPTH,
    "joins in parentheses": "SELECT * FROM " + "(range(2) CROSS JOIN " * DEPTH + "range(3)" + ")" * DEPTH,
    "set operations": "SELECT * FROM " + "(SELECT 1 UNION ALL " * DEPTH + "SELECT 1" + ")" * DEPTH,
    "WITH": "WITH c AS (" * DEPTH + "SELECT 1" + ") SELECT * FROM c" * DEPTH,
    "types": "SELECT CAST(1 AS " + "STRUCT(a " * DEPTH + "INTEGER" + ")" * DEPTH + ")",
    "lists": "SELECT " + "[" * DEPTH + "1" + "]" * DEPTH,
    "additions": "SELECT " + " + ".join(["i"] * 5_000) + " FROM range(10) t(i)",
    "EXPLAIN": "EXPLAIN " * DEPTH + "SELECT 1",
}


@pytest.mark.parametrize("name", TOO_DEEP)
def test_deep_statements_are_refused(program, tmp_path, name):
    done = run(program, tmp_path, TOO_DEEP[name])
    assert done.returncode == 1
    assert "nests deeper than the limit" in done.stderr


def test_too_many_columns_and_tables_are_refused(program, tmp_path):
    wide = "SELECT " + ", ".join(["*"] * 1_000) + " FROM (SELECT " + joined(", ", "i AS c{}", 1_000) + " FROM range(1) t(i))"
    done = run(program, tmp_path, wide)
    assert done.returncode == 1 and "columns" in done.stderr
    many = "SELECT count(*) FROM " + ", ".join(f"range(1) t{k}(i{k})" for k in range(3_000))
    done = run(program, tmp_path, many)
    assert done.returncode == 1 and "joins" in done.stderr
