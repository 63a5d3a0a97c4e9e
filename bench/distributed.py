"""Times the distributed legs beside the embedded one: TPC-H on the same files, in turn, in one go.

Embedded runs on two threads, the others on two workers of one slot each, on this machine. Every query is cut into
stages, whatever its size. A query's time is the least of `--repeats` runs, which take the legs in turn; rows must be
the embedded leg's, bit for bit, before any time counts. Prints a table and writes it to bench/results/.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "build/release/python")]

import oracle  # noqa: E402
import trivet  # noqa: E402

FORCED = {"single_task_bytes": 0}
# What a leg may take: a share of the embedded sum, and so much more for each query.
BUDGETS = {"single_node": (1.3, 0.040), "ray": (1.5, 0.040)}


@contextlib.contextmanager
def ray_cluster():
    """A head without processors and two nodes with one each."""
    os.environ["RAY_worker_niceness"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": 256 << 20},
    )
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=256 << 20)
        yield f"ray://{cluster.address}"
    finally:
        ray.shutdown()
        cluster.shutdown()


def wait_for_workers(connection, count):
    deadline = time.monotonic() + 60
    while connection.sql("SELECT count(*) FROM system.workers WHERE condition = 'LIVE'").fetchone()[0] < count:
        if time.monotonic() > deadline:
            sys.exit(f"{count} workers did not come up within 60 s")
        time.sleep(0.1)


def measure(connections, queries, repeats):
    """Least seconds by query and leg."""
    seconds = {query: {} for query in queries}
    for query, text in queries.items():
        expected = None
        for repeat in range(repeats):
            for leg, connection in connections.items():
                began = time.perf_counter()
                rows = connection.sql(text).fetchall()
                taken = time.perf_counter() - began
                expected = expected or repr(rows)
                if repr(rows) != expected:
                    sys.exit(f"{query} on {leg} gives other rows than embedded: no times count")
                seconds[query][leg] = min(taken, seconds[query].get(leg, math.inf))
    return seconds


def table(seconds, legs):
    lines = ["| query | " + " | ".join(f"{leg} ms" for leg in legs) + " | "
             + " | ".join(f"{leg} ratio" for leg in legs[1:]) + " |", "|---" * (2 * len(legs)) + "|"]
    for query, times in seconds.items():
        lines.append(f"| {query} | " + " | ".join(f"{times[leg] * 1000:.0f}" for leg in legs) + " | "
                     + " | ".join(f"{times[leg] / times[legs[0]]:.2f}" for leg in legs[1:]) + " |")
    sums = {leg: sum(times[leg] for times in seconds.values()) for leg in legs}
    lines.append("| sum | " + " | ".join(f"{sums[leg] * 1000:.0f}" for leg in legs) + " | "
                 + " | ".join(f"{sums[leg] / sums[legs[0]]:.2f}" for leg in legs[1:]) + " |")
    for leg in legs[1:]:
        share, each = BUDGETS[leg]
        budget = sums[legs[0]] * share + each * len(seconds)
        lines.append(f"\n{leg}: {sums[leg] * 1000:.0f} ms of a budget of {budget * 1000:.0f} ms "
                     f"({share} x embedded + {each * 1000:.0f} ms a query)")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale-factor", default="1")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-ray", action="store_true")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        connections = {
            "embedded": stack.enter_context(trivet.connect(threads=2)),
            "single_node": stack.enter_context(trivet.connect(mode="single_node", workers=2, **FORCED)),
        }
        if not arguments.without_ray:
            address = stack.enter_context(ray_cluster())
            connections["ray"] = stack.enter_context(trivet.connect(address, **FORCED))
        for leg, connection in connections.items():
            oracle.create_views(connection, oracle.tpch_directory(arguments.scale_factor), oracle.TPCH_TABLES)
            if leg != "embedded":
                wait_for_workers(connection, 2)
        seconds = measure(connections, oracle.queries("tpch"), arguments.repeats)
        text = table(seconds, list(connections))
        if "ray" in connections:
            from trivet.ray import shutdown

            shutdown()
    print(text)
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    stem = results / f"distributed-sf{arguments.scale_factor}"
    stem.with_suffix(".md").write_text(text + "\n")
    stem.with_suffix(".json").write_text(json.dumps(seconds, indent=1) + "\n")


if __name__ == "__main__":
    main()
