"""Who gets which event: the registered reactions, written to the table that `platform.emit` reads."""

from collections.abc import Sequence

import structlog

from surehold.platform.db import Database
from surehold.platform.events import store
from surehold.platform.events.reaction import Reaction, consumers_of

_log = structlog.get_logger(__name__)


async def sync_subscriptions(db: Database, reactions: Sequence[Reaction]) -> None:
    """Make the subscriptions those of all reactions of the shop (not only of the parts this process runs).

    A new subscription gets what is written from now on. What waits for a removed one is deleted, with a log line that says
    how much.
    """
    wanted = [(event, consumer.name) for consumer in consumers_of(reactions) for event in sorted(consumer.handlers)]
    async with db.unit() as unit:
        added, removed = await store.sync(unit, wanted)
        for event, consumer in added:
            _log.info("subscription_added", event_name=event, consumer=consumer)
        for event, consumer in removed:
            dropped = await store.drop_deliveries(unit, (event, consumer))
            _log.warning("subscription_removed", event_name=event, consumer=consumer, deliveries_dropped=dropped)
