"""Functions and operators registered from Python, in this process."""

import random
import subprocess
import sys
import threading
import time

import pytest
import trivet
from conftest import BUILD

pyarrow = pytest.importorskip("pyarrow")
pc = pytest.importorskip("pyarrow.compute")


def test_vectorised_functions_get_and_give_arrays(connection):
    seen = []

    def plus(left, right):
        seen.append((type(left).__name__, left.null_count, right.null_count))
        return pc.add(left, right)

    connection.register_function("plus", plus, ["BIGINT", "BIGINT"], "BIGINT")
    rows = connection.sql("SELECT plus(a, b) FROM (VALUES (1, 2), (NULL, 3), (4, NULL), (5, 6)) t(a, b)").fetchall()
    assert rows == [(3,), (None,), (None,), (11,)]
    assert seen and all(entry == ("Int64Array", 0, 0) for entry in seen)
    assert connection.sql("SELECT sum(plus(range, 1)) FROM range(100000)").fetchone() == (5000050000,)


def test_row_functions_get_and_give_values(connection):
    connection.register_function("shout", lambda text: text.upper() + "!", ["VARCHAR"], "VARCHAR", vectorized=False)
    assert connection.sql("SELECT shout('a'), shout(NULL)").fetchone() == ("A!", None)
    connection.register_function("seven", lambda: 7, [], "INTEGER", vectorized=False)
    assert connection.sql("SELECT sum(seven()) FROM range(10)").fetchone() == (70,)


def test_special_null_handling_lets_the_function_decide(connection):
    connection.register_function("or_zero", lambda x: pc.fill_null(x, 0), ["BIGINT"], "BIGINT", null_handling="special")
    assert connection.sql("SELECT or_zero(x) FROM (VALUES (1), (NULL)) t(x)").fetchall() == [(1,), (0,)]
    connection.register_function("is_none", lambda x: x is None, ["BIGINT"], "BOOLEAN", null_handling="special", vectorized=False)
    assert connection.sql("SELECT is_none(NULL), is_none(3)").fetchone() == (True, False)
    # And it may give NULLs itself.
    connection.register_function("odd", lambda x: x if x % 2 else None, ["BIGINT"], "BIGINT", vectorized=False)
    assert connection.sql("SELECT count(odd(range)) FROM range(10)").fetchone() == (5,)


TYPES = {
    "BOOLEAN": "true", "TINYINT": "1", "SMALLINT": "2", "INTEGER": "3", "BIGINT": "4", "UINTEGER": "5", "UBIGINT": "6",
    "FLOAT": "0.5", "DOUBLE": "0.25", "DECIMAL(10, 2)": "1.25", "DECIMAL(30, 4)": "12345678901234567890.1234",
    "VARCHAR": "'a longer text than fits inline'", "BLOB": "'ab'::BLOB", "DATE": "DATE '2024-02-29'",
    "TIME": "TIME '01:02:03.000004'", "TIMESTAMP": "TIMESTAMP '2024-02-29 01:02:03.000004'",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2024-02-29 01:02:03+00'",
}


@pytest.mark.parametrize("name", TYPES)
def test_values_of_every_type_go_there_and_back(connection, name):
    connection.register_function("same", lambda x: x, [name], name)
    connection.register_function("same_value", lambda x: x, [name], name, vectorized=False)
    value = f"CAST({TYPES[name]} AS {name})"
    query = f"SELECT same(x), same_value(x), x FROM (SELECT CASE WHEN range % 3 = 0 THEN NULL ELSE {value} END AS x FROM range(7))"
    for one, other, original in connection.sql(query).fetchall():
        assert one == original and other == original


def test_types_may_be_pyarrows_and_casts_are_inserted(connection):
    connection.register_function("half", lambda x: pc.divide(x, 2.0), [pyarrow.float64()], pyarrow.float64())
    assert connection.sql("SELECT half(3), half(3.0::DECIMAL(4, 1))").fetchone() == (1.5, 1.5)
    with pytest.raises(trivet.InvalidInputError, match="half"):
        connection.sql("SELECT half(DATE '2024-01-01')").fetchall()


def test_an_error_names_function_row_and_arguments(connection):
    def picky(values):
        if 37 in values.to_pylist():
            raise ValueError("not that one")
        return values

    connection.register_function("picky", picky, ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.InvalidInputError, match=r"function picky failed in row 37 of a batch of 100, for \(37\): ValueError: not that one") as caught:
        connection.sql("SELECT picky(range) FROM range(100)").fetchall()
    assert caught.value.position == 7
    # Raised for rows that live alone.
    assert connection.sql("SELECT count(picky(range)) FROM range(100) WHERE range <> 37").fetchone() == (99,)
    assert connection.sql("SELECT sum(CASE WHEN range = 37 THEN 0 ELSE picky(range) END) FROM range(100)").fetchone() == (4950 - 37,)


def test_an_error_of_a_row_function_names_its_row_and_arguments(connection):
    connection.register_function("first_above", lambda x: next(y for y in range(50) if y > x), ["BIGINT"], "BIGINT", vectorized=False)
    assert connection.sql("SELECT sum(first_above(range)) FROM range(49)").fetchone() == (sum(range(1, 50)),)
    with pytest.raises(trivet.InvalidInputError, match=r"function first_above failed in row 49 of a batch of 60, for \(49\): StopIteration"):
        connection.sql("SELECT first_above(range) FROM range(60)").fetchall()
    assert connection.sql("SELECT count(first_above(range)) FROM range(60) WHERE range < 49").fetchone() == (49,)


def test_wrong_answers_are_errors(connection):
    connection.register_function("short", lambda x: x.slice(1), ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.InvalidInputError, match="function short gave 9 rows for a batch of 10"):
        connection.sql("SELECT short(range) FROM range(10)").fetchall()
    connection.register_function("text", lambda x: pc.cast(x, "string"), ["BIGINT"], "BIGINT")
    assert connection.sql("SELECT sum(text(range)) FROM range(10)").fetchone() == (45,)  # casts back
    connection.register_function("words", lambda x: ["a"] * len(x), ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.InvalidInputError, match="function words gave something else"):
        connection.sql("SELECT words(range) FROM range(10)").fetchall()
    connection.register_function("word", lambda x: "a", ["BIGINT"], "BIGINT", vectorized=False)
    with pytest.raises(trivet.InvalidInputError, match="function word gave a value that is no int64"):
        connection.sql("SELECT word(range) FROM range(10)").fetchall()


def test_registering_is_checked(connection):
    with pytest.raises(trivet.AlreadyExistsError, match="built-in"):
        connection.register_function("abs", lambda x: x, ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.NotFoundError, match="NO_SUCH"):
        connection.register_function("f", lambda x: x, ["NO_SUCH"], "BIGINT")
    with pytest.raises(trivet.InvalidInputError, match="null_handling"):
        connection.register_function("f", lambda x: x, ["BIGINT"], "BIGINT", null_handling="maybe")
    with pytest.raises(trivet.InvalidInputError, match="vectorized=False"):
        connection.register_function("f", lambda: 1, [], "BIGINT")
    with pytest.raises(trivet.NotImplementedError, match="HUGEINT"):
        connection.register_function("f", lambda x: x, ["HUGEINT"], "BIGINT")
    with pytest.raises(TypeError):
        connection.register_function("f", 3, ["BIGINT"], "BIGINT")
    with pytest.raises(trivet.InvalidInputError, match="distribution"):
        connection.register_operator("f", lambda r: r, distribution="some")
    with pytest.raises(trivet.InvalidInputError, match="names no columns"):
        connection.register_operator("f", lambda r: r, distribution="hash")
    with pytest.raises(trivet.NotFoundError):
        connection.sql("SELECT f(1)").fetchall()


def test_a_function_that_is_not_deterministic_is_called_for_every_row(connection):
    connection.register_function("dice", lambda x: random.random(), ["BIGINT"], "DOUBLE", deterministic=False, vectorized=False)
    assert connection.sql("SELECT count(DISTINCT dice(1)) FROM range(100)").fetchone()[0] > 90


def running_maximum(reader):
    largest = None
    for batch in reader:
        out = []
        for value in batch.column("x").to_pylist():
            largest = value if largest is None else max(largest, value)
            out.append(largest)
        yield pyarrow.record_batch({"largest": pyarrow.array(out, pyarrow.int64())})


def test_operators_stream_their_input_in_order(connection):
    connection.register_operator("running_maximum", running_maximum, {"largest": "BIGINT"})
    connection.execute("CREATE TABLE t AS SELECT (range * 7919) % 100003 AS x FROM range(100003)")
    rows = [row[0] for row in connection.sql("SELECT * FROM running_maximum((FROM t))").fetchall()]
    largest, expected = 0, []
    for x in range(100003):
        largest = max(largest, x * 7919 % 100003)
        expected.append(largest)
    assert rows == expected


@pytest.mark.parametrize("give", [
    lambda reader: reader,
    lambda reader: reader.read_all(),
    lambda reader: list(reader),
    lambda reader: (pyarrow.Table.from_batches([batch]) for batch in reader),
    lambda reader: reader.read_all().to_pandas() if False else reader.read_all().select(["b", "a"]),
])
def test_operators_may_give_anything_arrow(connection, give):
    connection.register_operator("passed", give)
    query = "SELECT sum(a), count(b) FROM passed((SELECT range AS a, 't' || range AS b FROM range(10000)))"
    assert connection.sql(query).fetchone() == (49995000, 10000)


def test_operators_take_constants(connection):
    def repeat(reader, times, text):
        for batch in reader:
            for _ in range(times):
                yield batch.append_column("said", pyarrow.array([text] * batch.num_rows))

    connection.register_operator("repeat_rows", repeat, {"i": "BIGINT", "said": "VARCHAR"}, parameter_types=["INTEGER", "VARCHAR"])
    assert connection.sql("SELECT count(*), min(said) FROM repeat_rows((SELECT range AS i FROM range(5)), 1 + 2, 'x' || 'y')").fetchone() == (15, "xy")
    with pytest.raises(trivet.InvalidInputError, match="further arguments"):
        connection.sql("SELECT * FROM repeat_rows((SELECT 1 AS i))").fetchall()


def test_errors_of_operators_are_typed(connection):
    def breaks(reader):
        yield next(iter(reader))
        raise RuntimeError("enough")

    connection.register_operator("breaks", breaks, deterministic=False)
    with pytest.raises(trivet.InvalidInputError, match="operator breaks failed after 1 batches of output: RuntimeError: enough"):
        connection.sql("SELECT * FROM breaks((FROM range(10)))").fetchall()
    connection.register_operator("wrong", lambda reader: pyarrow.table({"y": [1]}), {"x": "BIGINT"})
    with pytest.raises(trivet.InvalidInputError, match=r"operator wrong gave columns \['y'\] instead of \['x'\]"):
        connection.sql("SELECT * FROM wrong((FROM range(10)))").fetchall()
    connection.register_operator("nothing", lambda reader: None, {"x": "BIGINT"})
    with pytest.raises(trivet.InvalidInputError, match="operator nothing gave NoneType"):
        connection.sql("SELECT * FROM nothing((FROM range(10)))").fetchall()
    # The input's own error comes through.
    connection.register_operator("passes", lambda reader: reader)
    with pytest.raises(trivet.InvalidInputError, match="x0"):
        connection.sql("SELECT * FROM passes((SELECT CAST('x' || range AS BIGINT) FROM range(10)))").fetchall()


def interrupt_soon(connection, after=0.3):
    timer = threading.Timer(after, connection.interrupt)
    timer.start()
    return timer


def spin(*_):
    while True:
        pass


@pytest.mark.parametrize("query", ["SELECT spin(range) FROM range(10)", "SELECT * FROM spinning((FROM range(10)))"])
def test_cancelling_interrupts_python_code(connection, query):
    connection.register_function("spin", spin, ["BIGINT"], "BIGINT")
    connection.register_operator("spinning", spin)
    timer = interrupt_soon(connection)
    began = time.monotonic()
    with pytest.raises(trivet.CancelledError):
        connection.sql(query).fetchall()
    assert time.monotonic() - began < 5
    timer.join()
    assert connection.sql("SELECT 1").fetchone() == (1,)


def test_limit_ends_an_endless_operator_and_runs_its_finally(connection):
    ended = []

    def endless(reader):
        try:
            while True:
                yield pyarrow.record_batch({"x": pyarrow.array([1] * 100, pyarrow.int64())})
        finally:
            ended.append(True)

    connection.register_operator("endless", endless, {"x": "BIGINT"})
    assert connection.sql("SELECT sum(x) FROM (FROM endless((SELECT 1)) LIMIT 250)").fetchone() == (250,)
    assert ended == [True]


def test_a_reader_kept_for_longer_only_fails(connection):
    kept = []

    def keeps(reader):
        kept.append(reader)
        yield pyarrow.record_batch({"x": pyarrow.array([1], pyarrow.int64())})

    connection.register_operator("keeps", keeps, {"x": "BIGINT"})
    assert connection.sql("SELECT * FROM keeps((FROM range(10)))").fetchall() == [(1,)]
    with pytest.raises((OSError, pyarrow.ArrowInvalid, ValueError)):
        kept[0].read_all()


def test_an_unread_result_may_be_dropped_while_python_runs(connection):
    connection.register_function("slow", lambda x: time.sleep(0.001) or x, ["BIGINT"], "BIGINT", vectorized=False)
    relation = connection.sql("SELECT slow(range) FROM range(1000000)")
    time.sleep(0.1)
    began = time.monotonic()
    del relation
    assert time.monotonic() - began < 5


def test_a_statement_within_a_function_is_refused(connection):
    connection.register_function("nested", lambda x: connection.sql("SELECT 1").fetchone()[0], ["BIGINT"], "BIGINT", vectorized=False)
    with pytest.raises(trivet.InvalidInputError, match="NotImplementedError"):
        connection.sql("SELECT nested(range) FROM range(3)").fetchall()


def test_functions_are_the_databases_and_cursors_share_them(connection):
    connection.register_function("mine", lambda x: x, ["BIGINT"], "BIGINT")
    assert connection.cursor().sql("SELECT mine(3)").fetchone() == (3,)
    with pytest.raises(trivet.NotFoundError):
        trivet.connect().sql("SELECT mine(3)").fetchall()
    connection.execute("CREATE VIEW v AS SELECT mine(range) AS x FROM range(4)")
    assert connection.sql("SELECT sum(x) FROM v").fetchone() == (6,)
    listed = connection.sql("SELECT 1 WHERE mine(1) = 1").fetchall()
    assert listed == [(1,)]


def test_the_interpreter_may_end_while_code_runs():
    script = f"""
import sys; sys.path.insert(0, {str(BUILD / "python")!r})
import time, trivet
con = trivet.connect()
con.register_function("slow", lambda x: time.sleep(0.01) or x, ["BIGINT"], "BIGINT", vectorized=False)
con.register_operator("slowly", lambda reader: (time.sleep(0.01) or batch for _ in range(10**6) for batch in [reader]))
relation = con.sql("SELECT slow(range) FROM range(1000000)")
print("running", flush=True)
time.sleep(0.2)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stdout == "running\n", done.stderr
