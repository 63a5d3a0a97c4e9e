"""The suites of questions that `make bench` asks of every engine, and how their answers are checked.

A suite has tables, each one Parquet file, and texts of SQL by name. DuckDB's answers count: where rows are few, all that
the question determines is compared; where they are millions, their number and sums over each column.
"""

import pathlib
import re
import subprocess
import sys
import types

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
    rounds = repeats = 3  # by default
    clients = 0  # that ask at the same time, where it is not one alone

    def title(self, scale):
        raise NotImplementedError

    def directory(self, scale):
        raise NotImplementedError

    def texts(self):
        raise NotImplementedError

    def check_texts(self, directory):
        """What is asked to check an answer, instead of the question itself where that has too many rows."""
        return self.texts()

    def memory_limits(self, scale):
        """The limit under which a question is asked, by its name; none where it may take what there is."""
        return {}

    def answers(self, scale):
        directory = self.directory(scale)
        return oracle.answers(directory, self.tables, self.check_texts(directory))

    def difference(self, query, expected, actual, exact):
        return oracle.difference(expected, actual, exact)

    def task(self, scale):
        """What an engine's process needs of this, without this module: it would load DuckDB into everyone's memory."""
        directory = self.directory(scale)
        return types.SimpleNamespace(
            name=self.name, tables=self.tables, directory=directory, texts=self.texts(), check_texts=self.check_texts(directory),
            memory_limits=self.memory_limits(scale), clients=self.clients)


class Tpch(Suite):
    name, tables, scale = "tpch", oracle.TPCH_TABLES, "1"
    engines = ("trivet", "trivet-uncached", "duckdb", "polars")

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


class OutOfCore(Tpch):
    """TPC-H in much less memory than its data take, and operators of ten times their limit."""

    name, scale = "out_of_core", "10"
    engines = ("trivet", "duckdb")
    rounds = 1
    LEAST_MEBIBYTES = 128  # for TPC-H at small scales
    SMALL = "64MiB"
    # Each gives few rows: what they take is the operators' own. Rows of the last three have a text of 100 bytes.
    TEXT = "lpad(i::VARCHAR, 100, 'some text ')"
    SINGLE = {
        "groups": "SELECT count(*), sum(n), sum(k % 1009 * n), max(s) FROM (SELECT i * 7919 % 10000000 AS k, count(*) AS n, sum(i) AS s "
                  "FROM range(20000000) t(i) GROUP BY k) g",
        "sort": f"SELECT k, s FROM (SELECT i * 7919 % 5000000 AS k, {TEXT} AS s FROM range(5000000) t(i)) r ORDER BY k, s "
                "LIMIT 10 OFFSET 4999990",
        "join": f"SELECT count(*), sum(length(a.s)), sum(length(b.s)), max(a.s), min(b.s) FROM "
                f"(SELECT i * 7919 % 5000000 AS k, {TEXT} AS s FROM range(5000000) t(i)) a JOIN "
                f"(SELECT i * 7907 % 5000000 AS k, {TEXT} AS s FROM range(5000000) t(i)) b ON a.k = b.k",
        "hot key": f"SELECT count(*), sum(length(a.s)), sum(length(b.s)), max(a.s), min(b.s) FROM "
                   f"(SELECT CASE WHEN i % 2 = 0 THEN 77 ELSE i END AS k, {TEXT} AS s FROM range(5000000) t(i)) a JOIN "
                   f"(SELECT i * 7907 % 5000000 AS k, {TEXT} AS s FROM range(5000000) t(i)) b ON a.k = b.k",
    }  # fmt: skip

    def title(self, scale):
        return f"TPC-H at scale factor {scale} in {self.mebibytes(scale)} MiB, and single operators in {self.SMALL}"

    def mebibytes(self, scale):
        return max(self.LEAST_MEBIBYTES, int(512 * float(scale) / 10))

    def texts(self):
        return {**oracle.queries("tpch"), **self.SINGLE}

    def memory_limits(self, scale):
        return {name: self.SMALL if name in self.SINGLE else f"{self.mebibytes(scale)}MiB" for name in self.texts()}

    def answers(self, scale):
        kept = oracle.DATA / self.name
        kept.mkdir(parents=True, exist_ok=True)
        return {**oracle.tpch_answers(scale), **oracle.answers(kept, (), self.SINGLE)}


class Clients(Tpch):
    """Eight clients of one process, each asking all of TPC-H in an order of its own: a client's pass is one question."""

    name = "clients"
    engines = ("trivet", "duckdb")
    rounds = 1
    clients = 8

    def title(self, scale):
        return f"TPC-H at scale factor {scale}, asked by {self.clients} clients of one process in 1 GiB"

    def passes(self):
        """Each client's questions, in its order."""
        queries = list(oracle.queries("tpch").items())
        starts = [client * len(queries) // self.clients for client in range(self.clients)]
        return {f"client {number}": dict(queries[start:] + queries[:start]) for number, start in enumerate(starts, start=1)}

    def texts(self):
        return self.passes()

    def memory_limits(self, scale):
        return dict.fromkeys(self.passes(), "1GiB")

    def answers(self, scale):
        expected = oracle.tpch_answers(scale)
        return {client: expected for client in self.passes()}

    def difference(self, query, expected, actual, exact):
        differences = ((name, oracle.difference(expected[name], rows, exact)) for name, rows in actual.items())
        return "; ".join(f"{name}: {what}" for name, what in differences if what) or None


SUITES = {suite.name: suite for suite in (Tpch(), Events(), H2o(), OutOfCore(), Clients())}
