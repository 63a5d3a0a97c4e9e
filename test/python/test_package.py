"""The Python package: relations in every form, parameters, registered data, errors, cancellation."""

import _thread
import datetime
import decimal
import threading
import time
import uuid

import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
from conftest import open_connection

EVERY_TYPE = {
    "TRUE": True,
    "42": 42,
    "9223372036854775807": 9223372036854775807,
    "170141183460469231731687303715884105727": 170141183460469231731687303715884105727,
    "CAST(1.5 AS DOUBLE)": 1.5,
    "1.50": decimal.Decimal("1.50"),
    "'text'": "text",
    "'\\x00\\xFF'::BLOB": b"\x00\xff",
    "DATE '2020-02-29'": datetime.date(2020, 2, 29),
    "TIME '12:34:56.789'": datetime.time(12, 34, 56, 789000),
    "TIMESTAMP '2020-01-01 10:00:00.5'": datetime.datetime(2020, 1, 1, 10, 0, 0, 500000),
    "TIMESTAMPTZ '2020-01-01 10:00:00+00'": datetime.datetime(
        2020, 1, 1, 10, tzinfo=datetime.timezone.utc
    ),
    "INTERVAL '2 days 3 hours'": datetime.timedelta(days=2, hours=3),
    "UUID '12345678-1234-5678-1234-567812345678'": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "NULL": None,
}


@pytest.mark.parametrize("text", EVERY_TYPE)
def test_values_come_as_python_objects(connection, text):
    [(value,)] = connection.sql(f"SELECT {text}").fetchall()
    assert value == EVERY_TYPE[text]
    assert type(value) is type(EVERY_TYPE[text])


@pytest.mark.parametrize("value", [v for v in EVERY_TYPE.values()])
def test_parameters_keep_their_value(connection, value):
    assert connection.sql("SELECT ? AS v", [value]).fetchall() == [(value,)]
    assert connection.sql("SELECT $v AS v", {"v": value}).fetchall() == [(value,)]


def test_parameters_must_fit(connection):
    with pytest.raises(connection_error()):
        connection.sql("SELECT ?, ?", [1])
    with pytest.raises(TypeError):
        connection.sql("SELECT ?", [object()])
    with pytest.raises(TypeError):
        connection.sql("SELECT ?", "x")
    with pytest.raises(TypeError, match="names of parameters"):
        connection.sql("SELECT $a", {1: 2})
    with pytest.raises(UnicodeEncodeError):
        connection.sql("SELECT ?", ["\ud800"])


def test_what_frames_call_missing_is_null(connection):
    missing = [pandas.NaT, pandas.NA, numpy.datetime64("NaT"), None]
    assert connection.sql("SELECT ?, ?, ?, ?", missing).fetchall() == [(None, None, None, None)]


def connection_error():
    import trivet

    return trivet.Error


def test_a_relation_can_be_read_in_every_form_and_again(connection):
    relation = connection.sql("SELECT i, 'x' || i AS s FROM range(5000) t(i)")
    assert len(relation.fetchall()) == 5000
    assert relation.arrow().num_rows == 5000
    assert relation.df()["s"][4999] == "x4999"
    assert relation.pl().height == 5000
    assert "4999" in repr(relation)
    assert "(40 shown)" in relation._repr_html_()
    assert relation.columns == ["i", "s"]
    assert relation.types == ["BIGINT", "VARCHAR"]


def test_streaming_keeps_nothing_and_the_query_runs_again(connection):
    relation = connection.sql("SELECT i FROM range(100000) t(i)")
    reader = relation.record_batches()
    assert sum(batch.num_rows for batch in reader) == 100000
    assert relation.fetchone() == (0,)


def test_html_is_escaped(connection):
    page = connection.sql("SELECT '<b>' AS \"<i>\"")._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page and "&lt;i&gt;" in page


@pytest.mark.parametrize(
    "data",
    [
        pyarrow.table({"a": [1, None, 3], "s": ["x", "a text that is not short", None]}),
        polars.DataFrame({"a": [1, None, 3], "s": ["x", "a text that is not short", None]}),
        pandas.DataFrame({"a": [1, None, 3], "s": ["x", "a text that is not short", None]}),
    ],
    ids=["arrow", "polars", "pandas"],
)
def test_registered_data_is_a_table(connection, data):
    connection.register("data", data)
    rows = connection.sql("SELECT CAST(a AS BIGINT), s FROM data ORDER BY a NULLS FIRST").fetchall()
    assert rows == [(None, "a text that is not short"), (1, "x"), (3, None)]
    assert connection.sql("SELECT x.a FROM data x JOIN data y USING (a)").fetchall() == [(1,), (3,)]
    connection.unregister("data")
    with pytest.raises(connection_error()):
        connection.sql("SELECT * FROM data")


def test_what_has_no_arrow_stream_is_refused(connection):
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        connection.register("data", [1, 2, 3])


def test_dictionaries_and_slices_of_arrow_data(connection):
    table = pyarrow.table({"d": pyarrow.array(["a", "b", None, "a"]).dictionary_encode(),
                           "l": pyarrow.array([1.5, None, 2.5, 3.5])}).slice(1)
    connection.register("data", table)
    assert connection.sql("SELECT d, l FROM data").fetchall() == [("b", None), (None, 2.5), ("a", 3.5)]


def test_errors_carry_their_details(connection):
    import trivet

    with pytest.raises(trivet.InvalidInputError) as caught:
        connection.sql("SELECT\n  missing FROM (SELECT 1 AS present)")
    assert caught.value.position == 9
    assert "LINE 2" in str(caught.value) and "^" in str(caught.value)
    assert not caught.value.retriable
    with pytest.raises(trivet.Error, match="nations"):
        connection.execute("CREATE TABLE nations (a INTEGER)")
        connection.sql("SELECT * FROM nation")


def test_several_statements_and_ddl(connection):
    relation = connection.sql("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2); SELECT sum(a) FROM t")
    assert relation.fetchall() == [(3,)]
    assert connection.sql("DROP TABLE t").fetchall() == []


def test_cursors_share_tables_and_work_in_threads(connection):
    connection.execute("CREATE TABLE t AS SELECT i FROM range(1000) r(i)")
    results = []

    def work():
        results.append(connection.cursor().sql("SELECT sum(i) FROM t").fetchall())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[(499500,)]] * 4


ENDLESS = "SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 8"


def test_interrupt_from_another_thread(connection):
    import trivet

    timer = threading.Timer(0.3, connection.interrupt)
    timer.start()
    start = time.monotonic()
    with pytest.raises(trivet.CancelledError):
        connection.execute(ENDLESS)
    assert time.monotonic() - start < 10


def test_keyboard_interrupt_cancels_and_the_connection_lives(connection):
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        connection.sql(ENDLESS).fetchall()
    assert connection.sql("SELECT 1").fetchall() == [(1,)]


def test_unread_relations_hold_no_thread():
    connection = open_connection(threads=1)
    unread = [connection.cursor().sql("SELECT i, i::VARCHAR FROM range(3000000) t(i)") for _ in range(2)]
    assert connection.sql("SELECT sum(i) FROM range(1000) t(i)").fetchall() == [(499500,)]
    assert [relation.fetchone() for relation in unread] == [(0, "0")] * 2


def test_a_closed_connection_says_so(connection):
    connection.close()
    with pytest.raises(connection_error(), match="closed"):
        connection.sql("SELECT 1")


def test_memory_limit_is_a_typed_error():
    import trivet

    connection = trivet.connect(memory_limit="20MB")
    with pytest.raises(trivet.OutOfMemoryError) as caught:
        connection.execute("CREATE TABLE t AS SELECT i, i::VARCHAR || ' and a long text' FROM range(10000000) r(i)")
    assert caught.value.retriable
    assert connection.sql("SELECT 1").fetchall() == [(1,)]


def test_errors_of_rows_point_into_the_statement(connection):
    import trivet

    relation = connection.sql("SELECT i,\n  2147483647::INTEGER + i::INTEGER FROM range(2) t(i)")
    with pytest.raises(trivet.InvalidInputError) as caught:
        relation.fetchall()
    line, caret = str(caught.value).splitlines()[-2:]
    assert line.startswith("LINE 2:") and line[caret.index("^")] == "+"


def test_a_relation_can_be_registered_and_queried(connection):
    one_thread = open_connection(threads=1)
    for con in [connection, one_thread]:
        con.register("rel", con.sql("SELECT i, 'x' || i AS s FROM range(10000) t(i)"))
        for _ in range(2):
            assert con.sql("SELECT count(*), max(i), max(s) FROM rel").fetchall() == [(10000, 9999, "x9999")]
        assert con.sql("SELECT count(*) FROM rel a JOIN rel b USING (i)").fetchall() == [(10000,)]


def test_what_can_be_read_once_is_kept(connection):
    table = pyarrow.table({"a": [1, 2, 3]})
    connection.register("reader", table.to_reader())
    for _ in range(2):
        assert connection.sql("SELECT sum(a) FROM reader").fetchall() == [(6,)]


def test_a_running_query_is_not_read_by_another(connection):
    import trivet

    class Live:
        """Gives the rows of a query that runs when it is asked for them."""

        def __arrow_c_stream__(self, requested_schema=None):
            return connection.cursor().sql("SELECT i FROM range(100000) t(i)").__arrow_c_stream__()

    connection.register("live", Live())
    with pytest.raises(trivet.Error, match="running query"):
        connection.sql("SELECT count(*) FROM live").fetchall()
    assert connection.sql("SELECT 1").fetchall() == [(1,)]


def test_a_variable_that_is_no_table_is_pointed_at(connection):
    import trivet

    frame = pandas.DataFrame({"a": [1]})
    with pytest.raises(trivet.NotFoundError, match=r'register\("frame", frame\)'):
        connection.sql("SELECT * FROM frame")
    with pytest.raises(trivet.NotFoundError) as caught:
        connection.sql("SELECT * FROM no_variable")
    assert "register" not in str(caught.value)
    assert frame.shape == (1, 1)


def test_connect_refuses_what_it_cannot_do():
    import trivet

    with pytest.raises(trivet.NotImplementedError, match="file"):
        trivet.connect("data.db")
    for threads in [-1, 5000]:
        with pytest.raises(trivet.InvalidInputError, match="threads"):
            trivet.connect(threads=threads)
    assert trivet.connect(":memory:", threads=1).sql("SELECT 1").fetchall() == [(1,)]


def test_uuids_of_arrow_stay_uuids(connection, tmp_path):
    values = [uuid.UUID(int=0), None, uuid.UUID(int=2**128 - 1), uuid.UUID(int=2**127)]
    storage = pyarrow.array([v and v.bytes for v in values], pyarrow.binary(16))
    connection.register("ids", pyarrow.table({"u": pyarrow.ExtensionArray.from_storage(pyarrow.uuid(), storage)}))
    assert connection.sql("SELECT u FROM ids").fetchall() == [(v,) for v in values]
    connection.execute(f"COPY ids TO '{tmp_path}/u.parquet'")
    column = pyarrow.parquet.ParquetFile(tmp_path / "u.parquet").schema.column(0)
    assert column.physical_type == "FIXED_LEN_BYTE_ARRAY" and column.logical_type.type == "UUID"
    assert connection.sql(f"SELECT u, typeof(u) FROM '{tmp_path}/u.parquet'").fetchall() == [
        (v, "UUID") for v in values]


def test_odd_frames(connection):
    frame = pandas.DataFrame({
        "category": pandas.Categorical(["a", "b", "a"]),
        "nullable": pandas.array([1, None, 3], dtype="Int64"),
        "when": pandas.to_datetime(["2020-01-01", None, "2021-01-01"]).tz_localize("Europe/Berlin"),
        "größe": [1.5, None, 2.5],
    })
    connection.register("odd", frame)
    assert connection.sql("SELECT category, count(*), sum(nullable) FROM odd GROUP BY ALL ORDER BY 1").fetchall() == [
        ("a", 2, 4), ("b", 1, None)]
    assert connection.sql('SELECT max("when"), sum(größe) FROM odd').fetchall() == [
        (datetime.datetime(2020, 12, 31, 23, tzinfo=datetime.timezone.utc), 4.0)]
    for form in [pyarrow.map_(pyarrow.string(), pyarrow.int64()), pyarrow.decimal256(50, 2)]:
        import trivet

        with pytest.raises(trivet.NotImplementedError, match='"strange"'):
            connection.register("refused", pyarrow.table({"strange": pyarrow.array([None], form)}))


def test_arrow_in_large_pieces(connection):
    """Rows that were collected as Arrow's come back in every other form, across the pieces' bounds."""
    rows = 2_500_000
    relation = connection.sql(
        f"SELECT i, i % 3 = 0 AS third, CASE WHEN i % 7 <> 0 THEN 'text ' || i END AS text, "
        f"(i / 4.0)::DECIMAL(12, 2) AS quarter, DATE '2020-01-01' + (i % 1000)::INTEGER AS day "
        f"FROM range({rows}) t(i) ORDER BY i")
    table = relation.arrow()
    table.validate(full=True)
    assert table.num_rows == rows and len(table.column(0).chunks) <= rows / 8192
    assert table.column("text").null_count == (rows + 6) // 7
    for row in (0, 1, 6, 7, 2**20 - 1, 2**20, 2**21 + 1, rows - 1):
        expected = (row, row % 3 == 0, f"text {row}" if row % 7 else None)
        assert tuple(column[row].as_py() for column in table.columns[:3]) == expected
    relation.fetchmany(2**20 - 1)
    fetched = relation.fetchmany(3)
    assert fetched == [tuple(column[row].as_py() for column in table.columns) for row in range(2**20 - 1, 2**20 + 2)]
    assert len(relation) == rows
    assert relation.arrow().equals(table)


def test_strings_as_views(connection):
    """The same rows in Arrow's other form of strings, nested ones as well, whichever is asked for first."""
    query = ("SELECT i, CASE WHEN i % 7 <> 0 THEN repeat('text', (i % 9)::INTEGER) || i END AS text, 'few ' || i % 5 AS few, "
             "('b' || i)::BLOB AS bytes FROM range(150000) t(i) ORDER BY i")
    for first in (True, False):
        relation = connection.sql(query)
        tables = {form: relation.arrow(string_views=form) for form in (first, not first)}
        assert [str(kind) for kind in tables[True].schema.types] == ["int64", "string_view", "string_view", "binary_view"]
        assert [str(kind) for kind in tables[False].schema.types] == ["int64", "string", "string", "binary"]
        tables[True].validate(full=True)
        assert tables[True].to_pylist() == tables[False].to_pylist()
        assert relation.fetchmany(3) == [tuple(row.values()) for row in tables[True].slice(0, 3).to_pylist()]
    assert connection.sql(query).pl().rows() == connection.sql(query).fetchall()
    nested = pyarrow.table({"list": [["a", None, "a longer text than twelve"], [], None], "struct": [{"s": "x"}, None, {"s": None}]})
    connection.register("nested", nested)
    relation = connection.sql("SELECT * FROM nested")
    assert str(relation.arrow(string_views=True).schema.field("list").type.value_type) == "string_view"
    relation.arrow(string_views=True).validate(full=True)
    assert relation.arrow(string_views=True).to_pylist() == nested.to_pylist()
