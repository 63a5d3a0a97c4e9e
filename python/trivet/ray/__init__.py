"""Trivet on Ray: Ray places and supervises the processes, C++ moves and computes the rows."""

from .cluster import RayCoordinator, connect_ray, shutdown

__all__ = ["RayCoordinator", "connect_ray", "shutdown"]
