"""What the job clock tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class JobMetrics:
    """Counters by job; the registry is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("job",)
        self.runs = Counter("surehold_job_runs", "Runs that ended well", labels, registry=registry)
        self.things = Counter("surehold_job_things", "Things that jobs did", labels, registry=registry)
        self.failures = Counter("surehold_job_failures", "Runs that failed", labels, registry=registry)
        self.last_success = Gauge(
            "surehold_job_last_success_timestamp_seconds",
            "When a job last ended well",
            labels,
            registry=registry,
            multiprocess_mode="max",
        )
