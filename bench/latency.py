"""What small queries wait for while large ones take all threads of the same process.

A client asks point queries one after the other, with pauses, while none, one or four others run a large query again and
again; for Trivet and DuckDB in turn, each round in fresh processes. Prints the median and the 99th percentile of the
point queries; of the latter, the median over the rounds. Every answer is checked, the large queries' against DuckDB's.
"""

import argparse
import json
import pathlib
import random
import statistics
import sys
import threading
import time

BENCH = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parent / "test")]

import processes  # noqa: E402
import report  # noqa: E402
import small  # noqa: E402

PAUSE_SECONDS = 0.005
SEED = 20261122
ENGINES = ("trivet", "duckdb")
CLIENTS = {0: "alone", 1: "beside one large query", 4: "beside four"}
WARM_UP = 20  # point queries whose times do not count


def large_query():
    return ("SELECT l_returnflag, l_linestatus, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), "
            "count(DISTINCT l_suppkey) FROM lineitem WHERE l_comment LIKE '%a%e%' GROUP BY ALL ORDER BY ALL")


def measure(engine, clients, arguments):
    """In this process: seconds of each point query, how many large ones a second came to their end, and their answers."""
    connection, version = small.connect(engine, arguments.threads)
    connection.execute(f"CREATE VIEW lineitem AS SELECT * FROM '{arguments.lineitem}'")
    stop = threading.Event()
    ended, answers = [], []

    def run_large():
        cursor = connection.cursor()
        while not stop.is_set():
            rows = processes.as_texts(cursor.execute(large_query()).fetchall())
            ended.append(time.perf_counter())
            if rows not in answers:
                answers.append(rows)

    background = [threading.Thread(target=run_large) for _ in range(clients)]
    for thread in background:
        thread.start()
    point = connection.cursor()
    text = f"SELECT id, name FROM '{arguments.points}' WHERE id = $1"
    times = []
    start = time.perf_counter()
    for number, key in enumerate(random.Random(SEED + arguments.turn).sample(range(small.ROWS), WARM_UP + arguments.queries)):
        time.sleep(PAUSE_SECONDS)
        begin = time.perf_counter()
        rows = point.execute(text, [key]).fetchall()
        if number >= WARM_UP:
            times.append(time.perf_counter() - begin)
        if rows != [(key, f"name of {key}")]:
            stop.set()
            sys.exit(f"wrong answer for {key}: {rows}")
    large = len(ended) / (time.perf_counter() - start)
    stop.set()
    for thread in background:
        thread.join()
    return {"version": version, "seconds": times, "large_a_second": large, "answers": answers}


def run(timings, clients, arguments, turn, expected):
    """One round of an engine; large queries a second."""
    ran = processes.run([sys.executable, BENCH / "latency.py", "--worker", timings.name, "--clients", clients, "--turn", turn,
                         "--queries", arguments.queries, "--threads", arguments.threads, "--points", arguments.points,
                         "--lineitem", arguments.lineitem])
    outcome = json.loads(ran.output)
    if any(answer != expected for answer in outcome["answers"]):
        raise processes.Failure("a large query's answer is not DuckDB's")
    median, last = names(clients)
    timings.version = outcome["version"]
    timings.warm.setdefault(median, []).extend(outcome["seconds"])
    timings.warm.setdefault(last, []).append(sorted(outcome["seconds"])[int(len(outcome["seconds"]) * 0.99)])
    timings.peak_bytes = max(timings.peak_bytes, ran.peak_bytes)
    return outcome["large_a_second"]


def names(clients):
    return f"{CLIENTS[clients]}, median", f"{CLIENTS[clients]}, 99th percentile"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=400, help="point queries of each process whose times count")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--clients", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--turn", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--points", help=argparse.SUPPRESS)
    parser.add_argument("--lineitem", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.worker, arguments.clients, arguments)))
        return
    report.refuse_few(parser, arguments.rounds)
    # Not above: it loads DuckDB, which would count among the memory of Trivet's process.
    import oracle

    arguments.points = str(small.points_file())
    arguments.lineitem = str(oracle.tpch_directory(arguments.scale) / "lineitem.parquet")
    kept = oracle.DATA / "latency" / f"sf{arguments.scale}"
    kept.mkdir(parents=True, exist_ok=True)
    with_table = large_query().replace("FROM lineitem", f"FROM '{arguments.lineitem}'")
    expected = processes.as_texts(oracle.answers(kept, (), {"large": with_table})["large"])
    engines = [report.Timings(name) for name in ENGINES]
    large = {}
    for clients in CLIENTS:
        for turn in range(arguments.rounds):
            for timings in report.in_turn(engines, turn):
                print(f"{CLIENTS[clients]}: round {turn + 1} of {arguments.rounds}: {timings.name}", file=sys.stderr, flush=True)
                try:
                    large.setdefault((timings.name, clients), []).append(run(timings, clients, arguments, turn, expected))
                except processes.Failure as failure:
                    timings.problems.update(dict.fromkeys(names(clients), str(failure)))
    ours, peer = engines
    comparison = report.Comparison([name for clients in CLIENTS for name in names(clients)], engines,
                                   [report.Pair("trivet / duckdb", ours, [peer])], decimals=2)
    rates = {f"{name}, {CLIENTS[clients]}": statistics.median(some) for (name, clients), some in large.items() if clients}
    title = (f"Point queries beside large ones, scale factor {arguments.scale}, {arguments.threads} threads, "
             f"{arguments.rounds} rounds of {arguments.queries}; {report.versions(engines)}")
    settings = {"scale": arguments.scale, "threads": arguments.threads, "rounds": arguments.rounds,
                "point_queries": arguments.queries, "large_queries_a_second": rates}
    notes = [f"- {name}: {rate:.2f} large queries a second" for name, rate in rates.items()]
    sys.exit(comparison.publish("latency", title, settings, ["", *notes]))


if __name__ == "__main__":
    main()
