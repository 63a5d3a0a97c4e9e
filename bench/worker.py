"""One engine in one process: asks a suite's questions and reports times, memory and answers.

Usage: worker.py {trivet,duckdb,polars} --suite NAME --source {parquet,memory} --data DIRECTORY --threads N
                 --repeats N --output FILE

Started by compare.py, afresh for every round. Writes a pickle: times in seconds of every repeat by
query, what the suite checks of every answer, errors by query, the engine's version and the process's
peak memory.
"""

import argparse
import os
import pathlib
import pickle
import resource
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "test"), str(BENCH.parent / "build/release/python")]


class SqlEngine:
    """An engine that is asked in SQL."""

    def __init__(self, connection, suite, directory, threads, source):
        self.connection = connection
        connection.execute(f"SET threads = {threads}")
        for table in suite.tables:
            kind = "TABLE" if source == "memory" else "VIEW"
            connection.execute(f"CREATE {kind} {table} AS SELECT * FROM '{directory / table}.parquet'")
        self.texts = suite.texts()
        self.check_texts = suite.check_texts(directory)

    def rows(self, query):
        return self.connection.sql(self.check_texts[query]).fetchall()


class DuckDB(SqlEngine):
    def __init__(self, *arguments):
        import duckdb

        self.version = duckdb.__version__
        super().__init__(duckdb.connect(), *arguments)

    def run(self, query):
        return self.connection.sql(self.texts[query]).to_arrow_table()


class Trivet(SqlEngine):
    def __init__(self, *arguments):
        import trivet

        self.version = trivet.__version__
        super().__init__(trivet.connect(), *arguments)

    def run(self, query):
        return self.connection.sql(self.texts[query]).arrow()


class Polars:
    def __init__(self, suite, directory, threads, source):
        os.environ["POLARS_MAX_THREADS"] = str(threads)  # read when the package is imported
        import importlib

        import polars

        self.version = polars.__version__
        self.queries = importlib.import_module(f"polars_{suite.name}").QUERIES
        self.texts = self.queries
        self.whole_answers = suite.check_texts(directory) == suite.texts()
        self.tables = {name: polars.scan_parquet(directory / f"{name}.parquet") for name in suite.tables}
        if source == "memory":
            self.tables = {name: table.collect().lazy() for name, table in self.tables.items()}

    def run(self, query):
        return self.queries[query](self.tables).collect(engine="streaming")

    def rows(self, query):
        answer = self.run(query)
        if self.whole_answers:
            return answer.rows()
        import polars

        # Null where there is no row, as in SQL.
        sums = [(column.str.len_chars() if column.dtype == polars.String else column.cast(polars.Float64)).sum()
                for column in answer.get_columns()]
        return [(answer.height, *(total if answer.height else None for total in sums))]


ENGINES = {"trivet": Trivet, "duckdb": DuckDB, "polars": Polars}


def measure(engine, repeats):
    times, rows, errors = {}, {}, {}
    for query in engine.texts:
        try:
            times[query] = []
            for _ in range(repeats):
                start = time.perf_counter()
                engine.run(query)
                times[query].append(time.perf_counter() - start)
        except Exception as error:  # an engine may raise anything; the comparison names it and goes on
            errors[query] = f"{type(error).__name__}: {error}"
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for query in times:
        if query not in errors:
            rows[query] = engine.rows(query)
    return {"times": times, "rows": rows, "errors": errors, "peak_bytes": peak_bytes}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--suite", required=True)
    parser.add_argument("--source", choices=("parquet", "memory"), required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    from suites import SUITES

    suite = SUITES[arguments.suite]
    engine = ENGINES[arguments.engine](suite, arguments.data, arguments.threads, arguments.source)
    outcome = measure(engine, arguments.repeats)
    outcome["version"] = engine.version
    arguments.output.write_bytes(pickle.dumps(outcome))


if __name__ == "__main__":
    main()
