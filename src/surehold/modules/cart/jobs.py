"""Tidying carts."""

from collections.abc import Sequence

from surehold.modules.cart.service import CartService
from surehold.platform.jobs import Job

EXPIRY_BATCH = 200
PURGE_BATCH = 5_000
MERGE_BATCH, MERGE_EVERY_S = 50, 10.0


def jobs(service: CartService) -> Sequence[Job]:
    """Merges that waited for an order are done soon; old guest carts end every hour; answers to replays are forgotten daily."""
    return (
        Job(
            name="cart.merge_waiting",
            every_s=MERGE_EVERY_S,
            batch=MERGE_BATCH,
            run=lambda: service.merge_waiting(MERGE_BATCH),
        ),
        Job(name="cart.expire_guests", cron="17 * * * *", run=lambda: service.expire_guests(EXPIRY_BATCH)),
        Job(name="cart.purge_operations", cron="41 4 * * *", run=lambda: service.purge_operations(PURGE_BATCH)),
    )
