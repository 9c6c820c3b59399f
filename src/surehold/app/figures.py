"""What Prometheus learns of the parts of an API process, besides the requests that the edge counts itself."""

from collections.abc import Callable, Mapping

from surehold.platform.db import Database
from surehold.platform.realtime import Hub
from surehold.platform.telemetry import Metrics

_COUNTED = (
    "requests_num",
    "requests_queued",
    "requests_errors",
    "connections_num",
    "connections_errors",
    "connections_lost",
)
_POOL_SIZE, _POOL_FREE, _POOL_WAITING = "pool_size", "pool_available", "requests_waiting"


def watch_parts(metrics: Metrics, db: Database, hub: Hub) -> None:
    """Publish what the hub and the pool of connections count."""
    hub.publish_figures(metrics)
    metrics.watch_counts("surehold_db_pool", "What the pool of connections did", "what", lambda: _counts(db))
    metrics.watch_gauge("surehold_db_connections", "Open connections to PostgreSQL", _gauge(db, _POOL_SIZE))
    metrics.watch_gauge("surehold_db_connections_free", "Those that nobody uses now", _gauge(db, _POOL_FREE))
    metrics.watch_gauge("surehold_db_waiting", "Requests that wait for a connection now", _gauge(db, _POOL_WAITING))


def _counts(db: Database) -> Mapping[str, int]:
    stats = db.pool_stats()
    return {name: stats.get(name, 0) for name in _COUNTED}


def _gauge(db: Database, name: str) -> Callable[[], float]:
    return lambda: float(db.pool_stats().get(name, 0))
