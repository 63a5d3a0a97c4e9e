"""Small questions: a thousand prepared ones for one row of a million each, and a whole process that answers one.

Trivet and DuckDB in turn, each round in fresh processes. A process asks as many point queries first whose times do not
count, then others, none of them twice; every answer is checked. A process that answers `select 1` is a Python process
that imports the module, and a command: where no `duckdb` is on the path, DuckDB's Python process stands beside
Trivet's command, and neither the sum nor the mean counts that row.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build/release"
sys.path[:0] = [str(BENCH), str(ROOT / "test"), str(BUILD / "python")]

import processes  # noqa: E402
import report  # noqa: E402

ROWS = 1_000_000
SEED = 20261122
ENGINES = ("trivet", "duckdb")
POINT, PYTHON, COMMAND = "prepared point query", "Python process, select 1", "command, select 1"


def points_file():
    """A million rows by ascending key, with a text and a number each, generated where it is missing."""
    # Not above: it loads DuckDB, which would count among the memory of Trivet's process.
    import oracle

    path = oracle.DATA / "small" / "points.parquet"
    if not path.exists():
        import duckdb

        path.parent.mkdir(parents=True, exist_ok=True)
        rows = f"SELECT i AS id, hash(i) % 1000 AS kind, 'name of ' || i AS name, i * 0.25 AS amount FROM range({ROWS}) t(i)"
        duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    return path


def connect(engine, threads):
    if engine == "trivet":
        import trivet as module
    else:
        import duckdb as module
    connection = module.connect()
    connection.execute(f"SET threads = {threads}")
    return connection, module.__version__


def point_queries(engine, path, count, turn):
    """In this process: the engine's version, the first query's seconds, and those of `count` others after as many."""
    connection, version = connect(engine, 2)
    connection.execute(f"PREPARE point AS SELECT id, name, amount FROM '{path}' WHERE id = $1")
    times = []
    for key in random.Random(SEED + turn).sample(range(ROWS), 2 * count):
        start = time.perf_counter()
        rows = connection.execute(f"EXECUTE point({key})").fetchall()
        times.append(time.perf_counter() - start)
        if [row[:2] for row in rows] != [(key, f"name of {key}")] or float(rows[0][2]) != key * 0.25:
            sys.exit(f"wrong answer for {key}: {rows}")
    return {"version": version, "first": times[0], "seconds": times[count:]}


def ask_point_queries(timings, path, count, turn):
    ran = processes.run([sys.executable, BENCH / "small.py", "--queries", count, "--worker", timings.name, "--turn", turn,
                         "--file", path])
    outcome = json.loads(ran.output)
    timings.version = outcome["version"]
    timings.cold.setdefault(POINT, []).append(outcome["first"])
    timings.warm.setdefault(POINT, []).extend(outcome["seconds"])
    timings.add_peak(POINT, ran.peak_bytes)


def whole_processes():
    """By question, each engine's command; and whether both sides of the last one are commands."""
    text = "import {0}; print({0}.connect().sql('select 1').fetchall())"
    python = {engine: [sys.executable, "-c", text.format(engine)] for engine in ENGINES}
    peer = shutil.which("duckdb")
    command = {"trivet": [BUILD / "trivet", "-c", "select 1"], "duckdb": [peer, "-c", "select 1"] if peer else python["duckdb"]}
    return {PYTHON: python, COMMAND: command}, bool(peer)


def run_whole(timings, question, command):
    ran = processes.run(command, PYTHONPATH=str(BUILD / "python"))
    # The cell of the value, whatever is drawn around it.
    if not re.search(r"^\W*1\W*$", ran.output, re.MULTILINE):
        raise processes.Failure(f"answered {ran.output!r}")
    timings.add_peak(question, ran.peak_bytes)
    if question in timings.cold:
        timings.warm.setdefault(question, []).append(ran.seconds)
    else:
        timings.cold[question] = [ran.seconds]


def attempt(timings, question, step, *arguments):
    """Takes a step of the comparison; where it fails, no time of the question counts."""
    if question not in timings.problems:
        try:
            step(timings, *arguments)
        except processes.Failure as failure:
            timings.problems[question] = str(failure)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=1000, help="point queries of each process whose times count")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each engine that are asked them")
    parser.add_argument("--processes", type=int, default=21, help="warm runs of a whole process")
    parser.add_argument("--worker", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--turn", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(point_queries(arguments.worker, arguments.file, arguments.queries, arguments.turn)))
        return
    report.refuse_few(parser, min(arguments.rounds, arguments.processes))
    path = points_file()
    engines = [report.Timings(name) for name in ENGINES]
    for turn in range(arguments.rounds):
        for timings in report.in_turn(engines, turn):
            attempt(timings, POINT, ask_point_queries, path, arguments.queries, turn)
    commands, alike = whole_processes()
    for question, command in commands.items():
        for turn in range(1 + arguments.processes):
            for timings in report.in_turn(engines, turn):
                attempt(timings, question, run_whole, question, command[timings.name])
    ours, peer = engines
    counted = [POINT, PYTHON, *([COMMAND] if alike else [])]
    comparison = report.Comparison(
        [POINT, *commands], engines, [report.Pair("trivet / duckdb", ours, [peer])], counted, decimals=3)
    slowest = {(question, each.name): (len(each.warm[question]), max(each.warm[question]) * 1000)
               for question in comparison.queries for each in engines if question in each.seconds}
    notes = [f"- {question}: {runs:,} warm runs of {name}, the slowest {milliseconds:.3f} ms"
             for (question, name), (runs, milliseconds) in slowest.items()]
    if not alike:
        notes.append(f"- {COMMAND}: no command duckdb on the path, so DuckDB's Python process; not in the sum and the mean")
    title = f"Small questions, {ROWS:,} rows, 2 threads, medians of warm runs; {report.versions(engines)}"
    settings = {"threads": 2, "point_queries": arguments.queries, "rounds": arguments.rounds, "processes": arguments.processes}
    sys.exit(comparison.publish("small", title, settings, ["", *notes]))


if __name__ == "__main__":
    main()
