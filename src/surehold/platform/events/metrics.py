"""What the delivery loops tell Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class DeliveryMetrics:
    """Gauges and counters by consumer. The registry is passed in; in multiprocess mode the largest lag of all counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("consumer",)
        self.lag_s = Gauge(
            "surehold_delivery_lag_seconds",
            "Age of the oldest due delivery",
            labels,
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.dead = Gauge(
            "surehold_dead_letters",
            "Deliveries that were given up",
            labels,
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.handled = Counter("surehold_deliveries_handled", "Deliveries handled", labels, registry=registry)
        self.failed = Counter("surehold_deliveries_failed", "Attempts that failed", labels, registry=registry)
        self.ignored = Counter("surehold_deliveries_ignored", "Older than what was seen", labels, registry=registry)
        self.outages = Counter(
            "surehold_delivery_outages", "Rounds that could not run at all", labels, registry=registry
        )
