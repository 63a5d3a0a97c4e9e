"""A reader of Parquet files, in one process: decode_readers.py READER FILE THREADS [--check].

Reads all columns of the file twice and prints the rows and the seconds of the second run, as the program
parquet_decode does; the first one starts threads and fills the system's cache. With --check it prints, instead,
DuckDB's checksums of what the reader gave, as JSON.
"""

import argparse
import importlib
import json
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "build/release/python"))


class TrivetTable:
    """A whole Arrow table, as read_parquet of Polars gives one. Without the page cache, so that every run decodes."""

    def __init__(self, file, threads):
        import trivet

        self.connection = trivet.connect()
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET enable_page_cache = false")
        self.text = f"SELECT * FROM '{file}'"

    def table(self):
        return self.connection.sql(self.text).arrow(string_views=True)

    def rows(self):
        return self.table().num_rows


class Arrow:
    """Arrow's reader, as the program parquet_decode has it: for the check alone."""

    def __init__(self, file, threads):
        import pyarrow

        pyarrow.set_cpu_count(threads)
        self.file = file

    def table(self):
        return importlib.import_module("pyarrow.parquet").read_table(self.file)

    def rows(self):
        return self.table().num_rows


class Polars:
    """A whole frame, by read_parquet."""

    def __init__(self, file, threads):
        os.environ["POLARS_MAX_THREADS"] = str(threads)  # read when the package is imported
        import polars

        self.polars = polars
        self.file = file

    def table(self):
        return self.polars.read_parquet(self.file).to_arrow()

    def rows(self):
        return self.polars.read_parquet(self.file).height


class PolarsBatches(Polars):
    """Batches, dropped as they come."""

    def sink(self, take):
        self.polars.scan_parquet(self.file).sink_batches(take, engine="streaming")

    def table(self):
        batches = []
        self.sink(batches.append)
        return self.polars.concat(batches).to_arrow()

    def rows(self):
        counts = []
        self.sink(lambda batch: counts.append(batch.height))
        return sum(counts)


class DuckDB:
    """Every column is read and decoded, for an aggregate that needs each value's presence and no more."""

    def __init__(self, file, threads):
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET preserve_insertion_order = false")
        columns = self.connection.execute(f"DESCRIBE FROM '{file}'").fetchall()
        self.text = f"SELECT count(*), {', '.join(f'any_value({name})' for name, *_ in columns)} FROM '{file}'"
        self.from_file = f"FROM '{file}'"

    def table(self):
        return self.connection.sql(self.from_file).to_arrow_table()

    def rows(self):
        return self.connection.execute(self.text).fetchone()[0]


READERS = {"trivet-table": TrivetTable, "arrow": Arrow, "polars": Polars, "polars-batches": PolarsBatches, "duckdb": DuckDB}


def checksums(file, table):
    """By column, how many values there are and a sum of their hashes, which does not depend on the rows' order."""
    import duckdb

    connection = duckdb.connect()
    columns = connection.execute(f"DESCRIBE FROM '{file}'").fetchall()
    connection.register("answer", table)
    # As values of the file's types: those of other widths have other hashes.
    parts = [f"count({name}), sum(hash({name}::{kind})::HUGEINT)" for name, kind, *_ in columns]
    rows, *values = connection.execute(f"SELECT count(*), {', '.join(parts)} FROM answer").fetchone()
    names = [name for name, *_ in columns]
    if table.column_names != names:
        raise ValueError(f"columns {table.column_names}")
    return {"rows": rows, **{name: list(pair) for name, *pair in zip(names, values[::2], values[1::2])}}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    reader = READERS[arguments.reader](arguments.file, arguments.threads)
    if arguments.check:
        print(json.dumps(checksums(arguments.file, reader.table())))
        return
    for _ in range(2):
        start = time.perf_counter()
        rows = reader.rows()
        seconds = time.perf_counter() - start
    print(f"{rows} rows {seconds:.6f}")


if __name__ == "__main__":
    main()
