"""Bad input through the package: every error is typed and names the file, the place and a way out."""

import gzip
import os

import pyarrow
import pyarrow.parquet
import pytest


def write_parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def fails(connection, sql):
    """The error that the statement ends with; names of trivet's classes without their module."""
    import trivet

    with pytest.raises(trivet.Error) as caught:
        connection.sql(sql).fetchall()
    return caught.value


def kind(error):
    return type(error).__name__


# Statement, class of the error, what it must say, the text that the caret points at (None: nowhere).
STATEMENTS = [
    ("SELECT l_shipdat FROM t", "InvalidInputError", "l_shipdate", "l_shipdat"),
    ("SELECT t.l_shipdat FROM t", "InvalidInputError", "l_shipdate", "l_shipdat"),
    ("SELECT a FROM t, t u", "InvalidInputError", "Ambiguous", "a FROM"),
    ("SELECT * FROM tt", "NotFoundError", 'Did you mean "t"', "tt"),
    ("SELECT substringg('x', 1)", "NotFoundError", '"substring"', "substringg"),
    ("SELECT * FROM read_parquett('x')", "NotFoundError", '"read_parquet"', "read_parquett"),
    ("SELECT 1 form t", "InvalidInputError", "did you mean FROM", "form"),
    ("selct 1", "InvalidInputError", "did you mean SELECT", "selct"),
    ("SELECT 'abc", "InvalidInputError", "unterminated", "'abc"),
    ("SELECT (1", "InvalidInputError", "never closed", "(1"),
    ("SELECT sum(s) FROM t", "InvalidInputError", "sum(VARCHAR)", "sum(s)"),
    ("SELECT a + DATE '2020-01-01' + s FROM t", "InvalidInputError", "explicit type casts", "+ s"),
    ("SELECT 2147483647::INTEGER + 1::INTEGER", "InvalidInputError", "2147483647 + 1", "+ 1"),
    ("SELECT 127::TINYINT * 2::TINYINT", "InvalidInputError", "127 * 2", "* 2"),
    ("SELECT '300'::TINYINT", "InvalidInputError", "'300'", "'300'"),
    ("SELECT DATE '2020-02-30'", "InvalidInputError", "2020-02-30", "'2020"),
    ("SELECT max(a) OVER () FROM t", "NotImplementedError", "max as a window function", "max"),
    ("SET thread = 2", "NotFoundError", '"threads"', None),
    ("SET threads = 'many'", "InvalidInputError", "many", None),
    ("DROP TABLE nothing", "NotFoundError", "nothing", "nothing"),
    ("INSERT INTO t VALUES (1)", "InvalidInputError", "3 columns but 1", "VALUES"),
    ("COPY t TO 'x.csv' (heeder true)", "InvalidInputError", "header", None),
]


@pytest.mark.parametrize("sql, name, text, place", STATEMENTS, ids=[s[0] for s in STATEMENTS])
def test_statements(connection, tmp_path, monkeypatch, sql, name, text, place):
    monkeypatch.chdir(tmp_path)
    connection.execute("CREATE TABLE t (a INTEGER, l_shipdate DATE, s VARCHAR)")
    error = fails(connection, sql)
    assert kind(error) == name
    assert text in str(error)
    if place is None:
        return
    assert error.position == sql.index(place)
    line, caret = str(error).splitlines()[-2:]
    assert line[caret.index("^"):].startswith(place[:8])
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_there_or_not_what_they_seem(connection, tmp_path):
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    (tmp_path / "folder.parquet").mkdir()
    write_parquet(tmp_path / "short.parquet", a=list(range(1000)))
    whole = (tmp_path / "short.parquet").read_bytes()
    (tmp_path / "short.parquet").write_bytes(whole[:-20])
    for name, expected, text in [
        ("missing.parquet", "NotFoundError", "does not exist"),
        ("missing*.parquet", "NotFoundError", "no file matches"),
        ("empty.parquet", "InvalidInputError", "empty"),
        ("text.parquet", "InvalidInputError", "read_csv"),
        ("folder.parquet", "InvalidInputError", "is a directory"),
        ("short.parquet", "CorruptionError", "short.parquet"),
        ("what.xyz", "InvalidInputError", "read_parquet"),
    ]:
        error = fails(connection, f"SELECT * FROM '{tmp_path}/{name}'")
        assert kind(error) == expected, name
        assert text in str(error) and name in str(error) + error.file
        assert error.position == len("SELECT * FROM ")


def test_a_damaged_page_names_file_and_column(connection, tmp_path):
    path = tmp_path / "checked.parquet"
    pyarrow.parquet.write_table(
        pyarrow.table({"good": list(range(1000)), "bad": [f"text {i}" for i in range(1000)]}), path,
        write_page_checksum=True, use_dictionary=False, compression="none")
    content = bytearray(path.read_bytes())
    content[content.index(b"text 500")] ^= 1
    path.write_bytes(content)
    assert connection.sql(f"SELECT sum(good) FROM '{path}'").fetchall() == [(499500,)]
    error = fails(connection, f"SELECT * FROM '{path}'")
    assert kind(error) == "CorruptionError"
    assert "bad" in str(error) and error.file == str(path)


def test_schemas_under_one_glob(connection, tmp_path):
    write_parquet(tmp_path / "1.parquet", a=[1], b=["x"])
    write_parquet(tmp_path / "2.parquet", B=["y"], A=pyarrow.array([2], pyarrow.int8()))
    rows = connection.sql(f"SELECT * FROM '{tmp_path}/*.parquet'")
    # Other orders, other cases and smaller types are the same columns.
    assert rows.columns == ["a", "b"] and rows.fetchall() == [(1, "x"), (2, "y")]
    assert connection.sql(f"SELECT b FROM '{tmp_path}/*.parquet' WHERE a > 1").fetchall() == [("y",)]
    write_parquet(tmp_path / "3.parquet", a=[1.5], b=["z"])
    error = fails(connection, f"SELECT * FROM '{tmp_path}/*.parquet'")
    assert kind(error) == "InvalidInputError"
    for part in ["1.parquet", "3.parquet", '"a"', "BIGINT", "DOUBLE", "union_by_name"]:
        assert part in str(error)
    union = f"read_parquet('{tmp_path}/*.parquet', union_by_name = true)"
    assert connection.sql(f"SELECT a, b FROM {union}").fetchall() == [(1.0, "x"), (2.0, "y"), (1.5, "z")]
    write_parquet(tmp_path / "4.parquet", c=[7])
    assert "is missing" in str(fails(connection, f"SELECT * FROM '{tmp_path}/[14].parquet'"))
    assert connection.sql(f"SELECT * FROM {union} WHERE c IS NOT NULL").fetchall() == [(None, None, 7)]


def test_hive_partitions_and_file_names(connection, tmp_path):
    for year, month in [("2020", "01"), ("2021", "a b"), ("__HIVE_DEFAULT_PARTITION__", "3")]:
        write_parquet(tmp_path / f"y={year}/m={month}/f.parquet", v=[1])
    files = f"'{tmp_path}/**/*.parquet'"
    assert connection.sql(f"SELECT y, m FROM {files} ORDER BY y").fetchall() == [
        (2020, "01"), (2021, "a b"), (None, "3")]
    assert len(connection.sql(f"SELECT * FROM {files} WHERE y = 2021")) == 1
    plain = connection.sql(f"SELECT * FROM read_parquet({files}, hive_partitioning = false)")
    assert plain.columns == ["v"]
    named = connection.sql(f"SELECT DISTINCT source FROM read_parquet({files}, filename = 'source') ORDER BY 1")
    assert [row[0].rsplit("/", 3)[1] for row in named.fetchall()] == ["y=2020", "y=2021", "y=__HIVE_DEFAULT_PARTITION__"]


def csv(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return f"'{path}'"


def test_csv_of_every_shape(connection, tmp_path):
    def read(content, name="t.csv"):
        relation = connection.sql(f"SELECT * FROM {csv(tmp_path, content, name)}")
        return relation.columns, relation.types, relation.fetchall()

    bom = b"\xef\xbb\xbfx,y\r\n1,\"a \"\"b\"\" c\"\r\n2,\"multi\r\nline\"\r\n"
    assert read(bom) == (["x", "y"], ["BIGINT", "VARCHAR"], [(1, 'a "b" c'), (2, "multi\r\nline")])
    assert read(gzip.compress(b"x,y\n1,2\n"), "t.csv.gz")[2] == [(1, 2)]
    assert read("x;y\n1;2,5\n")[2] == [(1, "2,5")]
    assert read("a,a,A\n1,2,3\n")[0] == ["a", "a_1", "A_2"]
    assert read("a,b\nn,1\ny,2\n")[1] == ["VARCHAR", "BIGINT"]
    assert read("a,b\n1,5\" pipe\n")[2] == [(1, '5" pipe')]
    assert read("größe,\"a b\"\n1,2\n")[0] == ["größe", "a b"]
    assert read("a,b\n1,2", "name 'of' a \"file\".csv".replace("'", ""))[2] == [(1, 2)]
    assert read("a,b\n")[2] == []


def test_csv_errors_name_line_column_and_the_option_that_helps(connection, tmp_path):
    path = csv(tmp_path, "x,y\n" + "1,2\n" * 30000 + "oops,1\n")
    error = fails(connection, f"SELECT sum(x) FROM {path}")
    assert kind(error) == "InvalidInputError" and error.file.endswith("t.csv")
    assert "line 30002" in str(error) and '"x"' in str(error) and "oops" in str(error)
    assert "types = {'x': 'VARCHAR'}" in error.hint
    # The hint is no empty promise.
    rows = connection.sql(f"SELECT count(*) FROM read_csv({path}, types = {{'x': 'VARCHAR'}}) WHERE x = 'oops'")
    assert rows.fetchall() == [(1,)]

    path = csv(tmp_path, "x,y\n1,2\n3\n")
    error = fails(connection, f"SELECT * FROM {path}")
    assert "row 3" in str(error) and "Expected 2 columns, got 1" in str(error)
    assert "null_padding" in error.hint
    rows = connection.sql(f"SELECT * FROM read_csv({path}, delim = ',', header = true, null_padding = true)")
    assert rows.fetchall() == [(1, 2), (3, None)]

    latin = csv(tmp_path, "a,b\n1,café\n".encode("latin1"), "latin.csv")
    error = fails(connection, f"SELECT * FROM {latin}")
    assert "not UTF-8" in str(error) and '"b"' in str(error) and "row 2" in str(error)

    rows = connection.sql(f"SELECT * FROM read_csv({path}, delim = ',', header = true, ignore_errors = true)")
    assert rows.fetchall() == [(1, 2)]
    error = fails(connection, f"SELECT * FROM read_csv({path}, hedaer = true)")
    assert kind(error) == "InvalidInputError" and '"header"' in str(error)


def test_a_quote_that_is_never_closed_is_no_value(connection, tmp_path):
    path = csv(tmp_path, 'a,b\n1,x\n2,"abc\n3,d\n')
    for columns in ["*", "a"]:
        error = fails(connection, f"SELECT {columns} FROM {path}")
        assert "line 3" in str(error) and "never closed" in str(error)
    rows = connection.sql(f"SELECT b FROM read_csv({path}, quote = '') WHERE a = 2").fetchall()
    assert rows == [('"abc',)]
    # Far behind the sample, across blocks, and with doubled quotes on the way.
    lines = [f'{i},"say ""{i}"", twice\nor so"' for i in range(200000)]
    path = csv(tmp_path, "a,b\n" + "\n".join(lines) + "\n")
    assert connection.sql(f"SELECT count(*) FROM {path}").fetchall() == [(200000,)]
    path = csv(tmp_path, "a,b\n" + "\n".join(lines) + '\n7,"open\n')
    assert "line 400002" in str(fails(connection, f"SELECT count(*) FROM {path}"))


def test_json_errors_name_the_line(connection, tmp_path):
    (tmp_path / "bad.json").write_text('{"a": 1}\n{"a": 2,}\n')
    (tmp_path / "mixed.json").write_text('{"a": 1}\n{"a": "x"}\n')
    (tmp_path / "array.json").write_text('[{"a": 1},\n {"a": 2}]')
    (tmp_path / "empty.json").touch()
    for name, text in [("bad.json", "line 2"), ("mixed.json", "line 2"), ("empty.json", "columns")]:
        error = fails(connection, f"SELECT * FROM '{tmp_path}/{name}'")
        assert kind(error) == "InvalidInputError"
        assert text in str(error) and name in str(error)
    assert connection.sql(f"SELECT sum(a) FROM '{tmp_path}/array.json'").fetchall() == [(3,)]


def test_copy_to_where_nothing_can_be_written(connection, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for target, name in [
        (tmp_path / "missing/t.csv", "missing"),
        (tmp_path / "folder.csv", "folder.csv"),
        ("/proc/t.parquet", "/proc"),
    ]:
        error = fails(connection, f"COPY (SELECT 1) TO '{target}'")
        assert name in str(error) + error.file
    # A statement that fails half way leaves no file, whole or partial.
    fails(connection, f"COPY (SELECT CAST(s AS INTEGER) FROM (VALUES ('1'), ('x')) t(s)) TO '{tmp_path}/t.parquet'")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_files_without_rows_and_with_odd_names(connection, tmp_path):
    write_parquet(tmp_path / "no rows.parquet", v=pyarrow.array([], pyarrow.int64()))
    assert connection.sql(f"SELECT count(*), max(v), sum(v) FROM '{tmp_path}/no rows.parquet'").fetchall() == [
        (0, None, None)]
    names = {"größe": [1], "名前": ["x"], "a b": [3], 'q"t': [4], "select": [5], "o'n": [6]}
    pyarrow.parquet.write_table(pyarrow.table(names), tmp_path / "it's \"odd\" ü.parquet")
    path = str(tmp_path / "it's \"odd\" ü.parquet").replace("'", "''")
    rows = connection.sql(f"""SELECT größe, "名前", "a b", "q""t", "select", "o'n" FROM '{path}'""")
    assert rows.columns == list(names) and rows.fetchall() == [(1, "x", 3, 4, 5, 6)]
    assert "größe" in str(fails(connection, f"SELECT grösse FROM '{path}'"))


def test_limits_beyond_any_row(connection):
    for clause, count in [("LIMIT 0", 0), ("LIMIT 9223372036854775807", 5), ("LIMIT 2 OFFSET 4", 1),
                          ("LIMIT 9223372036854775807 OFFSET 9223372036854775807", 0), ("OFFSET 5", 0)]:
        assert len(connection.sql(f"SELECT * FROM range(5) {clause}").fetchall()) == count
    for clause in ["LIMIT -1", "OFFSET -1", "LIMIT 'x'"]:
        assert kind(fails(connection, f"SELECT * FROM range(5) {clause}")) == "InvalidInputError"


def test_statements_of_a_megabyte_and_deep_nesting(connection):
    text = "x" * 1_000_000
    assert connection.sql(f"SELECT length('{text}')").fetchall() == [(1_000_000,)]
    assert connection.sql("SELECT " + " + ".join(["1"] * 900)).fetchall() == [(900,)]
    ors = " OR ".join(f"i = {value}" for value in range(3000))
    assert connection.sql(f"SELECT count(*) FROM range(10) t(i) WHERE {ors}").fetchall() == [(10,)]
    error = fails(connection, "SELECT " + "(" * 10_000 + "1" + ")" * 10_000)
    assert "deep" in str(error)


def test_what_is_no_file_of_this_machine(connection, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path, name, text in [
        (tmp_path / "pipe.csv", "NotImplementedError", "pipe"),
        ("/dev/null", "InvalidInputError", "read_csv"),
        ("s3://bucket/t.parquet", "NotImplementedError", "over s3"),
        ("https://example.com/t.csv", "NotImplementedError", "over https"),
        ("~/nothing.parquet", "NotFoundError", "home directory"),
    ]:
        error = fails(connection, f"SELECT * FROM '{path}'")
        assert kind(error) == name and text in str(error), error
    assert kind(fails(connection, "SELECT * FROM read_csv('/dev/zero')")) == "NotImplementedError"
