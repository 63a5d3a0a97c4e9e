"""The suites of questions that `make bench` asks of every engine, and how their answers are checked.

A suite has tables, each one Parquet file, and texts of SQL by name. DuckDB's answers count: where rows are few, all that
the question determines is compared; where they are millions, their number and sums over each column.
"""

import pathlib
import re
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "test"))

import oracle  # noqa: E402


def statements(path):
    """The statements of a file, without its comments, as q01, q02 and so on."""
    text = re.sub(r"^--.*$", "", path.read_text(), flags=re.MULTILINE)
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return {f"q{number:02}": part for number, part in enumerate(parts, start=1)}


def generated(name, rows):
    """The folder of a suite's tables, generated where they are missing."""
    directory = oracle.DATA / name / str(rows)
    subprocess.run([sys.executable, BENCH / name / "generate.py", str(rows), directory], check=True)
    return directory


class Suite:
    """Questions in SQL over Parquet files."""

    name = ""
    tables = ()
    scale = ""  # by default
    engines = ("trivet", "duckdb", "polars")

    def title(self, scale):
        raise NotImplementedError

    def directory(self, scale):
        raise NotImplementedError

    def texts(self):
        raise NotImplementedError

    def check_texts(self, directory):
        """What is asked to check an answer, instead of the question itself where that has too many rows."""
        return self.texts()

    def answers(self, scale):
        directory = self.directory(scale)
        return oracle.answers(directory, self.tables, self.check_texts(directory))

    def difference(self, query, expected, actual, exact):
        return oracle.difference(expected, actual, exact)


class Tpch(Suite):
    name, tables, scale = "tpch", oracle.TPCH_TABLES, "1"

    def title(self, scale):
        return f"TPC-H at scale factor {scale}"

    def directory(self, scale):
        return oracle.tpch_directory(scale)

    def texts(self):
        return oracle.queries("tpch")


class Events(Suite):
    """Wide events in ClickBench's shape."""

    name, tables, scale = "events", ("hits",), "10000000"
    engines = ("trivet", "duckdb")
    # Where LIMIT cuts among rows that ORDER BY finds equal: the columns that it determines all the same.
    DETERMINED = {
        "q09": (1,), "q10": (2,), "q11": (1,), "q12": (2,), "q13": (1,), "q14": (1,), "q15": (2,), "q16": (1,), "q17": (2,),
        "q18": (), "q19": (3,), "q22": (2,), "q23": (3,), "q24": (4,), "q25": (), "q31": (2,), "q32": (2,), "q33": (2,),
        "q34": (1,), "q35": (2,), "q36": (4,), "q37": (1,), "q38": (1,), "q39": (1,), "q40": (5,), "q41": (2,), "q42": (2,),
    }  # fmt: skip

    def title(self, scale):
        return f"{int(scale):,} wide events in ClickBench's shape"

    def directory(self, scale):
        return generated("events", scale)

    def texts(self):
        return statements(BENCH / "events/queries.sql")

    def difference(self, query, expected, actual, exact):
        if query == "q08":  # all groups, of which some may be equally large
            return oracle.difference(sorted(expected), sorted(actual), exact)
        if query in self.DETERMINED:
            columns = self.DETERMINED[query]
            expected, actual = ([tuple(row[column] for column in columns) for row in rows] for rows in (expected, actual))
        return oracle.difference(expected, actual, exact)


class H2o(Suite):
    """Grouping and joining in the shape of H2O's db-benchmark."""

    name, tables, scale = "h2o", ("g1", "x", "small", "medium", "big"), "10000000"

    def title(self, scale):
        return f"Grouping and joining {int(scale):,} rows in the shape of H2O's db-benchmark"

    def directory(self, scale):
        return generated("h2o", scale)

    def texts(self):
        return statements(BENCH / "h2o/queries.sql")

    def check_texts(self, directory):
        """The number of rows, and of each column a sum, of texts that of their lengths."""
        import duckdb

        connection = duckdb.connect()
        oracle.create_views(connection, directory, self.tables)
        checks = {}
        for name, text in self.texts().items():
            columns = connection.execute(f"DESCRIBE {text}").fetchall()
            sums = [f"sum({'length(' + column + ')' if kind == 'VARCHAR' else column + '::DOUBLE'})"
                    for column, kind, *_ in columns]
            checks[name] = f"SELECT count(*), {', '.join(sums)} FROM ({text}) answer"
        return checks


SUITES = {suite.name: suite for suite in (Tpch(), Events(), H2o())}
