"""How much faster each engine is on two threads than on one: TPC-H, the same run for all.

Every figure is a median of warm runs as compare.py takes them, after the answers were checked; in every round each
engine runs on one thread and on two, in turn. The page cache of Trivet is off, so that every run decodes the files.
"""

import argparse
import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

import compare  # noqa: E402
import report  # noqa: E402

ENGINES = ("trivet-uncached", "duckdb")
AMOUNTS = {1: "1 thread", 2: "2 threads"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="10")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    report.refuse_few(parser, arguments.rounds * arguments.repeats)
    arguments.suite, arguments.source = "tpch", "parquet"
    suite = compare.SUITES[arguments.suite]
    engines = {(name, threads): compare.Engine(name, suite, threads, f"{name}, {AMOUNTS[threads]}")
               for name in ENGINES for threads in AMOUNTS}
    queries = compare.measure(list(engines.values()), arguments)
    pairs = [report.Pair(f"{name}, 1 thread / 2", engines[name, 1], [engines[name, 2]], worst=min) for name in ENGINES]
    ours, peer = ENGINES
    pairs += [report.Pair(f"{ours} / {peer}, {amount}", engines[ours, threads], [engines[peer, threads]])
              for threads, amount in AMOUNTS.items()]
    title = (f"TPC-H at scale factor {arguments.scale}, one thread and two, medians of {arguments.rounds} rounds of "
             f"{arguments.repeats} warm runs; {report.versions(engines.values())}")
    sys.exit(report.Comparison(queries, list(engines.values()), pairs).publish(
        f"scaling-{arguments.scale}", title, {**vars(arguments), "threads": list(AMOUNTS)}))


if __name__ == "__main__":
    main()
