"""Under which names Ray knows the actors."""

NAMESPACE = "trivet"
COORDINATOR_NAME = "trivet-coordinator"
