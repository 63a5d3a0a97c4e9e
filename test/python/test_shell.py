"""The trivet program: arguments, formats, errors, standard input, a terminal."""

import fcntl
import gzip
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata

import pytest


def run(program, *arguments, **options):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, **options)


def test_command_prints_a_box(program):
    done = run(program, "-c", "SELECT 1 AS a, 'x' AS b")
    assert done.returncode == 0
    assert "│     1 │ x       │" in done.stdout and "int32" in done.stdout and "1 row" in done.stdout


def test_plans_are_printed_as_trees(program):
    done = run(program, "-c", "EXPLAIN SELECT i FROM range(10) t(i) WHERE i > 3 ORDER BY i")
    assert done.returncode == 0
    assert "-- physical_plan\nORDER_BY" in done.stdout and "└─" in done.stdout


FORMATS = {
    "csv": 'a,b\n1,"x, ""y"""\n,""\n',
    "json": '[{"a":1,"b":"x, \\"y\\""},\n{"a":null,"b":""}]\n',
    "jsonl": '{"a":1,"b":"x, \\"y\\""}\n{"a":null,"b":""}\n',
    "markdown": '| a    | b      |\n',
    "line": 'a = 1\nb = x, "y"\n\na = NULL\nb = \n',
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(program, name):
    done = run(program, "--format", name, "-c", "SELECT * FROM (VALUES (1, 'x, \"y\"'), (NULL, '')) t(a, b)")
    assert done.returncode == 0, done.stderr
    if name == "markdown":
        assert done.stdout.splitlines()[1].startswith("|")
        assert done.stdout.count("\n") == 4
    else:
        assert done.stdout == FORMATS[name]
    if name == "json":
        assert json.loads(done.stdout) == [{"a": 1, "b": 'x, "y"'}, {"a": None, "b": ""}]


def test_errors_exit_with_one_and_point_at_the_place(program):
    done = run(program, "-c", "SELECT 1;\nSELECT x + 1 FROM (SELECT 1 AS y)")
    assert done.returncode == 1
    assert "LINE 2: SELECT x + 1" in done.stderr
    caret = done.stderr.splitlines()[-1]
    assert caret.index("^") == done.stderr.splitlines()[-2].index("x +")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--format", "bx", "-c", "SELECT 1"], "box"),
        (["--thread", "2"], "--threads"),
        (["--threads", "none"], "--threads"),
        (["--memory-limit", "lots", "-c", "SELECT 1"], "lots"),
        (["SELECT 1"], "-c"),
        (["-f", "/tmp"], "directory"),
        (["--memory-limit", "0", "-c", "SELECT 1"], "--memory-limit"),
        (["-f", "/nowhere.sql"], "/nowhere.sql"),
    ],
)
def test_bad_arguments_are_told(program, arguments, message):
    done = run(program, *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_files_standard_input_and_timer(program, tmp_path):
    (tmp_path / "a.sql").write_text("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7);")
    done = run(program, "--timer", "--format", "csv", "-f", tmp_path / "a.sql", "-c", "SELECT a FROM t")
    assert done.returncode == 0
    assert "a\n7\n" in done.stdout and len(re.findall(r"Run Time: \d+\.\d+ s", done.stdout)) == 3
    done = run(program, "--format", "csv", input="SELECT 40 + 2 AS n;")
    assert done.stdout == "n\n42\n"


def test_the_timer_tells_what_was_spilled(program):
    spilling = "SELECT count(*) FROM (SELECT DISTINCT i FROM range(100000) t(i))"
    made = f"CREATE TABLE t AS {spilling}"
    done = run(program, "--timer", "--format", "csv", "-c", "SET always_spill = true", "-c", spilling,
               "-c", f"{made}; SELECT 1")
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if line.startswith("Run Time")]
    told = [bool(re.fullmatch(r"Run Time: \d+\.\d+ s, spilled \d+\.\d (KiB|MiB)", line)) for line in lines]
    assert told == [False, True, True, False], lines
    assert re.fullmatch(r"Run Time: \d+\.\d+ s", lines[-1])


@pytest.mark.parametrize("form", ["box", "markdown"])
def test_large_results_are_written_as_they_come(program, form, tmp_path):
    query = ("SELECT i, CASE i WHEN 600000 THEN 'a long one | ' || i ELSE 's' || i END AS s, "
             "repeat('x', 100) AS x FROM range(700000) t(i)")
    output = tmp_path / "output"
    # A process of its own starts the program: a child's peak begins with what its parent held.
    measure = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)")
    with open(output, "wb") as file:
        done = subprocess.run([sys.executable, "-c", measure, program, "--format", form, "-c", query],
                              stdout=file, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr) < 120_000, "KiB; the rows take 300 MB as texts"
    lines = output.read_text().splitlines()
    rows = [line for line in lines if "x" * 100 in line]
    assert len(rows) == 700_000
    for i in (0, 9_999, 10_000, 699_999):
        assert rows[i].replace("│", "|").split("|")[1].strip() == str(i)
    assert ("a long one | 600000" if form == "box" else "a long one \\| 600000") in rows[600_000]
    if form == "box":
        assert lines[-1] == "700000 rows" and lines[-2].startswith("└")


def test_a_closed_pipe_ends_quietly(program):
    shell = f"'{program}' --format csv -c 'SELECT i FROM range(10000000) t(i)' | head -n 2"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert done.stdout == "i\n0\n"
    assert done.stderr == ""


class Terminal:
    """The program in a pseudo-terminal."""

    def __init__(self, program, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=str(home), TERM="dumb", LC_ALL="C.UTF-8")
            os.execv(program, [str(program)])
        self.output = ""

    def wait_for(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < deadline, f"no {text!r} in {self.output!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.output += os.read(self.fd, 65536).decode(errors="replace")
        self.output = self.output.split(text, 1)[1]

    def send(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):  # it has ended
            pass
        os.close(self.fd)


@pytest.fixture
def terminal(program, tmp_path):
    shell = Terminal(program, tmp_path)
    shell.wait_for("trivet>")
    yield shell
    shell.close()


def test_statements_may_span_lines(terminal):
    terminal.send("SELECT 40\n")
    terminal.wait_for("...>")
    terminal.send("+ 2 AS n;\n")
    terminal.wait_for("42")
    terminal.wait_for("1 row")


def test_dot_commands(terminal):
    terminal.send("CREATE TABLE numbers (i INTEGER);\n")
    terminal.wait_for("trivet>")
    terminal.send(".tables\n")
    terminal.wait_for("numbers")
    terminal.send(".schema numbers\n")
    terminal.wait_for("INTEGER")
    terminal.send(".mode csv\n")
    terminal.send("SELECT 1 AS one;\n")
    terminal.wait_for("one\r\n1")
    terminal.send(".tabels\n")
    terminal.wait_for(".tables")
    terminal.send(".help\n")
    terminal.wait_for(".quit")


def test_words_of_other_shells_are_understood(terminal):
    terminal.send("help\n")
    terminal.wait_for(".quit")
    terminal.wait_for("trivet>")
    terminal.send("SELECT 1 AS\n")
    terminal.wait_for("...>")
    terminal.send("quit;\n")  # a name, within a statement
    terminal.wait_for("quit")
    terminal.wait_for("1 row")
    terminal.send("exit;\n")
    assert os.waitpid(terminal.pid, 0)[1] == 0


def test_control_c_cancels_the_query_and_not_the_shell(terminal):
    terminal.send("SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 8;\n")
    time.sleep(1)
    terminal.send("\x03")
    terminal.wait_for("cancelled")
    terminal.send("SELECT 40 + 2;\n")
    terminal.wait_for("42")


def test_control_c_at_the_prompt_drops_the_line_and_not_the_shell(terminal):
    terminal.send("SELECT\n")
    terminal.wait_for("...>")
    terminal.send("\x03")
    terminal.wait_for("trivet>")
    terminal.send("SELECT 40 + 2;\n")
    terminal.wait_for("42")


def test_history_is_kept_between_sessions(program, tmp_path):
    first = Terminal(program, tmp_path)
    first.wait_for("trivet>")
    first.send("SELECT 'remembered';\n")
    first.wait_for("1 row")
    first.wait_for("trivet>")
    first.close()  # killed: the history is there all the same
    second = Terminal(program, tmp_path)
    second.wait_for("trivet>")
    second.send("\x1b[A")
    second.wait_for("SELECT 'remembered';")
    second.send("\n")
    second.wait_for("1 row")
    second.close()


def test_names_and_keywords_are_completed(terminal):
    terminal.send("CREATE TABLE penguins (bill_length DOUBLE);\n")
    terminal.wait_for("trivet>")
    terminal.send("sele\tbill\tfrom peng\t;\n")
    terminal.wait_for("bill_length")
    terminal.wait_for("0 rows")
    terminal.wait_for("trivet>")
    terminal.send(".tim\t\n")
    terminal.wait_for("timer is on")
    terminal.wait_for("trivet>")
    terminal.send("SELECT substr\t\t")
    terminal.wait_for("substring")


def test_dot_commands_in_scripts(program, tmp_path):
    (tmp_path / "inner.sql").write_text("SELECT 2 AS b;\n")
    (tmp_path / "script.sql").write_text(
        f"-- a script\n.mode csv\nSELECT 1 AS a;\n.read {tmp_path}/inner.sql\nSELECT\n .5::DOUBLE AS c;\n.quit\nSELECT 'never';")
    done = run(program, "-f", tmp_path / "script.sql")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n1\nb\n2\nc\n0.5\n", "")
    done = run(program, input=".mode jsonl\nSELECT 1 AS a;\n")
    assert done.stdout == '{"a":1}\n'
    for script, message in [
        (".tabels\n", ".tables"),
        (".mode bx\n", '"box"'),
        (".mode nonsense\n", "The formats are"),
        (".read /nowhere.sql\n", "/nowhere.sql"),
        (".timer perhaps\n", "on or off"),
        (".schema nothing\n", "nothing"),
        ("SELECT 1;\n.timer off\nSELECT x;\n", "LINE 3"),
    ]:
        done = run(program, input=script)
        assert done.returncode == 1, script
        assert message in done.stderr, script
    (tmp_path / "self.sql").write_text(f".read {tmp_path}/self.sql\n")
    done = run(program, "-f", tmp_path / "self.sql")
    assert done.returncode == 1 and "nested" in done.stderr


def sized_terminal(program, home, columns):
    terminal = Terminal(program, home)
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    terminal.wait_for("trivet>")
    return terminal


def test_boxes_fit_the_terminal(program, tmp_path):
    terminal = sized_terminal(program, tmp_path, 80)
    names = ", ".join(f"{i} AS column_number_{i}" for i in range(40))
    for sql, shown in [
        (f"SELECT {names};\n", ["column_number_0", "…", "column_number_39", "40 columns"]),
        (f"SELECT '{'x' * 300}' AS long, 1 AS short;\n", ["short", "…"]),
        (f"SELECT '{'名' * 100}' AS wide;\n", ["wide", "…"]),
    ]:
        terminal.send(sql)
        terminal.wait_for("┌")
        box = "┌"
        while "1 row" not in box:
            if select.select([terminal.fd], [], [], 5)[0]:
                terminal.output += os.read(terminal.fd, 65536).decode(errors="replace")
            box, terminal.output = box + terminal.output, ""
        terminal.output = box[box.index("1 row"):]
        lines = [line for line in box.splitlines() if line[:1] in "┌│├└"]
        width = {sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in line) for line in lines if line}
        assert len(width) == 1 and max(width) <= 80, (width, box)
        for text in shown[:-1]:
            assert text in box
        terminal.wait_for("trivet>")
    terminal.close()


def test_progress_is_drawn_on_standard_error(program, tmp_path):
    controller, worker = pty.openpty()
    sql = "SELECT count(*) FROM range(30000) a(i), range(300000) b(j) WHERE (i * j) % 7 = 8"
    process = subprocess.Popen([program, "-c", sql], stdout=subprocess.PIPE, stderr=worker)
    os.close(worker)
    drawn = b""
    deadline = time.monotonic() + 20
    while b"%" not in drawn and time.monotonic() < deadline:
        if select.select([controller], [], [], 0.1)[0]:
            drawn += os.read(controller, 4096)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    os.close(controller)
    assert "%" in drawn.decode() and "░" in drawn.decode(errors="replace")
    assert process.returncode == 1 and out == b""


def test_line_format_and_nested_json(program, tmp_path):
    (tmp_path / "n.json").write_text('{"a": [1, null], "b": {"c": "x\\"y"}}\n')
    done = run(program, "--format", "jsonl", "-c", f"SELECT * FROM '{tmp_path}/n.json'")
    assert json.loads(done.stdout) == {"a": [1, None], "b": {"c": 'x"y'}}
    assert run(program, "-c", "").returncode == 0
    assert run(program, "--version").stdout.startswith("trivet ")
    assert "--memory-limit" in run(program, "--help").stdout


def test_explain_of_any_statement(program):
    script = "CREATE TABLE t (a INTEGER);"
    for sql, operators in [
        ("CREATE TABLE u AS SELECT i FROM range(3) r(i)", ["CREATE_TABLE_AS", "└─ SCAN"]),
        ("INSERT INTO t SELECT i FROM range(3) r(i)", ["INSERT", "└─ "]),
        ("COPY t TO 'never.csv'", ["COPY_TO", "never.csv (csv)", "└─ SCAN"]),
        ("DROP TABLE t", ["DROP"]),
        ("SET threads = 1", ["SET", "threads"]),
        ("CREATE VIEW v AS SELECT 1", ["CREATE_VIEW", "v"]),
    ]:
        done = run(program, "-c", f"{script} EXPLAIN {sql}; SELECT count(*) FROM t;")
        assert done.returncode == 0, done.stderr
        for operator in operators:
            assert operator in done.stdout
        done = run(program, "--format", "line", "-c", f"{script} EXPLAIN (FORMAT json) {sql}")
        plan = json.loads(done.stdout.split("explain_value = ", 1)[1])
        assert plan["name"] == operators[0]
    assert not os.path.exists("never.csv")


def test_explain_analyze_carries_any_statement_out(program, tmp_path):
    copy = tmp_path / "copy.csv"
    for sql, name, then, answer in [
        ("INSERT INTO t SELECT i FROM range(30) r(i)", "INSERT", "SELECT count(*) FROM t", "30"),
        ("CREATE TABLE u AS SELECT i FROM range(20) r(i)", "CREATE_TABLE_AS", "SELECT count(*) FROM u", "20"),
        (f"COPY (SELECT i FROM range(10) r(i)) TO '{copy}'", "COPY_TO", f"SELECT count(*) FROM '{copy}'", "10"),
        ("CREATE VIEW v AS SELECT 7", "CREATE_VIEW", "FROM v", "7"),
        ("DROP TABLE t", "DROP", "SELECT count(*) FROM duckdb_tables()", "0"),
        ("SET threads = 1", "SET", "SELECT current_setting('threads')", "1"),
    ]:
        script = f"CREATE TABLE t (a INTEGER); EXPLAIN ANALYZE {sql}; {then}"
        done = run(program, "--format", "csv", "-c", script)
        assert done.returncode == 0, done.stderr
        assert name in done.stdout and done.stdout.endswith(f"\n{answer}\n")
        assert (f"Rows: {answer}" in done.stdout) == ("range" in sql)
    script = "CREATE TABLE t (a INTEGER); EXPLAIN (ANALYZE, FORMAT json) INSERT INTO t FROM range(5)"
    done = run(program, "--format", "line", "-c", script)
    plan = json.loads(done.stdout.split("explain_value = ", 1)[1])
    assert plan["name"] == "INSERT" and plan["children"][0]["rows"] == 5
    script = "CREATE TABLE t (a INTEGER); EXPLAIN ANALYZE INSERT INTO t VALUES ('x')"
    done = run(program, "-c", script)
    assert done.returncode == 1 and "'x'" in done.stderr


def test_copy_to_json(program, tmp_path):
    rows = "SELECT i AS a, CASE WHEN i > 0 THEN 'x\"' || i END AS \"b c\", 1.50 AS d, 'nan'::DOUBLE AS n FROM range(2) t(i)"
    lines = tmp_path / "lines.json"
    assert run(program, "-c", f"COPY ({rows}) TO '{lines}'").returncode == 0
    assert lines.read_text() == '{"a":0,"b c":null,"d":1.50,"n":"nan"}\n{"a":1,"b c":"x\\"1","d":1.50,"n":"nan"}\n'
    array = tmp_path / "array.json.gz"
    assert run(program, "-c", f"COPY ({rows}) TO '{array}' (ARRAY true)").returncode == 0
    assert len(json.loads(gzip.decompress(array.read_bytes()))) == 2
    done = run(program, "--format", "csv", "-c", f"SELECT a, \"b c\" FROM '{lines}' ORDER BY a DESC; SELECT count(*) FROM '{array}'")
    assert done.stdout == 'a,b c\n1,"x""1"\n0,\ncount_star()\n2\n'
    done = run(program, "-c", f"COPY ({rows}) TO '{tmp_path}/t.json' (arrray true)")
    assert done.returncode == 1 and '"array"' in done.stderr
    assert not (tmp_path / "t.json").exists()


def test_instants_are_shown_in_the_session_time_zone(program, tmp_path, connection):
    sql = "SET timezone = 'Europe/Berlin'; SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00' AS t"
    for form, text in [("box", "2024-07-01 14:00:00+02"), ("csv", "t\n2024-07-01 14:00:00+02\n"),
                       ("jsonl", '{"t":"2024-07-01 14:00:00+02"}\n'), ("line", "t = 2024-07-01 14:00:00+02\n"),
                       ("markdown", "2024-07-01 14:00:00+02")]:
        assert text in run(program, "--format", form, "-c", sql).stdout
    for name in ["t.csv", "t.json"]:
        run(program, "-c", sql.replace("SELECT", "COPY (SELECT") + f") TO '{tmp_path}/{name}'")
        assert "2024-07-01 14:00:00+02" in (tmp_path / name).read_text()
    connection.execute("SET timezone = 'Europe/Berlin'")
    assert "2024-07-01 14:00:00+02" in repr(connection.sql("SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00' AS t"))
    done = run(program, "-c", "SET timezone = 'Mars/Base'")
    assert done.returncode == 1 and "Mars/Base" in done.stderr
