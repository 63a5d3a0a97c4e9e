"""The actors: one coordinator for the cluster, one worker for each node that has processors.

Ray starts them, tells of their end, holds their processors and starts the coordinator anew where its process was
killed; what they say to each other goes over their own Flight ports. Ray retries nothing: the coordinator does,
because it knows which output counts.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import pathlib
import shutil
import tempfile
import threading
import time

from .. import _trivet
from ..custom import registry_of
from .names import COORDINATOR_NAME, NAMESPACE, WORKER_PREFIX, package_environment

SUPERVISE_INTERVAL_S = 0.5
# A coordinator without clients ends after so long, with its workers.
IDLE_TIMEOUT_S = float(os.environ.get("TRIVET_RAY_IDLE_TIMEOUT_S", "600"))
# Until an actor of an earlier coordinator's must have answered to be taken over.
TAKE_OVER_TIMEOUT_S = 5

_logger = logging.getLogger(__name__)


def _own_address() -> str:
    import ray

    return ray.util.get_node_ip_address()


class WorkerActor:
    """Hosts a worker; dies with it, so that Ray tells of either's end."""

    def __init__(self, options: dict, brings: tuple[list[str], list[str]]) -> None:
        self._name = options["name"]
        self._worker = _trivet.Worker(host=_own_address(), extensions=registry_of(*brings)._native, **options)
        threading.Thread(target=self._end_with_worker, daemon=True).start()

    def _end_with_worker(self) -> None:
        while not self._worker.wait_for(1000):
            pass
        os._exit(0)

    def process_id(self) -> int:
        return os.getpid()

    def name(self) -> str:
        return self._name

    def stop(self) -> None:
        self._worker.stop()


@dataclasses.dataclass
class _Worker:
    """A worker's actor, and the call that fails when it dies."""

    name: str
    actor: object
    pending: object


class CoordinatorActor:
    """Hosts the coordinator and keeps one worker actor on every node that has processors.

    The journal is a directory of the node under the actor's identity, which stays the same when Ray starts the actor
    anew: it goes on where the killed process ended, at the same address and with the workers that are there.
    """

    def __init__(self, planning: dict, log: dict, brings: tuple[list[str], list[str]]) -> None:
        import ray

        self._log = log
        self._brings = brings
        actor_id = ray.get_runtime_context().get_actor_id()
        self._journal = pathlib.Path(tempfile.gettempdir()) / f"trivet-ray-{os.getuid()}" / actor_id
        self._journal.parent.mkdir(mode=0o700, exist_ok=True)
        self._coordinator = _trivet.Coordinator(
            host=_own_address(),
            port=0,
            token="",
            journal=str(self._journal),
            extensions=registry_of(*brings)._native,
            **planning,
            **log,
        )
        self._token = self._coordinator.token
        self._workers: dict[str, _Worker] = {}  # by node
        self._hosts = 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def handshake(self) -> tuple[str, str]:
        self._live_nodes()
        return self._coordinator.location, self._token

    def brings(self) -> tuple[list[str], list[str]]:
        """The modules and plugins that it was started with."""
        return self._brings

    def workers(self) -> list[dict]:
        return self._coordinator.workers()

    def worker_processes(self) -> dict[str, int]:
        """Process ids by worker; for tests that kill them."""
        import ray

        with self._lock:
            actors = {worker.name: worker.actor for worker in self._workers.values()}
        return {name: ray.get(actor.process_id.remote()) for name, actor in actors.items()}

    def process_id(self) -> int:
        return os.getpid()

    def stop(self) -> None:
        self._stopping.set()
        self._supervisor.join()
        self._end()

    def _end(self) -> None:
        """For good: nobody is to go on from the journal."""
        import ray

        for worker in self._workers.values():
            ray.kill(worker.actor, no_restart=True)
        self._workers.clear()
        self._coordinator.stop()
        shutil.rmtree(self._journal, ignore_errors=True)

    def _supervise(self) -> None:
        import ray

        idle_since = time.monotonic()
        here = ray.get_runtime_context().get_node_id()
        while not self._stopping.is_set():
            try:
                self._look_after(self._live_nodes(), here)
            except Exception:
                # While nodes come and go Ray raises this and that; a thread that ended of it would leave the cluster
                # without workers for good.
                _logger.exception("looking after the workers failed, and is tried again")
            if self._coordinator.idle_ms == 0:
                idle_since = time.monotonic()
            if time.monotonic() - idle_since > IDLE_TIMEOUT_S:
                self._end()
                ray.kill(ray.get_actor(COORDINATOR_NAME, namespace=NAMESPACE), no_restart=True)
            self._stopping.wait(SUPERVISE_INTERVAL_S)

    def _look_after(self, nodes: dict[str, int], here: str) -> None:
        if here not in nodes:
            os._exit(1)  # a removed node's process may live on; Ray has started another coordinator by now
        self._leave_removed(nodes)
        self._follow(nodes)
        self._notice_ends()

    def _live_nodes(self) -> dict[str, int]:
        """The slots of each node. Queries that come before its worker has joined are planned for these, too."""
        import ray

        live = [node for node in ray.nodes() if node["Alive"]]
        self._hosts = len({node["NodeManagerAddress"] for node in live})
        nodes = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in live}
        self._coordinator.expect_slots(sum(nodes.values()))
        return nodes

    def _leave_removed(self, nodes: dict[str, int]) -> None:
        """An actor may outlive its node, and go on talking: its worker is fenced, which ends it."""
        with self._lock:
            removed = [node_id for node_id in self._workers if node_id not in nodes]
            for node_id in removed:
                self._coordinator.worker_ended(self._workers.pop(node_id).name, "its node was removed")

    def _follow(self, nodes: dict[str, int]) -> None:
        for node_id, slots in nodes.items():
            if slots < 1:
                continue
            with self._lock:
                if node_id not in self._workers:
                    worker = self._take_over(node_id) or self._start_worker(node_id, slots)
                    if worker is not None:
                        self._workers[node_id] = worker

    def _take_over(self, node_id: str) -> _Worker | None:
        """The node's worker of an earlier life of this actor, where it still answers."""
        import ray

        try:
            actor = ray.get_actor(WORKER_PREFIX + node_id, namespace=NAMESPACE)
            name = ray.get(actor.name.remote(), timeout=TAKE_OVER_TIMEOUT_S)
        except (ValueError, ray.exceptions.RayError):
            return None
        return _Worker(name, actor, actor.process_id.remote())

    def _start_worker(self, node_id: str, slots: int) -> _Worker | None:
        """None where an actor that does not answer has the name still: it is ended, for the next time."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # Detached: it must outlive this process, but not the coordinator's silence, which its lease ends.
        name = f"ray-{node_id[:12]}-{time.time_ns() // 1_000_000:x}"
        options = {"coordinator": self._coordinator.location, "token": self._token, "name": name, "slots": slots}
        # What never meets a network is not worth compressing.
        options["compression"] = "lz4" if self._hosts > 1 else "none"
        worker = ray.remote(WorkerActor).options(
            name=WORKER_PREFIX + node_id,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=False,
            num_cpus=slots,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=4,
            runtime_env=package_environment(self._brings[0]),
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False),
        )
        try:
            actor = worker.remote({**options, **self._log}, self._brings)
        except ray.exceptions.ActorAlreadyExistsError:
            ray.kill(ray.get_actor(WORKER_PREFIX + node_id, namespace=NAMESPACE), no_restart=True)
            return None
        return _Worker(name, actor, actor.process_id.remote())

    def _notice_ends(self) -> None:
        """Asks each actor for a sign of life; one that has died says so at once."""
        import ray

        with self._lock:
            workers = list(self._workers.items())
        for node_id, worker in workers:
            ready, _ = ray.wait([worker.pending], timeout=0)
            if not ready:
                continue
            try:
                ray.get(ready[0])
                worker.pending = worker.actor.process_id.remote()
            except ray.exceptions.RayError as error:
                self._coordinator.worker_ended(worker.name, str(error).splitlines()[0])
                # One that is only out of reach would keep its name, and its processors.
                ray.kill(worker.actor, no_restart=True)
                with self._lock:
                    del self._workers[node_id]
