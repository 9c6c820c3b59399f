"""What Prometheus learns of address checks."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from surehold.modules.checkout import AddressCounter, AddressOutcome


def count_address_checks(registry: CollectorRegistry) -> AddressCounter:
    """Counts in this registry what a validator outside answered; alert where `unavailable` goes on growing."""
    counter = Counter(
        "surehold_address_checks",
        "Addresses that a service was asked about: `unavailable` ones went on unchecked",
        ["outcome"],
        registry=registry,
    )
    for outcome in get_args(AddressOutcome):
        counter.labels(outcome)
    return lambda outcome: counter.labels(outcome).inc()
