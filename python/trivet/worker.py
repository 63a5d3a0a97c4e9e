"""`python -m trivet.worker`: one worker of a running coordinator; `--help` lists the options.

`--import MODULE` (repeatable) imports a module first, so that the functions and operators which its
`register(registry)` registers can be run here.
"""

from __future__ import annotations

import sys

from . import _trivet
from .custom import Registry


def main(arguments: list[str]) -> int:
    rest = []
    registry = Registry()
    words = iter(arguments)
    for word in words:
        if word == "--import":
            try:
                registry.import_module(next(words, ""))
            except _trivet.Error as error:
                print(error, file=sys.stderr)
                return 1
        else:
            rest.append(word)
    return _trivet.run_worker(rest, registry._native)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
