"""What Prometheus learns of payments."""

from collections.abc import Callable

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


def count_provider_trouble(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """Counts in this registry the calls to a card provider that were rejected or whose outcome stayed unknown."""
    counter = Counter(
        "surehold_card_provider_trouble",
        "Calls to the card provider: `rejected` is a mistake of ours, `unknown` is looked up afterwards",
        ["call", "what"],
        registry=registry,
    )
    return lambda call, what: counter.labels(call, what).inc()
