"""Measures decoding alone: all 16 columns of TPC-H's lineitem, from the file into each engine's vectors.

Trivet's and Arrow's readers run in build/release/parquet_decode, Polars and DuckDB in Python processes,
in turn, several rounds. Nothing is kept: batches are dropped as they come. Prints the least time. Arrow's
reader runs in both of its ways: columns of a batch in parallel, or row groups.

  bench/parquet_decode.py [--scale 1] [--threads 2] [--rounds 5]
"""

import argparse
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "test"))

import oracle  # noqa: E402

PROGRAM = BENCH.parent / "build/release/parquet_decode"

# Each prints the seconds of one warm run; the first run, which reads the file into the page cache and
# starts threads, does not count.
POLARS = """
import os, sys, time
os.environ["POLARS_MAX_THREADS"] = sys.argv[2]
import polars
for _ in range(2):
    start = time.perf_counter()
    polars.scan_parquet(sys.argv[1]).sink_batches(lambda batch: None, engine="streaming")
    seconds = time.perf_counter() - start
print(seconds)
"""

DUCKDB = """
import sys, time
import duckdb
connection = duckdb.connect()
connection.execute(f"SET threads = {sys.argv[2]}")
connection.execute("SET preserve_insertion_order = false")
for _ in range(2):
    start = time.perf_counter()
    # Every column is read and decoded; an aggregate that needs each value's presence and no more.
    columns = connection.execute(f"DESCRIBE FROM '{sys.argv[1]}'").fetchall()
    wanted = ", ".join(f"any_value({name})" for name, *_ in columns)
    connection.execute(f"SELECT {wanted} FROM '{sys.argv[1]}'").fetchall()
    seconds = time.perf_counter() - start
print(seconds)
"""


def commands(file, threads):
    return {
        "trivet": [PROGRAM, "trivet", file, str(threads)],
        "arrow, columns apart": [PROGRAM, "arrow-columns", file, str(threads)],
        "arrow, row groups apart": [PROGRAM, "arrow-groups", file, str(threads)],
        "polars": [sys.executable, "-c", POLARS, file, str(threads)],
        "duckdb (aggregating)": [sys.executable, "-c", DUCKDB, file, str(threads)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    file = oracle.tpch_directory(arguments.scale) / "lineitem.parquet"
    seconds = {}
    for _ in range(arguments.rounds):
        for name, command in commands(file, arguments.threads).items():
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            seconds.setdefault(name, []).append(float(output.split()[-1]))
    best = {name: min(times) for name, times in seconds.items()}
    print(f"lineitem at scale factor {arguments.scale}, 16 columns, {arguments.threads} threads, "
          f"least of {arguments.rounds} runs")
    for name, least in best.items():
        print(f"  {name:24} {least * 1000:8.1f} ms   trivet / it {best['trivet'] / least:.2f}")


if __name__ == "__main__":
    main()
