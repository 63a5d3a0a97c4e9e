"""Times the distributed legs beside the embedded one: TPC-H on the same files, in turn, in one go.

Embedded runs on two threads, the others on two workers of one slot each, on this machine. Every query is cut into
stages, whatever its size. A query's time is the least of `--repeats` runs, which take the legs in turn; rows must be
the embedded leg's, bit for bit, before any time counts. Daft runs beside them, on two threads and on Ray with two
processors, what of the queries its SQL can; its answers must have as many rows. Then come what a coordinator remembers
of 64 to 1,024 partitions, and how fast rows travel beside raw Arrow Flight. Prints tables and writes them to
bench/results/.
"""

import argparse
import contextlib
import json
import math
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "build/release/python")]

import oracle  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import trivet  # noqa: E402
from ray_testing import ray_cluster  # noqa: E402

FORCED = {"single_task_bytes": 0}
# What a leg may take: a share of the embedded sum, and so much more for each query.
BUDGETS = {"single_node": (1.3, 0.040), "ray": (1.5, 0.040)}


class Daft:
    """Daft in a process and an environment of its own."""

    def __init__(self, runner, folder):
        self._process = subprocess.Popen(
            [daft_python(), ROOT / "bench/daft_queries.py", runner, folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def run(self, name, text):
        try:
            self._process.stdin.write(json.dumps([name, text]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process ended"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def daft_python():
    environment = ROOT / ".cache/daft"
    wanted = ROOT / "scripts/requirements-daft.txt"
    stamp = environment / "installed"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin/python", "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return environment / "bin/python"


def daft_files(scale_factor):
    """The same rows without Arrow's string views, which Daft does not read."""
    folder = ROOT / f".cache/daft-tpch-sf{scale_factor}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in oracle.TPCH_TABLES:
        if (folder / f"{name}.parquet").exists():
            continue
        table = pq.read_table(pathlib.Path(oracle.tpch_directory(scale_factor)) / f"{name}.parquet")
        schema = pa.schema([field.with_type(pa.string()) if field.type == pa.string_view() else field
                            for field in table.schema])
        pq.write_table(table.cast(schema), folder / "writing", row_group_size=1 << 20)
        (folder / "writing").rename(folder / f"{name}.parquet")
    return folder


def wait_for_workers(connection, count):
    deadline = time.monotonic() + 60
    while connection.sql("SELECT count(*) FROM system.workers WHERE condition = 'LIVE'").fetchone()[0] < count:
        if time.monotonic() > deadline:
            sys.exit(f"{count} workers did not come up within 60 s")
        time.sleep(0.1)


def measure(connections, queries, repeats, dafts):
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
            for leg, other in dafts.items():
                answer = other.run(query, text)
                if len(answer.get("rows", [])) == len(rows):
                    seconds[query][leg] = min(answer["seconds"], seconds[query].get(leg, math.inf))
                elif repeat == 0:
                    print(f"{leg} {query}: {answer.get('error', 'other rows')}", file=sys.stderr)
    return seconds


def table(seconds, legs):
    lines = ["| query | " + " | ".join(f"{leg} ms" for leg in legs) + " | "
             + " | ".join(f"{leg} ratio" for leg in legs[1:]) + " |", "|---" * (2 * len(legs)) + "|"]
    for query, times in seconds.items():
        lines.append(f"| {query} | " + " | ".join(f"{times[leg] * 1000:.0f}" for leg in legs) + " | "
                     + " | ".join(f"{times[leg] / times[legs[0]]:.2f}" for leg in legs[1:]) + " |")
    sums = {leg: sum(times[leg] for times in seconds.values()) for leg in legs}
    daft = {query: times for query, times in seconds.items() if "daft" in times and "daft_ray" in times}
    lines.append("| sum | " + " | ".join(f"{sums[leg] * 1000:.0f}" for leg in legs) + " | "
                 + " | ".join(f"{sums[leg] / sums[legs[0]]:.2f}" for leg in legs[1:]) + " |")
    for leg in legs[1:]:
        share, each = BUDGETS[leg]
        budget = sums[legs[0]] * share + each * len(seconds)
        lines.append(f"\n{leg}: {sums[leg] * 1000:.0f} ms of a budget of {budget * 1000:.0f} ms "
                     f"({share} x embedded + {each * 1000:.0f} ms a query)")
    if daft:
        columns = [leg for leg in ("embedded", "daft", "ray", "daft_ray") if leg in next(iter(daft.values()))]
        lines += ["\nBeside Daft, where its SQL runs the query, in ms:\n",
                  "| query | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for query, times in daft.items():
            lines.append(f"| {query} | " + " | ".join(f"{times[leg] * 1000:.0f}" for leg in columns) + " |")
        sums = {leg: sum(times[leg] for times in daft.values()) for leg in columns}
        lines.append(f"| sum of {len(daft)} | " + " | ".join(f"{sums[leg] * 1000:.0f}" for leg in columns) + " |")
        lines.append(f"\nDaft on Ray takes {sums['daft_ray'] / sums['daft']:.2f} x its own native run"
                     + (f", Trivet on Ray {sums['ray'] / sums['embedded']:.2f} x" if "ray" in sums else ""))
    return "\n".join(lines)


def of_programs():
    """What the programs that measure parts print."""
    text = []
    for title, command in (("What a coordinator remembers of a shuffle", ["coordinator_memory"]),
                           ("An exchange beside raw Flight", ["shuffle_exchange", "256"])):
        ran = subprocess.run([ROOT / "build/release" / command[0], *command[1:]], capture_output=True, text=True,
                             check=True)
        text.append(f"\n{title}:\n\n```\n{ran.stdout.rstrip()}\n```")
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale-factor", default="1")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-ray", action="store_true")
    parser.add_argument("--without-daft", action="store_true")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        connections = {
            "embedded": stack.enter_context(trivet.connect(threads=2)),
            "single_node": stack.enter_context(trivet.connect(mode="single_node", workers=2, **FORCED)),
        }
        if not arguments.without_ray:
            cluster = stack.enter_context(ray_cluster(2))
            connections["ray"] = stack.enter_context(trivet.connect(f"ray://{cluster.address}", **FORCED))
        for leg, connection in connections.items():
            oracle.create_views(connection, oracle.tpch_directory(arguments.scale_factor), oracle.TPCH_TABLES)
            if leg != "embedded":
                wait_for_workers(connection, 2)
        dafts = {}
        if not arguments.without_daft:
            folder = daft_files(arguments.scale_factor)
            dafts["daft"] = stack.enter_context(Daft("native", folder))
            dafts["daft_ray"] = stack.enter_context(Daft("ray", folder))
        seconds = measure(connections, oracle.queries("tpch"), arguments.repeats, dafts)
        text = table(seconds, list(connections))
        if "ray" in connections:
            from trivet.ray import shutdown

            shutdown()
    print(text, flush=True)
    programs = of_programs()
    print(programs)
    text += "\n" + programs
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    stem = results / f"distributed-sf{arguments.scale_factor}"
    stem.with_suffix(".md").write_text(text + "\n")
    stem.with_suffix(".json").write_text(json.dumps(seconds, indent=1) + "\n")


if __name__ == "__main__":
    main()
