"""One engine in one process: runs the 22 TPC-H queries and reports times, memory and answers.

Usage: worker.py {trivet,duckdb,polars} --data DIRECTORY --threads N --repeats N --output FILE

Started by compare.py, afresh for every round. Writes a pickle: times in seconds of every repeat by
query, the rows of every query, errors by query, the engine's version and the process's peak memory.
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


class DuckDB:
    def __init__(self, directory, threads):
        import duckdb
        import oracle

        self.version = duckdb.__version__
        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads = {threads}")
        oracle.create_views(self.connection, directory, oracle.TPCH_TABLES)
        self.texts = oracle.queries("tpch")

    def run(self, query):
        return self.connection.sql(self.texts[query]).to_arrow_table()

    def rows(self, query):
        return self.connection.execute(self.texts[query]).fetchall()


class Trivet:
    def __init__(self, directory, threads):
        import oracle
        import trivet

        self.version = trivet.__version__
        self.connection = trivet.connect()
        self.connection.execute(f"SET threads = {threads}")
        oracle.create_views(self.connection, directory, oracle.TPCH_TABLES)
        self.texts = oracle.queries("tpch")

    def run(self, query):
        return self.connection.sql(self.texts[query]).arrow()

    def rows(self, query):
        return self.connection.sql(self.texts[query]).fetchall()


class Polars:
    def __init__(self, directory, threads):
        os.environ["POLARS_MAX_THREADS"] = str(threads)  # read when the package is imported
        import oracle
        import polars
        import polars_tpch

        self.version = polars.__version__
        self.queries = polars_tpch.QUERIES
        self.tables = {
            name: polars.scan_parquet(directory / f"{name}.parquet") for name in oracle.TPCH_TABLES
        }

    def run(self, query):
        return self.queries[query](self.tables).collect(engine="streaming")

    def rows(self, query):
        return self.run(query).rows()


ENGINES = {"trivet": Trivet, "duckdb": DuckDB, "polars": Polars}


def measure(engine, repeats):
    times, rows, errors = {}, {}, {}
    for query in (f"q{number:02}" for number in range(1, 23)):
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
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    engine = ENGINES[arguments.engine](arguments.data, arguments.threads)
    outcome = measure(engine, arguments.repeats)
    outcome["version"] = engine.version
    arguments.output.write_bytes(pickle.dumps(outcome))


if __name__ == "__main__":
    main()
