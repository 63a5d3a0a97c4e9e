"""Measures decoding alone: all columns of TPC-H's larger tables, from the file into each engine's vectors.

Trivet's and Arrow's readers run in build/release/parquet_decode, which drops batches as they come; Arrow's in both of
its ways: columns of a batch in parallel, or row groups. Polars runs read_parquet, beside which Trivet, too, gives a
whole table (trivet-table), and a sink of batches. DuckDB aggregates. All read in turn, each round in fresh processes;
a process's second run counts, and a time is the median of them. Before, each reader's values are compared with those
that DuckDB reads, Trivet's and Arrow's through their Python modules, and every run's number of rows is.
"""

import argparse
import importlib.metadata
import json
import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "test")]

import oracle  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402

PROGRAM = BENCH.parent / "build/release/parquet_decode"
# The readers, each with the one of decode_readers.py that shows its values.
READERS = {"trivet": "trivet-table", "trivet-table": "trivet-table", "polars": "polars", "polars-batches": "polars-batches",
           "arrow-columns": "arrow", "arrow-groups": "arrow", "duckdb": "duckdb"}  # fmt: skip
OF_PROGRAM = ("trivet", "arrow-columns", "arrow-groups")
PAIRS = [("trivet", "polars"), ("trivet-table", "polars"), ("trivet", "polars-batches"), ("trivet", "arrow-columns"),
         ("trivet", "arrow-groups"), ("trivet", "duckdb")]  # fmt: skip


def in_python(reader, file, threads, *options):
    return processes.run([sys.executable, BENCH / "decode_readers.py", reader, file, threads, *options])


def read_once(timings, table, file, threads, expected_rows):
    ran = (processes.run([PROGRAM, timings.name, file, threads]) if timings.name in OF_PROGRAM
           else in_python(timings.name, file, threads))
    rows, _, seconds = ran.output.split()
    if int(rows) != expected_rows:
        raise processes.Failure(f"{rows} rows, expected {expected_rows}")
    timings.warm.setdefault(table, []).append(float(seconds))
    timings.peak_bytes = max(timings.peak_bytes, ran.peak_bytes)


def check(engines, table, file, threads):
    """Notes a problem of each whose values are not DuckDB's; the number of rows."""
    expected = json.loads(in_python("duckdb", file, threads, "--check").output)
    for reader in {READERS[timings.name] for timings in engines}:
        try:
            actual = json.loads(in_python(reader, file, threads, "--check").output)
            wrong = [name for name, value in expected.items() if actual[name] != value]
            problem = f"other values than DuckDB's: {', '.join(wrong)}" if wrong else None
        except processes.Failure as failure:
            problem = str(failure)
        for timings in engines:
            if problem and READERS[timings.name] == reader:
                timings.problems[table] = problem
    return expected["rows"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tables", default="lineitem,orders,partsupp", help="of TPC-H's, separated by commas")
    arguments = parser.parse_args()
    report.refuse_few(parser, arguments.rounds)
    tables = arguments.tables.split(",")
    engines = {name: report.Timings(name) for name in READERS}
    for table in tables:
        file = oracle.tpch_directory(arguments.scale) / f"{table}.parquet"
        expected_rows = check(engines.values(), table, file, arguments.threads)
        for number in range(arguments.rounds):
            print(f"{table}: round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            for timings in report.in_turn(engines.values(), number):
                try:
                    read_once(timings, table, file, arguments.threads, expected_rows)
                except processes.Failure as failure:
                    timings.problems[table] = str(failure)
    pairs = [report.Pair(f"{subject} / {peer}", engines[subject], [engines[peer]]) for subject, peer in PAIRS]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("polars", "pyarrow", "duckdb"))
    title = (f"Decoding all columns of TPC-H's tables at scale factor {arguments.scale}, {arguments.threads} threads, medians of "
             f"{arguments.rounds} warm runs, each in a process of its own; {versions}")
    sys.exit(report.Comparison(tables, list(engines.values()), pairs).publish(
        f"decode-{arguments.scale}", title, {**vars(arguments), "versions": versions}))


if __name__ == "__main__":
    main()
