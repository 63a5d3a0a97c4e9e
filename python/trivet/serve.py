"""`python -m trivet.serve`: a coordinator and its workers on this host; `--help` lists the options.

`--import MODULE` (repeatable) imports a module first, here and in the workers, so that the functions and
operators which its `register(registry)` registers can be used.
"""

from __future__ import annotations

import sys

from . import _trivet
from .custom import Registry


def main(arguments: list[str]) -> int:
    rest = []
    worker_command = [sys.executable, "-m", "trivet.worker"]
    registry = Registry()
    words = iter(arguments)
    for word in words:
        if word != "--import":
            rest.append(word)
            continue
        module = next(words, "")
        try:
            registry.import_module(module)
        except _trivet.Error as error:
            print(error, file=sys.stderr)
            return 1
        worker_command += ["--import", module]
    return _trivet.run_serve(rest, worker_command, registry._native)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
