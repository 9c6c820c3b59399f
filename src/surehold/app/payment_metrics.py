"""What Prometheus learns of payments."""

from prometheus_client import CollectorRegistry, Counter

from surehold.modules.payments import RefusalCounter


def count_refusals(registry: CollectorRegistry) -> RefusalCounter:
    """Counts in this registry the voids and refunds that a provider refused; alert on any."""
    counter = Counter(
        "surehold_payment_returns_refused",
        "Voids and refunds that a provider refused: `refused` is asked for again, `dead` waits for staff",
        ["phase", "verdict"],
        registry=registry,
    )
    return lambda phase, verdict: counter.labels(phase, verdict).inc()
