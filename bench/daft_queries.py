"""Runs TPC-H on Daft for bench/distributed.py: daft_queries.py native|ray FOLDER.

For every line that it reads, the name of a query and its SQL as a JSON list, it writes a line of JSON: the seconds that
the query took and its rows, or the error. FOLDER has the tables, as Parquet files that Daft can read.
"""

import json
import pathlib
import sys
import time

import daft

TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")


def main():
    runner, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr
    if runner == "ray":
        import ray

        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 object_store_memory=1 << 30)
        daft.set_runner_ray()
    else:
        daft.set_runner_native(num_threads=2)
    frames = {table: daft.read_parquet(str(folder / f"{table}.parquet")) for table in TABLES}
    for line in sys.stdin:
        _, text = json.loads(line)
        try:
            began = time.perf_counter()
            rows = daft.sql(text.strip().rstrip(";"), **frames).to_arrow()
            answer = {"seconds": time.perf_counter() - began, "rows": [list(row.values()) for row in rows.to_pylist()]}
        except Exception as error:  # whatever Daft cannot do is told, and not timed
            answer = {"error": " ".join(str(error).split())[:120]}
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
