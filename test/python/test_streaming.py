"""Results of any length pass by in bounded memory; those that are not long are kept, and can be read again."""

import contextlib
import io

import pytest

SMALL_LIMIT = "SET memory_limit = '64MB'"
MANY = 3_000_000  # rows of some 80 MB
QUERY = f"SELECT i, 'some text ' || i AS s FROM range({MANY}) t(i)"


@pytest.fixture
def small(connection):
    connection.execute(SMALL_LIMIT)
    return connection


def row(i):
    return (i, f"some text {i}")


def test_the_first_rows_come_without_the_others(small):
    endless = "SELECT i, 'some text ' || i AS s FROM range(1000000000000) t(i)"
    assert small.sql(endless).fetchone() == row(0)
    assert small.sql(endless).fetchmany(3) == [row(0), row(1), row(2)]
    assert next(iter(small.sql(endless))) == row(0)
    assert small.execute(endless).fetchmany(2) == [row(0), row(1)]
    assert small.fetchone() == row(2)


def test_all_rows_pass_in_a_small_budget(small):
    for i, found in enumerate(small.sql(QUERY)):
        assert found == row(i)
    assert i == MANY - 1
    relation = small.sql(QUERY)
    seen = 0
    while rows := relation.fetchmany(50_000):
        assert rows[0] == row(seen) and rows[-1] == row(seen + len(rows) - 1)
        seen += len(rows)
    assert seen == MANY and relation.fetchone() is None
    assert len(small.sql(QUERY)) == MANY


def test_rows_that_have_gone_are_computed_again(small):
    relation = small.sql(QUERY)
    assert len(relation) == MANY
    assert relation.fetchone() == row(0)
    assert relation.fetchmany(2) == [row(1), row(2)]
    assert len(relation) == MANY
    assert relation.fetchone() == row(3)
    first, second = iter(relation), iter(relation)
    assert [next(first) for _ in range(3)] == [row(0), row(1), row(2)]
    assert next(second) == row(0)
    for _ in range(200_000):
        last = next(first)
    assert last == row(200_002)
    assert next(second) == row(1)
    assert next(first) == row(200_003)
    assert relation.fetchone() == row(4)


def test_rows_that_are_not_many_are_kept(connection):
    connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(10000)")
    # Another run would give others.
    relation = connection.sql("SELECT i, random() AS r FROM t")
    first = relation.fetchone()
    rows = relation.fetchall()
    assert len(rows) == 9_999 and list(relation) == [first, *rows]
    assert relation.arrow().column("r").to_pylist() == [r for _, r in [first, *rows]]
    assert sum(batch.num_rows for batch in relation.record_batches()) == 10_000
    assert len(relation) == 10_000 and relation.fetchone() is None


def test_a_stream_begins_at_the_first_row(small):
    relation = small.sql(QUERY)
    assert relation.fetchone() == row(0)
    assert next(iter(relation.record_batches())).column(0)[0].as_py() == 0
    assert len(relation) == MANY
    reader = relation.record_batches()
    assert sum(batch.num_rows for batch in reader) == MANY
    assert relation.fetchone() == row(1)


def test_errors_behind_the_first_rows_are_raised_where_they_come(small):
    relation = small.sql(f"SELECT CASE WHEN i = {MANY - 1} THEN error('too far') ELSE i END AS i FROM range({MANY}) t(i)")
    assert relation.fetchone() == (0,)
    with pytest.raises(Exception, match="too far"):
        relation.fetchall()
    with pytest.raises(Exception, match="too far"):
        small.sql("SELECT error('too far')").show()


@pytest.mark.parametrize("batch_size", [2048, 3])
@pytest.mark.parametrize("most", [40, 41, 7, 2, 1])
def test_a_box_has_the_first_and_the_last_rows(connection, batch_size, most):
    connection.execute(f"SET batch_size = {batch_size}")
    for count in (0, 1, 39, 40, 41, 42, 60, 2047, 2048, 2049, 2068, 4096, 5000):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            connection.sql(f"SELECT i FROM range({count}) t(i)").show(most)
        lines = output.getvalue().splitlines()
        cells = [line.split("│")[1].strip() for line in lines[4:] if line.startswith("│")]
        head = (most + 1) // 2
        shown = [*range(head), *range(count - (most - head), count)] if count > most else [*range(count)]
        assert [int(cell) for cell in cells if cell.isdigit()] == shown
        assert lines[-1].startswith(f"{count} row")
