"""What small queries wait for while a large one takes all threads of the same process.

A client asks point queries one after the other, with pauses, while another runs a large query again and again; prints
the median and the 99th percentile of the point queries, alone and beside the large one, for Trivet and DuckDB in turn.
"""

import argparse
import pathlib
import random
import statistics
import sys
import threading
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
sys.path[:0] = [str(BENCH), str(ROOT / "test"), str(ROOT / "build/release/python")]

import compare  # noqa: E402
import oracle  # noqa: E402
import small  # noqa: E402

PAUSE_SECONDS = 0.005
SEED = 20261122


def connect(engine, threads):
    if engine == "trivet":
        import trivet as module
    else:
        import duckdb as module
    connection = module.connect()
    connection.execute(f"SET threads = {threads}")
    return connection


def large_query(scale):
    lineitem = oracle.DATA / "tpch" / f"sf{scale}" / "lineitem*.parquet"
    return ("SELECT l_returnflag, l_linestatus, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), "
            f"count(DISTINCT l_suppkey) FROM '{lineitem}' WHERE l_comment LIKE '%a%e%' GROUP BY ALL ORDER BY ALL")


def measure(engine, path, keys, clients, scale, threads):
    """Seconds of each point query, and how many large ones came to their end meanwhile."""
    connection = connect(engine, threads)
    stop = threading.Event()
    ended = []

    def run_large():
        cursor = connection.cursor()
        while not stop.is_set():
            cursor.execute(large_query(scale)).fetchall()
            ended.append(time.perf_counter())

    background = [threading.Thread(target=run_large) for _ in range(clients)]
    for thread in background:
        thread.start()
    point = connection.cursor()
    sql = f"SELECT id, name FROM '{path}' WHERE id = $1"
    for key in keys[:20]:
        point.execute(sql, [key]).fetchall()
    times = []
    start = time.perf_counter()
    for key in keys:
        time.sleep(PAUSE_SECONDS)
        begin = time.perf_counter()
        rows = point.execute(sql, [key]).fetchall()
        times.append(time.perf_counter() - begin)
        if rows != [(key, f"name of {key}")]:
            sys.exit(f"{engine}: wrong answer for {key}: {rows}")
    seconds = time.perf_counter() - start
    stop.set()
    for thread in background:
        thread.join()
    return times, len(ended) / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engines", default="trivet,duckdb")
    arguments = parser.parse_args()
    path = small.points_file()
    keys = random.Random(SEED).sample(range(small.ROWS), arguments.queries)
    rows = [["", "large queries at a time", "median ms", "99th percentile ms", "slowest ms", "large queries a second"]]
    seconds = {}
    for clients in (0, 1, 4):
        for engine in arguments.engines.split(","):
            times, large = measure(engine, path, keys, clients, arguments.scale, arguments.threads)
            times.sort()
            seconds[f"{engine} {clients}"] = times
            rows.append([engine, str(clients), f"{statistics.median(times) * 1000:.2f}",
                         f"{times[int(len(times) * 0.99)] * 1000:.2f}", f"{times[-1] * 1000:.2f}", f"{large:.2f}"])
    text = (f"Point queries beside large ones, {arguments.threads} threads, scale factor {arguments.scale}; "
            f"{compare.processor()}\n\n{compare.markdown(rows)}")
    print(f"\n{text}\n")
    compare.write_report("latency", text, {"seconds": seconds})


if __name__ == "__main__":
    main()
