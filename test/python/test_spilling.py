"""What does not fit into memory goes to disk: the answers stay the same, memory stays bounded, and nothing is left
behind, whatever ends the query.

Temporary files have no name, so that their directory looks empty while they are there: they are found among the
open files of the process."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import duckdb
import oracle
import pytest
from conftest import BUILD, open_connection

LIMIT = "28MiB"
# An aggregation of these needs more than twice the limit; each side of a join as much as the limit and more.
ROWS = 600_000
VIEWS = f"""
CREATE VIEW facts AS SELECT i, i * 7 % {ROWS} AS k, i % 10 AS few, 'on the left ' || i AS s FROM range({ROWS}) l(i);
CREATE VIEW others AS SELECT i, i * 11 % {ROWS} * 2 AS k, 'on the right ' || i AS s FROM range({ROWS}) r(i);
CREATE VIEW hot AS SELECT i, CASE WHEN i % 2 = 0 THEN 8 ELSE i END AS k, 'some text ' || i AS s FROM range({ROWS}) h(i);
"""
# Name: the operator that must spill, the query, and what a checksum adds up of its answer.
CASES = {
    "groups": ("HASH_AGGREGATE", "SELECT k, count(*) AS n, sum(i) AS t, min(s) AS a, max(s) AS b FROM facts GROUP BY k", "k * n + t", "a || b"),
    "groups of texts": ("HASH_AGGREGATE", "SELECT s, avg(i) AS m, count(few) AS n FROM facts GROUP BY s", "m * n", "s"),
    "distinct values of groups": ("HASH_AGGREGATE",
        "SELECT k % 40000 AS g, count(DISTINCT few) AS n, count(DISTINCT s) AS m, sum(DISTINCT i) AS t FROM facts GROUP BY g", "g * n + m + t", "''"),
    "distinct values of one group": ("HASH_AGGREGATE", "SELECT count(DISTINCT s) AS n, count(DISTINCT k) AS m, count(*) AS c FROM facts", "n + m + c", "''"),
    "distinct values of a hot group": ("HASH_AGGREGATE", "SELECT k, count(DISTINCT s) AS n FROM hot GROUP BY k", "k * n", "''"),
    "texts in order": ("HASH_AGGREGATE", "SELECT k % 90000 AS g, string_agg(s, ',' ORDER BY i DESC) AS t FROM facts GROUP BY g", "g", "t"),
    "medians": ("HASH_AGGREGATE", "SELECT k % 200000 AS g, median(i) AS m, arg_max(s, i) AS t, median(k) AS o FROM facts GROUP BY g", "g + m + o", "t"),
    "distinct": ("HASH_AGGREGATE", "SELECT DISTINCT k, s FROM facts", "k", "s"),
    "distinct on": ("DISTINCT_ON", "SELECT DISTINCT ON (k) k, i, s FROM facts", "3 * k + i", "s"),
    "inner join": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM facts a JOIN others b ON a.k = b.k", "i + 3 * j", "s || u"),
    "left join": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM facts a LEFT JOIN others b ON a.k = b.k", "i + coalesce(j, 7)", "concat(s, u)"),
    "full join": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM facts a FULL JOIN others b ON a.k = b.k",
                  "coalesce(i, 5) + coalesce(j, 7)", "concat(s, u)"),
    "join on more": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM facts a LEFT JOIN others b ON a.k = b.k AND a.i < b.i AND a.s <> b.s",
                     "i + coalesce(j, 7)", "concat(s, u)"),
    "exists": ("HASH_JOIN", "SELECT i, s FROM facts a WHERE EXISTS (SELECT 1 FROM others b WHERE a.k = b.k)", "i", "s"),
    "not exists": ("HASH_JOIN", "SELECT i, s FROM facts a WHERE NOT EXISTS (SELECT 1 FROM others b WHERE a.k = b.k AND a.s > b.s)", "i", "s"),
    "not in": ("HASH_JOIN", "SELECT i, s FROM (SELECT CASE WHEN few > 0 THEN k END AS k, i, s FROM facts) a WHERE k NOT IN (SELECT k FROM others)", "i", "s"),
    "not in with NULL": ("HASH_JOIN", "SELECT i, s FROM facts WHERE k NOT IN (SELECT CASE WHEN i <> 77 THEN k END FROM others)", "i", "s"),
    "hot key": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM hot a JOIN others b ON a.k = b.k", "i + 3 * j", "s || u"),
    "hot key of the smaller side": ("HASH_JOIN", "SELECT a.i, b.i AS j, a.s, b.s AS u FROM hot a LEFT JOIN (FROM others UNION ALL FROM others) b ON a.k = b.k",
                                    "i + coalesce(j, 7)", "concat(s, u)"),
    "intersect": ("SET_OPERATION", "SELECT k, s FROM (SELECT * FROM facts UNION ALL SELECT k, i, few, s FROM facts) INTERSECT SELECT k, s FROM facts", "k", "s"),
    "intersect all": ("SET_OPERATION", "SELECT i % 300000 AS k, few FROM facts INTERSECT ALL SELECT k % 500000, few FROM facts", "k * few", "''"),
    "except": ("SET_OPERATION", "SELECT k, s FROM facts EXCEPT SELECT k, replace(s, 'right', 'left') FROM others", "k", "s"),
    "except all": ("SET_OPERATION", "SELECT k, s FROM facts EXCEPT ALL SELECT k, s FROM facts WHERE few < 5", "k", "s"),
    "operators in a row": ("HASH_AGGREGATE", "SELECT g.k, n, u, c.s FROM (SELECT a.k, count(*) AS n, min(a.s || b.s) AS u FROM facts a JOIN others b ON a.k = b.k GROUP BY a.k) g "
                           "JOIN facts c ON g.k = c.k", "k * n", "u || s"),
}  # fmt: skip


def checksum(name, hashed):
    """One row that tells answers apart; with `hashed`, by every bit, as only Trivet can."""
    _, query, number, text = CASES[name]
    bits = f", bit_xor(hash({number}, {text})), sum(hash({text}, {number})::HUGEINT)" if hashed else ""
    return f"SELECT count(*), sum({number})::DOUBLE, sum(length({text}))::BIGINT, min({text}), max({text}){bits} FROM ({query}) answer"


def open_limited(directory, threads=2, limit=LIMIT):
    connection = open_connection(threads)
    connection.execute(f"SET memory_limit = '{limit}'")
    connection.execute(f"SET temp_directory = '{directory}'")
    return connection


def spilled_operators(plan):
    """The names of those that EXPLAIN ANALYZE tells to have spilled."""
    return [line.strip("│├└─ ").split(" ")[0] for line in plan.splitlines() if "Spilled: " in line]


def temporary_bytes(directory, process="self"):
    """What the process's temporary files in the directory take."""
    total = 0
    for link in pathlib.Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            target = os.readlink(link)
            if target.startswith(f"{directory}/") and target.endswith(" (deleted)"):
                total += os.stat(link).st_blocks * 512
    return total


def wait_until_spilled(directory, process="self", least_bytes=1 << 20):
    end = time.monotonic() + 20
    while temporary_bytes(directory, process) < least_bytes:
        assert time.monotonic() < end, "nothing was spilled"
        time.sleep(0.005)


def assert_nothing_left(directory):
    assert list(directory.iterdir()) == []
    assert temporary_bytes(directory) == 0


@pytest.fixture(scope="module")
def reference():
    connection = duckdb.connect()
    connection.execute(VIEWS)
    return connection


@pytest.mark.parametrize("name", CASES)
def test_answers_are_those_of_memory(name, tmp_path, reference):
    unlimited = open_connection()
    unlimited.execute(VIEWS)
    expected = unlimited.sql(checksum(name, hashed=True)).fetchall()
    assert expected[0][:5] == reference.sql(checksum(name, hashed=False)).fetchall()[0]
    for threads in (1, 2):
        connection = open_limited(tmp_path, threads)
        connection.execute(VIEWS)
        ((_, plan),) = connection.sql(f"EXPLAIN ANALYZE CREATE TABLE answer AS {checksum(name, hashed=True)}").fetchall()
        assert CASES[name][0] in spilled_operators(plan), plan
        assert connection.sql("SELECT * FROM answer").fetchall() == expected
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("name", ["distinct", "inner join", "distinct values of one group", "except"])
def test_without_a_directory_they_do_not_fit(name):
    """So the limit is one at which the cases above had to spill."""
    import trivet

    connection = open_limited("")
    connection.execute(VIEWS)
    with pytest.raises(trivet.OutOfMemoryError) as caught:
        connection.sql(checksum(name, hashed=False)).fetchall()
    assert "memory_limit" in str(caught.value) or "temp_directory" in str(caught.value)
    assert connection.sql("SELECT few, count(*) FROM facts GROUP BY few ORDER BY few LIMIT 1").fetchall() == [(0, ROWS // 10)]


# --- memory ---------------------------------------------------------------------------------------------------------

MEASURED = """
import re, sys, trivet
directory, limit, query = sys.argv[1:]
def status(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) << 10
connection = trivet.connect()
connection.execute(f"SET threads = 2; SET memory_limit = '{limit}'; SET temp_directory = '{directory}'")
connection.sql("SELECT count(*) FROM (SELECT i FROM range(1000) t(i) GROUP BY i)").fetchall()
before = status("VmRSS")
print(connection.sql(query).fetchall(), status("VmHWM") - before)
"""
TEXT = "repeat('x', 100) || i"
LARGE = {
    "ten million groups": ("64MiB", "SELECT count(*), sum(n) FROM (SELECT i, count(*) AS n FROM range(10000000) t(i) GROUP BY i)",
                           (10_000_000, 10_000_000)),
    # Each side takes some 160 bytes a row.
    "both sides ten times the limit": (
        "32MiB", f"SELECT count(*), sum(length(a.s || b.s)) FROM (SELECT i, {TEXT} AS s FROM range(2000000) t(i)) a "
        f"JOIN (SELECT i, {TEXT} AS s FROM range(2000000) t(i)) b USING (i)", (2_000_000, 2 * 212_888_890)),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_the_process_stays_near_its_limit(name, tmp_path):
    limit, query, expected = LARGE[name]
    environment = {**os.environ, "PYTHONPATH": str(BUILD / "python")}
    output = subprocess.run([sys.executable, "-c", MEASURED, tmp_path, limit, query], env=environment,
                            capture_output=True, text=True, check=True).stdout
    rows, grown = output.rsplit(" ", 1)
    assert rows == str([expected])
    assert int(grown) <= (int(limit.removesuffix("MiB")) + 150) << 20


# --- disk -----------------------------------------------------------------------------------------------------------

NEEDS_DISK = ("texts in order", "inner join", "except all")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB, to be mounted again with other options."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True).returncode:
        pytest.skip("cannot mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def used_bytes(disk):
    state = os.statvfs(disk)
    return (state.f_blocks - state.f_bfree) * state.f_frsize


def assert_usable(connection):
    assert connection.sql("SELECT few, count(*), max(s) FROM facts WHERE i < 1000 GROUP BY few ORDER BY few LIMIT 1").fetchall() == [
        (0, 100, "on the left 990")]


@pytest.mark.parametrize("name", NEEDS_DISK)
def test_the_bound_on_temporary_files_is_kept(name, tmp_path):
    import trivet

    connection = open_limited(tmp_path)
    connection.execute(VIEWS)
    connection.execute("SET max_temp_directory_size = '8MB'")
    for _ in range(2):  # what the first one wrote counts no longer
        with pytest.raises(trivet.OutOfDiskError) as caught:
            connection.sql(checksum(name, hashed=False)).fetchall()
        assert caught.value.file == str(tmp_path)
        assert str(tmp_path) in str(caught.value)
        assert "max_temp_directory_size" in caught.value.hint
        assert_nothing_left(tmp_path)
        assert_usable(connection)
    connection.execute("RESET max_temp_directory_size")
    assert len(connection.sql(checksum(name, hashed=False)).fetchall()) == 1


@pytest.mark.parametrize("bound", ["1GB", None], ids=["system says so", "nine tenths taken"])
@pytest.mark.parametrize("name", NEEDS_DISK[:2])
def test_a_full_disk_is_an_error_that_names_it(name, bound, small_disk):
    import trivet

    connection = open_limited(small_disk)
    connection.execute(VIEWS)
    if bound:
        connection.execute(f"SET max_temp_directory_size = '{bound}'")
    for _ in range(2):
        with pytest.raises(trivet.OutOfDiskError) as caught:
            connection.sql(checksum(name, hashed=False)).fetchall()
        assert caught.value.file == str(small_disk)
        assert str(small_disk) in str(caught.value)
        assert_nothing_left(small_disk)
        assert used_bytes(small_disk) == 0
        assert_usable(connection)


def test_a_missing_directory_is_made_when_it_is_needed(tmp_path):
    directory = tmp_path / "not yet" / "there"
    connection = open_limited(directory)
    connection.execute(VIEWS)
    assert_usable(connection)
    assert not directory.exists()
    assert len(connection.sql(checksum("distinct", hashed=False)).fetchall()) == 1
    assert_nothing_left(directory)


@contextlib.contextmanager
def unusable(kind, tmp_path, request):
    if kind == "below a file":
        (tmp_path / "file").write_text("not a directory")
        yield tmp_path / "file" / "below", "NotFoundError"
    elif kind == "a file":
        (tmp_path / "file").write_text("not a directory")
        yield tmp_path / "file", "NotFoundError"
    elif kind == "nowhere":
        yield pathlib.Path("/proc/nowhere"), "NotFoundError"
    else:
        disk = request.getfixturevalue("small_disk")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield (disk if kind == "read-only" else disk / "below"), "PermissionDeniedError"


@pytest.mark.parametrize("kind", ["below a file", "a file", "nowhere", "read-only", "below read-only"])
def test_an_unusable_directory_is_named_by_what_needs_it(kind, tmp_path, request):
    import trivet

    with unusable(kind, tmp_path, request) as (directory, error):
        connection = open_limited(directory)
        connection.execute(VIEWS)
        for name in ("distinct", "inner join"):
            assert_usable(connection)  # needs no disk
            with pytest.raises(getattr(trivet, error)) as caught:
                connection.sql(checksum(name, hashed=False)).fetchall()
            assert str(directory) in str(caught.value)
        connection.execute(f"SET temp_directory = '{tmp_path}'")
        assert len(connection.sql(checksum("distinct", hashed=False)).fetchall()) == 1


# --- ends before the end --------------------------------------------------------------------------------------------

MANY = 100_000_000_000
ENDLESS = {
    "groups": f"SELECT count(*) FROM (SELECT i, max(i) FROM range({MANY}) t(i) GROUP BY i)",
    "distinct values": f"SELECT count(DISTINCT 'text ' || i) FROM range({MANY}) t(i)",
    "build of a join": f"SELECT count(*) FROM range({MANY}) a(i) JOIN range({MANY}) b(i) ON a.i + 1 = b.i + 1",
    "probe of a join": f"SELECT count(*) FROM (SELECT i % 900000 AS k, 'text ' || i AS s FROM range({MANY}) t(i)) a "
                       f"LEFT JOIN (SELECT i AS k, 'text ' || i AS s FROM range(900000) t(i)) b ON a.k = b.k AND a.s < b.s",
    "except": f"SELECT count(*) FROM (SELECT i FROM range({MANY}) t(i) EXCEPT ALL SELECT -i FROM range({MANY}) t(i))",
}  # fmt: skip
MOST_SECONDS = 2  # on a machine that does other things besides


@pytest.mark.parametrize("name", ENDLESS)
def test_an_interrupt_leaves_nothing(name, tmp_path):
    import trivet

    connection = open_limited(tmp_path)
    errors = []

    def run():
        try:
            connection.sql(ENDLESS[name]).fetchall()
        except trivet.Error as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until_spilled(tmp_path)
    finally:
        start = time.monotonic()
        connection.interrupt()
        thread.join()
    assert time.monotonic() - start < MOST_SECONDS
    assert [type(error) for error in errors] == [trivet.CancelledError]
    assert_nothing_left(tmp_path)
    assert connection.sql("SELECT 42").fetchall() == [(42,)]


KILLED = """
import sys, trivet
directory, query = sys.argv[1:]
connection = trivet.connect()
connection.execute(f"SET threads = 2; SET memory_limit = '48MiB'; SET temp_directory = '{directory}'; SET max_temp_directory_size = '1GB'")
print(connection.sql(query).fetchall())
"""


@pytest.mark.parametrize("name", ["groups", "build of a join"])
def test_a_killed_process_leaves_nothing(name, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(BUILD / "python")}

    def start(query):
        return subprocess.Popen([sys.executable, "-c", KILLED, tmp_path, query], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    process = start(ENDLESS[name])
    try:
        wait_until_spilled(tmp_path, process.pid)
    finally:
        process.kill()
        output = process.communicate()
    assert process.returncode == -signal.SIGKILL, output
    assert list(tmp_path.iterdir()) == []
    output, errors = start("SELECT count(*) FROM (SELECT i, max(i) FROM range(2000000) t(i) GROUP BY i)").communicate()
    assert output == "[(2000000,)]\n", errors
    assert list(tmp_path.iterdir()) == []


def test_the_space_of_a_killed_process_is_free_again(small_disk):
    """A query of few groups a time holds its file until it is killed."""
    environment = {**os.environ, "PYTHONPATH": str(BUILD / "python")}
    # Spills some megabytes, then reads numbers without end.
    query = (f"SELECT count(*) FROM range({MANY}) a(i) LEFT JOIN (SELECT i * 3 AS k, 'text ' || i AS s FROM range(600000) t(i)) b "
             "ON a.i % 7 - 10 = b.k AND b.s <> ''")
    script = KILLED.replace("'48MiB'", "'16MiB'")
    process = subprocess.Popen([sys.executable, "-c", script, small_disk, query], env=environment)
    try:
        wait_until_spilled(small_disk, process.pid)
        assert used_bytes(small_disk) > 0
    finally:
        process.kill()
        process.wait()
    assert used_bytes(small_disk) == 0


# --- together -------------------------------------------------------------------------------------------------------

CLIENTS = 8
TOGETHER = "256MiB"


def test_eight_clients_share_a_small_limit(tmp_path):
    """Each asks other queries of TPC-H at a time, and one that must spill in between."""
    directory, expected = oracle.tpch_directory("0.1"), oracle.tpch_answers("0.1")
    connection = open_limited(tmp_path, limit=TOGETHER)
    oracle.create_views(connection, directory, oracle.TPCH_TABLES)
    queries = list(oracle.queries("tpch").items())
    large = "SELECT count(*), sum(n) FROM (SELECT 'the group ' || i % 700000, count(*) AS n FROM range(900000) t(i) GROUP BY 1)"
    problems, spilled = [], []

    def ask(client):
        cursor = connection.cursor()
        first = client * len(queries) // CLIENTS
        for name, text in queries[first:] + queries[:first]:
            problem = oracle.difference(expected[name], cursor.sql(text).fetchall())
            if problem:
                problems.append((client, name, problem))
        ((_, plan),) = cursor.sql(f"EXPLAIN ANALYZE CREATE TABLE answer{client} AS {large}").fetchall()
        spilled.extend(spilled_operators(plan))
        if cursor.sql(f"SELECT * FROM answer{client}").fetchall() != [(700_000, 900_000)]:
            problems.append((client, "large"))

    def run(client):
        try:
            ask(client)
        except Exception as error:  # a thread's exception is nobody's otherwise
            problems.append((client, error))

    threads = [threading.Thread(target=run, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert spilled
    assert_nothing_left(tmp_path)
