"""What failed for good, of every kind, for staff."""

from importlib import import_module
from importlib.util import find_spec

from surehold.app.schema import MODULE_ORDER
from surehold.kernel.events import Event
from surehold.modules.notifications import DEAD_MAILS
from surehold.modules.payments import DEAD_NEWS, DEAD_PAYMENTS, PAYMENT_FINDINGS
from surehold.modules.webhooks import DEAD_WEBHOOKS
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.events.dead_deliveries import DeadDeliveries
from surehold.platform.events.dead_letters import AuditRecorder, DeadLetters
from surehold.platform.jobs.dead_jobs import DeadJobs


def build_dead_letters(db: Database, record: AuditRecorder, waker: Waker) -> DeadLetters:
    """The dead letters of all sources. A mended payload must fit its event."""
    sources = (
        DeadDeliveries(event_types()),
        DeadJobs(),
        DEAD_MAILS,
        DEAD_PAYMENTS,
        DEAD_NEWS,
        PAYMENT_FINDINGS,
        DEAD_WEBHOOKS,
    )
    return DeadLetters(db, sources, record, waker)


def event_types() -> list[type[Event]]:
    """Every event that the modules publish, as their `events` declare them."""
    doors = [name for module in MODULE_ORDER if find_spec(name := f"surehold.modules.{module}.events")]
    declared = [thing for door in doors for thing in vars(import_module(door)).values()]
    return [
        thing for thing in declared if isinstance(thing, type) and issubclass(thing, Event) and _is_published(thing)
    ]


def _is_published(event: type[Event]) -> bool:
    return hasattr(event, "wire_name")
