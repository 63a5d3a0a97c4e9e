"""Finding, starting and stopping Trivet's actors on a Ray cluster."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Sequence

from .. import _trivet
from .names import COORDINATOR_NAME, NAMESPACE, package_environment

# Until the coordinator's actor must have answered.
START_TIMEOUT_S = 60
# Between tries.
HANDSHAKE_RETRY_S = 0.5
# Until the cluster's head must take a connection.
PROBE_TIMEOUT_S = 5


@dataclasses.dataclass(frozen=True)
class RayCoordinator:
    """A coordinator that runs as a Ray actor: where it serves, and the cluster's secret."""

    location: str
    token: str


def _import_ray():
    try:
        import ray
    except ImportError as error:
        raise _trivet.InvalidInputError("a ray:// address needs Ray: pip install 'trivet[ray]'") from error
    return ray


def _ray_address(target: str) -> str:
    address = target.removeprefix("ray://")
    return "auto" if address in ("", "ray", "auto") else address


def _probe(target: str, address: str) -> None:
    """Ray itself tries an address for minutes before it gives up."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise _trivet.InvalidInputError(f'"{target}" is no address of a Ray cluster: write ray://HOST:PORT')
    try:
        socket.create_connection((host, int(port)), timeout=PROBE_TIMEOUT_S).close()
    except OSError as error:
        raise _trivet.UnavailableError(f"nobody answers at the Ray cluster's address {address}: {error}") from error


# What Ray gives the head node of, and no other one.
HEAD_RESOURCE = "node:__internal_head__"


def _on_the_head() -> dict:
    """The coordinator runs, and starts anew, where its journal is: on the head. An affinity to the node that gives way
    would do so at a busy moment, and take the coordinator to a node that leaves with it."""
    import ray

    has_head = any(node["Alive"] and HEAD_RESOURCE in node["Resources"] for node in ray.nodes())
    return {"resources": {HEAD_RESOURCE: 0.001}} if has_head else {}


def connect_ray(
    target: str,
    *,
    partitions: int = 0,
    single_task_bytes: int | None = None,
    scan_task_rows: int = 0,
    forced_scan_tasks: int = 0,
    adaptive: bool = True,
    log_level: str = "",
    log_file: str = "",
    imports: Sequence[str] = (),
    plugins: Sequence[str] = (),
) -> RayCoordinator:
    """Joins the Ray cluster at `target` and finds the coordinator's actor there, or starts it.

    Planning and log options count for a coordinator that is started here. Raises UnavailableError where the cluster
    cannot be reached or the coordinator does not come up.
    """
    ray = _import_ray()
    from .actors import CoordinatorActor

    if not ray.is_initialized():
        address = _ray_address(target)
        if address != "auto":
            _probe(target, address)
        try:
            ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _trivet.UnavailableError(f"cannot join the Ray cluster {target}: {error}") from error
    joined = ray.get_runtime_context().gcs_address
    if _ray_address(target) not in ("auto", joined):
        raise _trivet.InvalidInputError(
            f"this process has joined the Ray cluster at {joined} already and cannot join {target} as well"
        )
    planning = {
        "partitions": partitions,
        "single_task_bytes": single_task_bytes,
        "scan_task_rows": scan_task_rows,
        "forced_scan_tasks": forced_scan_tasks,
        "adaptive": adaptive,
    }
    log = {"log_level": log_level or "info", "log_file": log_file}
    actor = ray.remote(CoordinatorActor).options(
        name=COORDINATOR_NAME,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        num_cpus=0,
        max_restarts=3,
        max_task_retries=0,
        max_concurrency=8,
        runtime_env=package_environment(imports),
        **_on_the_head(),
    ).remote(planning, log, (list(imports), [str(plugin) for plugin in plugins]))
    found = RayCoordinator(*_handshake(ray, actor))
    _check_brought(ray.get(actor.brings.remote(), timeout=START_TIMEOUT_S), imports, plugins)
    return found


def _handshake(ray, actor) -> tuple[str, str]:
    """Where the coordinator serves, and its secret; waits for one that Ray is starting anew."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            return ray.get(actor.handshake.remote(), timeout=max(1.0, deadline - time.monotonic()))
        except (ray.exceptions.RayError, TimeoutError) as error:
            dead = isinstance(error, ray.exceptions.ActorDiedError)
            if dead or time.monotonic() > deadline:
                raise _trivet.UnavailableError(f"the coordinator on Ray does not answer: {error}") from error
        time.sleep(HANDSHAKE_RETRY_S)


def _check_brought(brought: tuple[list[str], list[str]], imports: Sequence[str], plugins: Sequence[str]) -> None:
    """A coordinator that runs already has what it was started with, and nothing else."""
    missing = [name for name in (*imports, *map(str, plugins)) if name not in (*brought[0], *brought[1])]
    if missing:
        raise _trivet.InvalidInputError(
            f"the coordinator on this cluster was started without {', '.join(missing)}: "
            "stop it with trivet.ray.shutdown() first"
        )


def shutdown() -> None:
    """Ends the coordinator of the Ray cluster that this process has joined, with its workers."""
    ray = _import_ray()
    try:
        actor = ray.get_actor(COORDINATOR_NAME, namespace=NAMESPACE)
    except ValueError:
        return
    ray.get(actor.stop.remote(), timeout=START_TIMEOUT_S)
    ray.kill(actor, no_restart=True)
