"""One engine in one process: asks a suite's questions and reports times, memory and answers.

Usage: worker.py {trivet,trivet-uncached,duckdb,polars} --task FILE --source {parquet,memory} --threads N --repeats N --output FILE

Started by compare.py, afresh for every round. Reads a pickle, which Suite.task made, and loads no engine but its own, so
that memory is the engine's. Writes a pickle: times in seconds of the first run and
of every repeat by query, what the suite checks of every answer, errors by query, the engine's version, the process's
peak memory, and that of every query asked under a memory limit.
"""

import argparse
import os
import pathlib
import pickle
import re
import sys
import tempfile
import threading
import time

BENCH = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "build/release/python")]


class SqlEngine:
    """An engine that is asked in SQL."""

    def __init__(self, connection, task, threads, source):
        self.connection = connection
        connection.execute(f"SET threads = {threads}")
        for table in task.tables:
            kind = "TABLE" if source == "memory" else "VIEW"
            connection.execute(f"CREATE {kind} {table} AS SELECT * FROM '{task.directory / table}.parquet'")
        self.texts = task.texts
        self.check_texts = task.check_texts

    def spill_to(self, directory):
        self.connection.execute(f"SET temp_directory = '{directory}'")

    def limit_memory(self, limit):
        self.connection.execute(f"SET memory_limit = '{limit}'")

    def ask_all(self, texts):
        """The answers to all of them, on a connection of its own."""
        cursor = self.connection.cursor()
        return {name: cursor.execute(text).fetchall() for name, text in texts.items()}

    def rows(self, query):
        return self.connection.sql(self.check_texts[query]).fetchall()


class DuckDB(SqlEngine):
    def __init__(self, *arguments):
        import duckdb

        self.version = duckdb.__version__
        super().__init__(duckdb.connect(), *arguments)
        # Texts as views, as Polars has them and Trivet is asked for: nobody copies them for the others' sake.
        self.connection.execute("SET arrow_output_version = '1.4'")
        self.connection.execute("SET produce_arrow_string_view = true")

    def run(self, query):
        return self.connection.sql(self.texts[query]).to_arrow_table()


class Trivet(SqlEngine):
    def __init__(self, *arguments):
        import trivet

        self.version = trivet.__version__
        super().__init__(trivet.connect(), *arguments)

    def run(self, query):
        return self.connection.sql(self.texts[query]).arrow(string_views=True)


class TrivetUncached(Trivet):
    """Without the cache of decompressed pages: every run decodes the files."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connection.execute("SET enable_page_cache = false")


class Polars:
    def __init__(self, task, threads, source):
        os.environ["POLARS_MAX_THREADS"] = str(threads)  # read when the package is imported
        import importlib

        import polars

        self.version = polars.__version__
        self.queries = importlib.import_module(f"polars_{task.name}").QUERIES
        self.texts = self.queries
        self.whole_answers = task.check_texts == task.texts
        self.tables = {name: polars.scan_parquet(task.directory / f"{name}.parquet") for name in task.tables}
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


ENGINES = {"trivet": Trivet, "trivet-uncached": TrivetUncached, "duckdb": DuckDB, "polars": Polars}


def resident_peak(reset=False):
    """The most memory that the process had since this was last reset. Other than what getrusage tells, it does not
    begin with that of the process which started this one."""
    if reset:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) * 1024


def measure_clients(engine, repeats):
    """All clients at once, each on a thread of its own; pass after pass."""
    times, rows, errors = {client: [] for client in engine.texts}, {}, {}

    def run(client):
        try:
            start = time.perf_counter()
            rows[client] = engine.ask_all(engine.texts[client])
            times[client].append(time.perf_counter() - start)
        except Exception as error:
            errors[client] = f"{type(error).__name__}: {error}"

    for _ in range(1 + repeats):
        threads = [threading.Thread(target=run, args=(client,)) for client in engine.texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for client in errors:
        rows.pop(client, None)
    return {"times": times, "rows": rows, "errors": errors, "peak_bytes": resident_peak(), "peaks": {}}


def measure(engine, repeats, limits):
    times, rows, errors, peaks = {}, {}, {}, {}
    for query in engine.texts:
        try:
            if query in limits:
                engine.limit_memory(limits[query])
                resident_peak(reset=True)
            times[query] = []
            for _ in range(1 + repeats):
                start = time.perf_counter()
                engine.run(query)
                times[query].append(time.perf_counter() - start)
        except Exception as error:  # an engine may raise anything; the comparison names it and goes on
            errors[query] = f"{type(error).__name__}: {error}"
        if query in limits:
            peaks[query] = resident_peak()
    most_bytes = max([resident_peak(), *peaks.values()])
    for query in times:
        if query in errors:
            continue
        try:
            if query in limits:
                engine.limit_memory(limits[query])
            rows[query] = engine.rows(query)
        except Exception as error:
            errors[query] = f"{type(error).__name__}: {error}"
    return {"times": times, "rows": rows, "errors": errors, "peak_bytes": most_bytes, "peaks": peaks}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--task", type=pathlib.Path, required=True)
    parser.add_argument("--source", choices=("parquet", "memory"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    task = pickle.loads(arguments.task.read_bytes())
    engine = ENGINES[arguments.engine](task, arguments.threads, arguments.source)
    limits = task.memory_limits
    with tempfile.TemporaryDirectory() as directory:  # for what does not fit into memory
        if limits:
            engine.spill_to(directory)
        if task.clients:
            engine.limit_memory(next(iter(limits.values())))
            outcome = measure_clients(engine, arguments.repeats)
        else:
            outcome = measure(engine, arguments.repeats, limits)
    outcome["version"] = engine.version
    arguments.output.write_bytes(pickle.dumps(outcome))


if __name__ == "__main__":
    main()
