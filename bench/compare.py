"""Compares Trivet with DuckDB and Polars: the questions of a suite about the same Parquet files, in turn, in one go.

Every round starts each engine in a fresh process, in an order that rotates from round to round. In a
process each query runs once cold (the process has not asked it before; the files are in the system's
cache) and `--repeats` times warm. A query's time is the median of its warm runs over all rounds. Answers
are compared with DuckDB's before any time counts. Prints a table and writes it to bench/results/ as
Markdown and JSON.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from suites import SUITES  # noqa: E402

SUBJECT = "trivet"
# Suites that are programs of their own, with arguments of their own.
PROGRAMS = {"small": "small.py", "scaling": "scaling.py", "decode": "parquet_decode.py"}


def run_worker(engine, directory, arguments):
    with tempfile.NamedTemporaryFile() as output:
        completed = subprocess.run(
            [sys.executable, BENCH / "worker.py", engine, "--suite", arguments.suite, "--scale", arguments.scale,
             "--source", arguments.source, "--data", directory,
             "--threads", str(arguments.threads), "--repeats", str(arguments.repeats),
             "--output", output.name])
        content = pathlib.Path(output.name).read_bytes()
    if completed.returncode != 0 or not content:
        sys.exit(f"{engine} ended with exit code {completed.returncode}")
    return pickle.loads(content)


class Engine:
    """What one engine has shown over all rounds."""

    def __init__(self, name, suite):
        self.name = name
        self.suite = suite
        self.version = None
        self.warm = {}  # every run's seconds, by query
        self.cold = {}  # those of each process's first run
        self.peak_bytes = 0
        self.peaks = {}  # by query, where it was asked under a limit
        self.unfairness = 0  # of clients: the slowest one's time by the mean, in the worst pass
        self.problems = {}

    def add(self, outcome, answers):
        self.version = outcome["version"]
        self.peak_bytes = max(self.peak_bytes, outcome["peak_bytes"])
        for query, peak in outcome["peaks"].items():
            self.peaks[query] = max(peak, self.peaks.get(query, 0))
        if self.suite.clients:
            passes = zip(*outcome["times"].values())
            self.unfairness = max([self.unfairness, *(max(times) * len(times) / sum(times) for times in passes)])
        self.problems.update(outcome["errors"])
        for query, rows in outcome["rows"].items():
            problem = self.suite.difference(query, answers[query], rows, exact=self.name.startswith(SUBJECT))
            if problem:
                self.problems[query] = problem
        for query, times in outcome["times"].items():
            if not times:  # it failed: the problem is noted above
                continue
            first, *others = times
            self.cold.setdefault(query, []).append(first)
            self.warm.setdefault(query, []).extend(others or [first])

    @property
    def seconds(self):
        """The median of a query's warm runs, where all its answers were right."""
        return {query: statistics.median(times) for query, times in self.warm.items() if query not in self.problems}

    @property
    def cold_seconds(self):
        return {query: statistics.median(times) for query, times in self.cold.items() if query not in self.problems}


def measure(arguments):
    suite = SUITES[arguments.suite]
    directory = suite.directory(arguments.scale)
    answers = suite.answers(arguments.scale)
    names = arguments.engines.split(",")
    engines = {name: Engine(name, suite) for name in names}
    for number in range(arguments.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            print(f"round {number + 1} of {arguments.rounds}: {name}", file=sys.stderr, flush=True)
            engines[name].add(run_worker(name, directory, arguments), answers)
    return list(answers), list(engines.values())


def milliseconds(seconds):
    return f"{seconds * 1000:.1f}" if seconds is not None else "-"


def mebibytes(count):
    return f"{count / 2**20:.0f}" if count is not None else "-"


def ratio(numerator, denominator):
    return f"{numerator / denominator:.2f}" if numerator and denominator else "-"


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def best(engines, query):
    """The least time that any of them took."""
    return min((engine.seconds[query] for engine in engines if query in engine.seconds), default=None)


def table_rows(queries, engines):
    """The table as rows of text: a header, a row a query, then sums, geometric means, the worst and memory."""
    seconds = {engine.name: engine.seconds for engine in engines}
    subjects = [engine for engine in engines if engine.name.startswith(SUBJECT)]
    peers = [engine for engine in engines if engine not in subjects]
    # Each pair of columns: a subject beside one peer, and beside the better of several.
    pairs = [(subject, [peer]) for subject in subjects for peer in peers]
    pairs += [(subject, peers) for subject in subjects if len(peers) > 1]
    limited = [engine for engine in engines if engine.peaks]
    rows = [["query"] + [f"{engine.name} ms" for engine in engines]
            + [f"{subject.name} / {others[0].name if len(others) == 1 else 'better'}" for subject, others in pairs]
            + [f"{engine.name} MiB" for engine in limited]]
    for query in queries:
        rows.append([query, *(milliseconds(seconds[engine.name].get(query)) for engine in engines),
                     *(ratio(seconds[subject.name].get(query), best(others, query)) for subject, others in pairs),
                     *(mebibytes(engine.peaks.get(query)) for engine in limited)])
    # Sums and ratios count the queries that every engine answered rightly.
    common = [query for query in queries if all(query in seconds[engine.name] for engine in engines)]
    sums = {engine.name: sum(seconds[engine.name][query] for query in common) for engine in engines}
    rows.append(["sum" if len(common) == len(queries) else f"sum of {len(common)}",
                 *(milliseconds(sums[engine.name]) for engine in engines),
                 *(ratio(sums[subject.name], min(sums[other.name] for other in others)) for subject, others in pairs)])
    first_runs = [sum(engine.cold_seconds[query] for query in common) for engine in engines]
    rows.append(["sum of the first runs", *map(milliseconds, first_runs)])
    ratios = [[seconds[subject.name][query] / best(others, query) for query in common] for subject, others in pairs]
    blanks = [""] * len(engines)
    rows.append(["geometric mean of ratios", *blanks, *(f"{geometric_mean(some):.2f}" if some else "-" for some in ratios)])
    rows.append(["worst ratio", *blanks, *(f"{max(some):.2f}" if some else "-" for some in ratios)])
    rows.append(["peak memory, MiB", *(mebibytes(engine.peak_bytes) for engine in engines),
                 *(ratio(subject.peak_bytes, min(other.peak_bytes for other in others)) for subject, others in pairs)])
    if any(engine.unfairness for engine in engines):
        rows.append(["slowest client / mean", *(f"{engine.unfairness:.2f}" for engine in engines)])
    return [row + [""] * (len(rows[0]) - len(row)) for row in rows]


def markdown(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(cells):
        first, *rest = (cell.ljust(width) if position == 0 else cell.rjust(width)
                        for position, (cell, width) in enumerate(zip(cells, widths)))
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (width + 2) if position == 0 else "-" * (width + 1) + ":"
                          for position, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def write_report(name, text, figures):
    """The table as Markdown and what it was made from as JSON."""
    results = BENCH / "results"
    results.mkdir(exist_ok=True)
    stem = f"{name}-{datetime.datetime.now():%Y-%m-%d-%H%M%S}"
    (results / f"{stem}.md").write_text(text + "\n")
    figures = {"processor": processor(), "cores": os.cpu_count(), **figures}
    (results / f"{stem}.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"written to bench/results/{stem}.md and .json")


def write_results(arguments, queries, engines, text):
    write_report(f"{arguments.suite}-{arguments.source}-{arguments.scale}", text, {
        "suite": arguments.suite, "source": arguments.source, "scale": arguments.scale, "threads": arguments.threads,
        "rounds": arguments.rounds, "repeats": arguments.repeats,
        "memory_limits": SUITES[arguments.suite].memory_limits(arguments.scale),
        "engines": {
            engine.name: {
                "version": engine.version, "peak_bytes": engine.peak_bytes,
                "seconds": engine.seconds, "cold_seconds": engine.cold_seconds,
                "warm_runs": engine.warm, "problems": engine.problems, "peaks": engine.peaks, "unfairness": engine.unfairness,
            } for engine in engines
        },
        "queries": queries,
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=[*SUITES, *PROGRAMS], default="tpch")
    parser.add_argument("--scale", help="scale factor of TPC-H (1), rows of the others' largest table (10 million)")
    parser.add_argument("--source", choices=("parquet", "memory"), default="parquet")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--engines", help="of trivet, trivet-uncached, duckdb and polars, separated by commas")
    arguments, others = parser.parse_known_args()
    if arguments.suite in PROGRAMS:
        scale = ["--scale", arguments.scale] if arguments.scale else []
        sys.exit(subprocess.call([sys.executable, BENCH / PROGRAMS[arguments.suite], *scale, *others]))
    if others:
        parser.error(f"unknown arguments: {' '.join(others)}")
    arguments.scale = arguments.scale or SUITES[arguments.suite].scale
    arguments.engines = arguments.engines or ",".join(SUITES[arguments.suite].engines)
    arguments.rounds = arguments.rounds or SUITES[arguments.suite].rounds
    arguments.repeats = arguments.repeats or SUITES[arguments.suite].repeats
    queries, engines = measure(arguments)
    versions = ", ".join(f"{engine.name} {engine.version}" for engine in engines)
    heading = (
        f"{SUITES[arguments.suite].title(arguments.scale)} from "
        f"{'Parquet files' if arguments.source == 'parquet' else 'memory'}, {arguments.threads} threads, "
        f"medians of {arguments.rounds} rounds of {arguments.repeats} warm runs; {versions}; {processor()}")
    problems = [f"- {engine.name} {query}: {problem}"
                for engine in engines for query, problem in sorted(engine.problems.items())]
    text = "\n".join([heading, "", markdown(table_rows(queries, engines)), *problems])
    print(f"\n{text}\n")
    write_results(arguments, queries, engines, text)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
