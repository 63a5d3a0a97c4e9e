"""Under which names Ray knows the actors, and where they find this package."""

import os
import pathlib
import sys
from collections.abc import Sequence

NAMESPACE = "trivet"
COORDINATOR_NAME = "trivet-coordinator"
# The rest of a worker actor's name is its node's id.
WORKER_PREFIX = "trivet-worker-"


def package_environment(imports: Sequence[str] = ()) -> dict:
    """Actors import an installed package as it is; one that stands in a build folder is named to them.

    Modules that they are to import are looked for where this process finds them, too.
    """
    folder = str(pathlib.Path(__file__).absolute().parent.parent.parent)
    installed = "site-packages" in folder or "dist-packages" in folder
    if installed and not imports:
        return {}
    paths = [] if installed else [folder]
    if imports:
        paths += [path for path in sys.path if path and path not in paths]
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, [*paths, os.environ.get("PYTHONPATH")]))}}
