"""Under which names Ray knows the actors, and where they find this package."""

import os
import pathlib

NAMESPACE = "trivet"
COORDINATOR_NAME = "trivet-coordinator"
# The rest of a worker actor's name is its node's id.
WORKER_PREFIX = "trivet-worker-"


def package_environment() -> dict:
    """Actors import an installed package as it is; one that stands in a build folder is named to them."""
    folder = str(pathlib.Path(__file__).absolute().parent.parent.parent)
    if "site-packages" in folder or "dist-packages" in folder:
        return {}
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))}}
