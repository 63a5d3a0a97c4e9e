"""`python -m trivet.worker`: one worker of a running coordinator; `--help` lists the options.

`--import MODULE` (repeatable) imports a module first, so that the functions and operators which it registers
can be run here.
"""

from __future__ import annotations

import importlib
import sys

from . import _trivet


def main(arguments: list[str]) -> int:
    rest = []
    words = iter(arguments)
    for word in words:
        if word == "--import":
            importlib.import_module(next(words, ""))
        else:
            rest.append(word)
    return _trivet.run_worker(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
