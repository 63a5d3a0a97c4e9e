"""Checks the expectations of SQL suites against DuckDB, or writes them; test/sql/README.md has the format.

Usage: sql_oracle.py [--write] [FILE|DIRECTORY...]
"""

import argparse
import dataclasses
import math
import os
import pathlib
import sys
import tempfile

import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = os.environ.get("TRIVET_DATA", str(ROOT / "data"))
SORT_MODES = ("nosort", "rowsort")
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"}
RELATIVE_TOLERANCE = 1e-9
INTEGER_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}


class FormatError(Exception):
    pass


@dataclasses.dataclass
class Record:
    kind: str  # "statement ok", "statement error", "query"
    line: int
    sql: str
    letters: str = ""
    sort: str = "nosort"
    skipped: bool = False  # by skipif duckdb, or onlyif for another
    expected: list | None = None  # lines after ----, or None where there is no ----
    # The record's own lines up to and with ----, for writing.
    head: list = dataclasses.field(default_factory=list)

    def infer_letters(self, types):
        """Replaces the letter ? of a new record by those that fit the result."""
        self.letters = "".join(letter(str(type_)) for type_ in types)
        self.head = [
            line.replace("query ?", f"query {self.letters}", 1) if line.startswith("query ?") else line
            for line in self.head]


def letter(type_name):
    if type_name in ("FLOAT", "DOUBLE"):
        return "R"
    return "I" if type_name.removeprefix("U") in INTEGER_TYPES else "T"


def parse_record(lines, number):
    """A record from its lines, the first of which is line `number` of the file; None for comments."""
    head, position = [], 0
    skipped = False
    while position < len(lines):
        words = lines[position].split()
        if lines[position].startswith("#"):
            pass
        elif words[0] in ("skipif", "onlyif"):
            skipped |= (words[0] == "skipif") == (words[1] == "duckdb")
        else:
            break
        position += 1
    if position == len(lines):
        return None
    words = lines[position].split()
    where = number + position
    record = Record(kind=words[0], line=where, sql="", skipped=skipped)
    if words[0] == "statement" and words[1:] in (["ok"], ["error"]):
        record.kind = " ".join(words)
    elif words[0] == "query" and len(words) in (2, 3) and (
        set(words[1]) <= set("ITR") or words[1] == "?"
    ):
        record.letters = words[1]
        record.sort = words[2] if len(words) == 3 else "nosort"
    if record.kind == "query" and record.sort not in SORT_MODES or record.kind == "statement":
        raise FormatError(f"line {where}: cannot read '{lines[position]}'")
    if record.kind not in ("query", "statement ok", "statement error"):
        raise FormatError(f"line {where}: unknown directive '{lines[position]}'")
    body = lines[position + 1:]
    end = body.index("----") if "----" in body else len(body)
    record.sql = "\n".join(body[:end])
    record.expected = body[end + 1:] if end < len(body) else None
    record.head = lines[: position + 1 + end]
    return record


def parse_file(text):
    """The file as blocks: (lines, record or None), in order, without the blank lines between."""
    blocks, current, start = [], [], 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            if not current:
                start = number
            current.append(line)
        elif current:
            blocks.append((current, parse_record(current, start)))
            current = []
    return blocks


def escape(value):
    if value is None:
        return "NULL"
    if value == "":
        return "(empty)"
    return "".join(ESCAPES.get(character, character) for character in value)


class Suite:
    """One file's records run in a DuckDB of its own."""

    def __init__(self, directory):
        self.directory = directory
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def text(self, sql):
        return sql.replace("__TEST_DIR__", self.directory).replace("__DATA__", DATA)

    def rows(self, record):
        """The lines after ---- as DuckDB has them."""
        relation = self.connection.sql(self.text(record.sql))
        if relation is None:
            raise FormatError("the query gives no rows; make it a statement")
        width = len(relation.columns)
        if record.letters == "?":
            record.infer_letters(relation.types)
        if width != len(record.letters):
            raise FormatError(f"{width} columns, but the letters are {record.letters}")
        as_text = ", ".join(f"CAST(#{number} AS VARCHAR)" for number in range(1, width + 1))
        rows = relation.project(as_text).fetchall()
        # The sign of a NaN is the processor's affair.
        lines = ["\t".join("nan" if value == "-nan" else escape(value) for value in row) for row in rows]
        return sorted(lines) if record.sort == "rowsort" else lines

    def outcome(self, record):
        """(lines or None, problem or None) of one record."""
        try:
            if record.kind == "query":
                return self.rows(record), None
            self.connection.execute(self.text(record.sql))
        except (duckdb.Error, UnicodeDecodeError) as error:
            if record.kind == "statement error":
                return None, None
            return None, f"DuckDB fails: {str(error).splitlines()[0]}"
        except FormatError as error:
            return None, str(error)
        if record.kind == "statement error":
            return None, "DuckDB accepts what should fail"
        return None, None


def same_float(left, right):
    try:
        left, right = float(left), float(right)
    except ValueError:
        return left == right
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return left == right or math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE)


def same_line(letters, expected, actual):
    if expected == actual:
        return True
    expected, actual = expected.split("\t"), actual.split("\t")
    return len(expected) == len(actual) == len(letters) and all(
        left == right or (letter == "R" and same_float(left, right))
        for letter, left, right in zip(letters, expected, actual))


def mismatch(record, lines):
    expected = record.expected or []
    if record.sort == "rowsort":
        expected = sorted(expected)
    if len(expected) != len(lines):
        return f"{len(expected)} rows are expected, DuckDB has {len(lines)}"
    for number, (left, right) in enumerate(zip(expected, lines)):
        if not same_line(record.letters, left, right):
            return f"row {number}: {left!r} is expected, DuckDB has {right!r}"
    return None


def process(path, write):
    """Runs one file; returns (number of records checked, problems)."""
    blocks = parse_file(path.read_text())
    problems, checked, output = [], 0, []
    with tempfile.TemporaryDirectory() as directory:
        suite = Suite(directory)
        for lines, record in blocks:
            if record is None or record.skipped:
                output.append(lines)
                continue
            checked += 1
            unwritten = record.letters == "?" or (record.kind == "query" and record.expected is None)
            rows, problem = suite.outcome(record)
            if unwritten and not write:
                problem = problem or "the expectation is still to be written (--write)"
            if not problem and record.kind == "query" and not write:
                problem = mismatch(record, rows)
            if problem:
                problems.append(f"{path}:{record.line}: {problem}")
            if rows is not None:
                lines = [*record.head, "----", *rows]
            output.append(lines)
    if write:
        path.write_text("\n".join("\n".join(lines) + "\n" for lines in output))
    return checked, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("paths", nargs="*", type=pathlib.Path, default=[ROOT / "test/sql"])
    arguments = parser.parse_args()
    os.chdir(ROOT)
    passed = failed = 0
    for path in arguments.paths:
        for file in sorted(path.rglob("*.test")) if path.is_dir() else [path]:
            try:
                checked, problems = process(file, arguments.write)
            except FormatError as error:
                checked, problems = 1, [f"{file}: {error}"]
            print("\n".join(problems), end="\n" if problems else "")
            passed += checked - len(problems)
            failed += len(problems)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
