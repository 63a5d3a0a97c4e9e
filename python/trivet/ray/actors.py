"""The actors: one coordinator for the cluster, one worker for each node that has processors.

Ray starts them, tells of their end and holds their processors; what they say to each other goes over their own
Flight ports. Ray retries nothing: the coordinator does, because it knows which output counts.
"""

from __future__ import annotations

import os
import threading
import time

from .. import _trivet
from .names import COORDINATOR_NAME, NAMESPACE, package_environment

SUPERVISE_INTERVAL_S = 0.5
# A coordinator without clients ends after so long, with its workers.
IDLE_TIMEOUT_S = float(os.environ.get("TRIVET_RAY_IDLE_TIMEOUT_S", "600"))


def _own_address() -> str:
    import ray

    return ray.util.get_node_ip_address()


class WorkerActor:
    """Hosts a worker; dies with it, so that Ray tells of either's end."""

    def __init__(self, coordinator: str, token: str, name: str, slots: int, memory_limit_bytes: int) -> None:
        self._worker = _trivet.Worker(
            coordinator=coordinator,
            name=name,
            token=token,
            host=_own_address(),
            slots=slots,
            memory_limit_bytes=memory_limit_bytes,
        )
        threading.Thread(target=self._end_with_worker, daemon=True).start()

    def _end_with_worker(self) -> None:
        while not self._worker.wait_for(1000):
            pass
        os._exit(0)

    def process_id(self) -> int:
        return os.getpid()

    def stop(self) -> None:
        self._worker.stop()


class CoordinatorActor:
    """Hosts the coordinator and keeps one worker actor on every node that has processors."""

    def __init__(self, partitions: int, single_task_bytes: int | None, scan_task_rows: int, forced_scan_tasks: int, adaptive: bool) -> None:
        self._token = _trivet.new_token()
        self._coordinator = _trivet.Coordinator(
            host=_own_address(),
            port=0,
            token=self._token,
            partitions=partitions,
            single_task_bytes=single_task_bytes,
            scan_task_rows=scan_task_rows,
            forced_scan_tasks=forced_scan_tasks,
            adaptive=adaptive,
        )
        self._workers: dict[str, tuple[str, object, object]] = {}  # node: worker's name, actor, pending call
        self._lives = 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def handshake(self) -> tuple[str, str]:
        return self._coordinator.location, self._token

    def workers(self) -> list[dict]:
        return self._coordinator.workers()

    def worker_processes(self) -> dict[str, int]:
        """Process ids by worker; for tests that kill them."""
        import ray

        with self._lock:
            actors = {name: actor for name, actor, _ in self._workers.values()}
        return {name: ray.get(actor.process_id.remote()) for name, actor in actors.items()}

    def process_id(self) -> int:
        return os.getpid()

    def stop(self) -> None:
        import ray

        self._stopping.set()
        self._supervisor.join()
        for _, actor, _ in self._workers.values():
            ray.kill(actor, no_restart=True)
        self._workers.clear()
        self._coordinator.stop()

    def _supervise(self) -> None:
        idle_since = time.monotonic()
        while not self._stopping.wait(SUPERVISE_INTERVAL_S):
            self._follow_nodes()
            self._notice_ends()
            if self._coordinator.idle_ms == 0:
                idle_since = time.monotonic()
            if time.monotonic() - idle_since > IDLE_TIMEOUT_S:
                self._end_idle()

    def _end_idle(self) -> None:
        import ray

        for _, actor, _ in self._workers.values():
            ray.kill(actor, no_restart=True)
        self._coordinator.stop()
        ray.kill(ray.get_actor(COORDINATOR_NAME, namespace=NAMESPACE), no_restart=True)

    def _follow_nodes(self) -> None:
        import ray

        for node in ray.nodes():
            node_id = node["NodeID"]
            slots = int(node["Resources"].get("CPU", 0))
            if not node["Alive"] or slots < 1:
                continue
            with self._lock:
                if node_id not in self._workers:
                    self._workers[node_id] = self._start_worker(node_id, slots)

    def _start_worker(self, node_id: str, slots: int) -> tuple[str, object, object]:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._lives += 1
        name = f"ray-{node_id[:12]}-{self._lives}"
        actor = ray.remote(WorkerActor).options(
            num_cpus=slots,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=4,
            runtime_env=package_environment(),
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False),
        ).remote(self._coordinator.location, self._token, name, slots, 0)
        return name, actor, actor.process_id.remote()

    def _notice_ends(self) -> None:
        """Asks each actor for a sign of life; one that has died says so at once."""
        import ray

        with self._lock:
            workers = list(self._workers.items())
        for node_id, (name, actor, pending) in workers:
            ready, _ = ray.wait([pending], timeout=0)
            if not ready:
                continue
            try:
                ray.get(ready[0])
                entry = (name, actor, actor.process_id.remote())
            except ray.exceptions.RayError as error:
                self._coordinator.worker_ended(name, str(error).splitlines()[0])
                entry = None
            with self._lock:
                if entry:
                    self._workers[node_id] = entry
                else:
                    del self._workers[node_id]
