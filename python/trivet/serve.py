"""`python -m trivet.serve`: a coordinator and its workers on this host; `--help` lists the options."""

from __future__ import annotations

import sys

from . import _trivet

if __name__ == "__main__":
    sys.exit(_trivet.run_serve(sys.argv[1:], [sys.executable, "-m", "trivet.worker"]))
