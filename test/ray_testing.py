"""Ray clusters of several nodes on this machine, for tests and benchmarks."""

import contextlib
import os

OBJECT_STORE_BYTES = 128 << 20  # of a node: rows never lie there


def add_node(cluster):
    """One more node, of one processor."""
    return cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES)


@contextlib.contextmanager
def ray_cluster(nodes):
    """A head without processors and so many nodes with one each, as ray.cluster_utils gives it: all end with it."""
    # Else Ray's processes would wait for every other one of this machine.
    os.environ["RAY_worker_niceness"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    if ray.is_initialized():
        ray.shutdown()
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            add_node(cluster)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()
