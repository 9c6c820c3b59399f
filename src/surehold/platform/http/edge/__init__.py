"""The layer in front of the framework: cached reads, limits, headers, health, and an orderly end."""

from surehold.platform.http.edge.app import Edge
from surehold.platform.http.edge.drain import Drain
from surehold.platform.http.edge.settings import EdgeSettings, LimitRule

__all__ = ["Drain", "Edge", "EdgeSettings", "LimitRule"]
