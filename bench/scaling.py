"""How much faster each engine is on two threads than on one: TPC-H, the same run for all.

Every figure is a median of warm runs as compare.py takes them, after the answers were checked. The page cache of
Trivet is off, so that every run decodes the files.
"""

import argparse
import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

import compare  # noqa: E402

ENGINES = ("trivet-uncached", "duckdb")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="10")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    arguments.suite, arguments.source, arguments.engines = "tpch", "parquet", ",".join(ENGINES)
    measured = {}
    for threads in (1, 2):
        arguments.threads = threads
        queries, measured[threads] = compare.measure(arguments)
    problems = [f"- {engine.name} {query} on {threads} threads: {problem}" for threads, engines in measured.items()
                for engine in engines for query, problem in sorted(engine.problems.items())]
    rows = [["query", *(f"{name} {what}" for name in ENGINES for what in ("1 thread, ms", "2 threads, ms", "factor"))]]
    seconds = {(threads, engine.name): engine.seconds for threads, engines in measured.items() for engine in engines}
    common = [query for query in queries if all(query in times for times in seconds.values())]
    for query in common:
        rows.append([query])
        for name in ENGINES:
            one, two = (seconds[threads, name][query] for threads in (1, 2))
            rows[-1] += [compare.milliseconds(one), compare.milliseconds(two), compare.ratio(one, two)]
    rows.append(["sum"])
    for name in ENGINES:
        one, two = (sum(seconds[threads, name][query] for query in common) for threads in (1, 2))
        rows[-1] += [compare.milliseconds(one), compare.milliseconds(two), compare.ratio(one, two)]
    title = (f"TPC-H at scale factor {arguments.scale}, one thread and two, medians of {arguments.rounds} rounds of "
             f"{arguments.repeats} warm runs; {compare.processor()}")
    text = "\n".join([title, "", compare.markdown(rows), *problems])
    print(f"\n{text}\n")
    compare.write_report(f"scaling-{arguments.scale}", text, {
        "scale": arguments.scale, "problems": problems,
        "seconds": {f"{name}, {threads} threads": times for (threads, name), times in seconds.items()}})
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
