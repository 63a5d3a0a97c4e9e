"""The trivet program: arguments, formats, errors, standard input, a terminal."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

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
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
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


def test_control_c_cancels_the_query_and_not_the_shell(terminal):
    terminal.send("SELECT count(*) FROM range(1000000) a(i), range(1000000) b(j) WHERE (i * j) % 7 = 8;\n")
    time.sleep(1)
    terminal.send("\x03")
    terminal.wait_for("cancelled")
    terminal.send("SELECT 40 + 2;\n")
    terminal.wait_for("42")
