"""Small questions: a thousand prepared ones for one row of a million each, and a whole process that answers one.

Prints, for Trivet and DuckDB in turn, the median and the slowest of the point queries, and the median of the
process's runs; checks every answer.
"""

import argparse
import pathlib
import random
import statistics
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build/release"
sys.path[:0] = [str(BENCH), str(ROOT / "test"), str(BUILD / "python")]

import compare  # noqa: E402
import oracle  # noqa: E402

ROWS = 1_000_000
SEED = 20261122


def points_file():
    """A million rows by ascending key, with a text and a number each, generated where it is missing."""
    path = oracle.DATA / "small" / "points.parquet"
    if not path.exists():
        import duckdb

        path.parent.mkdir(parents=True, exist_ok=True)
        rows = f"SELECT i AS id, hash(i) % 1000 AS kind, 'name of ' || i AS name, i * 0.25 AS amount FROM range({ROWS}) t(i)"
        duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    return path


def point_queries(engine, path, keys):
    """Seconds of each."""
    if engine == "trivet":
        import trivet

        connection = trivet.connect()
    else:
        import duckdb

        connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(f"PREPARE point AS SELECT id, name, amount FROM '{path}' WHERE id = $1")
    times = []
    for key in keys:
        start = time.perf_counter()
        rows = connection.execute(f"EXECUTE point({key})").fetchall()
        times.append(time.perf_counter() - start)
        if [row[:2] for row in rows] != [(key, f"name of {key}")] or float(rows[0][2]) != key * 0.25:
            sys.exit(f"{engine}: wrong answer for {key}: {rows}")
    return times


def whole_process(command, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        completed = subprocess.run(command, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - start)
        if "1" not in completed.stdout:
            sys.exit(f"{command}: {completed.stdout}")
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=21)
    arguments = parser.parse_args()
    path = points_file()
    keys = random.Random(SEED).sample(range(ROWS), arguments.queries)
    results = {}
    for engine in ("trivet", "duckdb"):
        point_queries(engine, path, keys[:20])  # imports, and the file into the system's cache
        times = point_queries(engine, path, keys)
        results[f"{engine}: a point query"] = times
    results['trivet -c "select 1"'] = whole_process([BUILD / "trivet", "-c", "select 1"], arguments.processes)
    results['python -c "import duckdb ..."'] = whole_process(
        [sys.executable, "-c", "import duckdb; print(duckdb.sql('select 1').fetchall())"], arguments.processes)
    rows = [["", "runs", "median ms", "slowest ms"]]
    rows += [[name, str(len(times)), f"{statistics.median(times) * 1000:.3f}", f"{max(times) * 1000:.3f}"]
             for name, times in results.items()]
    text = f"Small questions, {ROWS:,} rows, 2 threads; {compare.processor()}\n\n{compare.markdown(rows)}"
    print(f"\n{text}\n")
    compare.write_report("small", text, {"seconds": results})


if __name__ == "__main__":
    main()
