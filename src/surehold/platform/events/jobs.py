"""Tidying up after events."""

from collections.abc import Sequence

from surehold.platform.db import Database
from surehold.platform.events import store
from surehold.platform.events.limits import DeliveryLimits
from surehold.platform.jobs.job import Job


def jobs(db: Database, limits: DeliveryLimits | None = None) -> Sequence[Job]:
    """Once a night: events that nobody waits for and that are older than `events_kept_days`, in batches."""
    bounds = limits or DeliveryLimits()
    days, batch = bounds.events_kept_days, bounds.purge_batch

    async def purge_events() -> int:
        return await store.purge_events(db, days=days, limit=batch)

    async def purge_consumed() -> int:
        return await store.purge_consumed(db, days=days, limit=batch)

    return (
        Job(name="events.purge", run=purge_events, cron="17 3 * * *", batch=batch),
        Job(name="events.purge_consumed", run=purge_consumed, cron="47 3 * * *", batch=batch),
    )
