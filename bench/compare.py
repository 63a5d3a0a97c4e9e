"""Compares Trivet with DuckDB and Polars: the questions of a suite about the same Parquet files, in turn, in one go.

Every round starts each engine in a fresh process, in an order that rotates from round to round. In a
process each query runs once cold (the process has not asked it before; the files are in the system's
cache) and `--repeats` times warm. A query's time is the median of its warm runs over all rounds. Answers
are compared with DuckDB's before any time counts. Prints a table and writes it to bench/results/ as
Markdown and JSON.
"""

import argparse
import pathlib
import pickle
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

import report  # noqa: E402
from suites import SUITES  # noqa: E402

SUBJECT = "trivet"
# Suites that are programs of their own, with arguments of their own.
PROGRAMS = {"small": "small.py", "scaling": "scaling.py", "decode": "parquet_decode.py", "latency": "latency.py",
            "transfer": "transfer.py"}  # fmt: skip


class Engine(report.Timings):
    """What one engine, on so many threads, has shown over all rounds."""

    def __init__(self, program, suite, threads, name=None):
        super().__init__(name or program)
        self.program = program
        self.suite = suite
        self.threads = threads

    def add(self, outcome, answers):
        self.version = outcome["version"]
        self.peak_bytes = max(self.peak_bytes, outcome["peak_bytes"])
        for query, peak in outcome["peaks"].items():
            self.add_peak(query, peak)
        if self.suite.clients:
            passes = zip(*outcome["times"].values())
            self.unfairness = max([self.unfairness, *(max(times) * len(times) / sum(times) for times in passes)])
        self.problems.update(outcome["errors"])
        for query, rows in outcome["rows"].items():
            problem = self.suite.difference(query, answers[query], rows, exact=self.program.startswith(SUBJECT))
            if problem:
                self.problems[query] = problem
        for query, times in outcome["times"].items():
            if not times:  # it failed: the problem is noted above
                continue
            first, *others = times
            self.cold.setdefault(query, []).append(first)
            self.warm.setdefault(query, []).extend(others)


def run_worker(engine, task, arguments):
    with tempfile.TemporaryDirectory() as directory:
        given, output = pathlib.Path(directory, "task"), pathlib.Path(directory, "output")
        given.write_bytes(pickle.dumps(task))
        completed = subprocess.run(
            [sys.executable, BENCH / "worker.py", engine.program, "--task", given, "--source", arguments.source,
             "--threads", str(engine.threads), "--repeats", str(arguments.repeats), "--output", output])
        content = output.read_bytes() if output.exists() else b""
    if completed.returncode != 0 or not content:
        sys.exit(f"{engine.name} ended with exit code {completed.returncode}")
    return pickle.loads(content)


def measure(engines, arguments):
    """Has the engines answer the suite's questions, round by round; the questions' names."""
    suite = SUITES[arguments.suite]
    task = suite.task(arguments.scale)
    answers = suite.answers(arguments.scale)
    for number in range(arguments.rounds):
        for engine in report.in_turn(engines, number):
            print(f"round {number + 1} of {arguments.rounds}: {engine.name}", file=sys.stderr, flush=True)
            engine.add(run_worker(engine, task, arguments), answers)
    return list(answers)


def pairs(engines):
    """The columns of ratios: each of ours beside one peer, and beside the better of several."""
    subjects = [engine for engine in engines if engine.program.startswith(SUBJECT)]
    peers = [engine for engine in engines if engine not in subjects]
    each = [report.Pair(f"{subject.name} / {peer.name}", subject, [peer]) for subject in subjects for peer in peers]
    return each + [report.Pair(f"{subject.name} / better", subject, peers) for subject in subjects if len(peers) > 1]


def main():
    # A program of its own parses all that is left, --help among it.
    chooser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    chooser.add_argument("--suite", choices=[*SUITES, *PROGRAMS], default="tpch", help="what is asked (tpch)")
    chosen, others = chooser.parse_known_args()
    if chosen.suite in PROGRAMS:
        sys.exit(subprocess.call([sys.executable, BENCH / PROGRAMS[chosen.suite], *others]))
    suite = SUITES[chosen.suite]
    parser = argparse.ArgumentParser(description=__doc__, parents=[chooser], allow_abbrev=False)
    parser.add_argument("--scale", default=suite.scale,
                        help="scale factor of TPC-H (1), rows of the others' largest table (10 million)")
    parser.add_argument("--source", choices=("parquet", "memory"), default="parquet")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=suite.rounds, help="processes of each engine")
    parser.add_argument("--repeats", type=int, default=suite.repeats, help="warm runs in each process")
    parser.add_argument("--engines", default=",".join(suite.engines),
                        help="of trivet, trivet-uncached, duckdb and polars, separated by commas")
    arguments = parser.parse_args()
    report.refuse_few(parser, arguments.rounds * arguments.repeats)
    engines = [Engine(name, suite, arguments.threads) for name in arguments.engines.split(",")]
    queries = measure(engines, arguments)
    title = (
        f"{suite.title(arguments.scale)} from {'Parquet files' if arguments.source == 'parquet' else 'memory'}, "
        f"{arguments.threads} threads, medians of {arguments.rounds} rounds of {arguments.repeats} warm runs; "
        f"{report.versions(engines)}")
    sys.exit(report.Comparison(queries, engines, pairs(engines)).publish(
        f"{arguments.suite}-{arguments.source}-{arguments.scale}", title,
        {**vars(arguments), "memory_limits": suite.memory_limits(arguments.scale)}))


if __name__ == "__main__":
    main()
