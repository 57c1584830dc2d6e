"""The embedded cluster: a small Kubernetes API with what Flux keeps there, and a source-controller that fetches."""

from cellenics_ci.sandbox.cluster.server import ClusterServer
from cellenics_ci.sandbox.cluster.state import ClusterState, Rule

__all__ = ["ClusterServer", "ClusterState", "Rule"]
