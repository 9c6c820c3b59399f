"""Scheduled work of checkout."""

from collections.abc import Sequence

from surehold.modules.checkout.service import CheckoutService
from surehold.platform.jobs import Job

EXPIRE_EVERY_S = 60.0


def jobs(service: CheckoutService) -> Sequence[Job]:
    """End checkouts that nobody went on with."""
    return (Job(name="checkout.expire_abandoned", run=service.expire_abandoned, every_s=EXPIRE_EVERY_S),)
