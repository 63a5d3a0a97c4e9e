"""Programs run to their end: what they printed, how long they took and the most memory that they had."""

import dataclasses
import os
import subprocess
import sys

# A process's peak, as the system tells it, begins with that of the process which started it: this one is small.
LAUNCHER = """
import os, sys, time
start = time.perf_counter()
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
os.write(int(sys.argv[1]), f"{time.perf_counter() - start} {usage.ru_maxrss * 1024}".encode())
sys.exit(abs(os.waitstatus_to_exitcode(status)))
"""


@dataclasses.dataclass
class Outcome:
    output: str
    seconds: float
    peak_bytes: int


class Failure(Exception):
    """A program ended with an exit code other than zero."""


def as_texts(rows):
    """Rows as one process can tell them to another in JSON."""
    return [[str(value) for value in row] for row in rows]


def run(command, **variables):
    """Runs a command, whose program is given by its path, with these variables of the environment added."""
    reader, writer = os.pipe()
    with open(reader) as told:
        try:
            completed = subprocess.run(
                [sys.executable, "-I", "-S", "-c", LAUNCHER, str(writer), *map(str, command)], pass_fds=[writer],
                capture_output=True, text=True, env={**os.environ, **variables})
        finally:
            os.close(writer)
        figures = told.read().split()
    if completed.returncode != 0:
        last = completed.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Failure(f"exit code {completed.returncode}: {last[0]}")
    return Outcome(completed.stdout, float(figures[0]), int(figures[1]))
