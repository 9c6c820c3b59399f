"""Reactions and jobs of every part: what the worker does."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry

from surehold.app.container import Parts, Teller, build_parts
from surehold.app.settings import Settings
from surehold.app.worker.run import Work
from surehold.flows import place_order
from surehold.modules.cart.jobs import jobs as cart_jobs
from surehold.modules.catalog.jobs import jobs as catalog_jobs
from surehold.modules.catalog.reactions import reactions as catalog_reactions
from surehold.modules.checkout.jobs import jobs as checkout_jobs
from surehold.modules.identity.jobs import jobs as identity_jobs
from surehold.modules.inventory.jobs import jobs as inventory_jobs
from surehold.modules.notifications.jobs import jobs as notification_jobs
from surehold.modules.notifications.reactions import reactions as notification_reactions
from surehold.platform.db import Database
from surehold.platform.events import Reaction, WakeListener
from surehold.platform.events.jobs import jobs as event_jobs
from surehold.platform.idempotency import purge_job
from surehold.platform.jobs import Job
from surehold.platform.telemetry import tracing_from_environment


def reactions_of(parts: Parts) -> Mapping[str, Sequence[Reaction]]:
    """What is done about events, by part as `--only` names them."""
    return {
        "catalog": catalog_reactions(parts.catalog_desk),
        "notifications": notification_reactions(parts.letters),
    }


def jobs_of(parts: Parts, db: Database) -> Mapping[str, Sequence[Job]]:
    """What is done by the clock, by part as `--only` names them."""
    return {
        "cart": cart_jobs(parts.cart),
        "catalog": catalog_jobs(parts.pictures),
        "inventory": inventory_jobs(parts.inventory),
        "identity": identity_jobs(parts.identity),
        "checkout": (*checkout_jobs(parts.checkout), *place_order.jobs(parts.placement)),
        "notifications": notification_jobs(parts.mails),
        "platform": (*event_jobs(db), purge_job(parts.idempotency)),
    }


def build_worker(settings: Settings) -> Work:
    """What the worker process does."""
    db = Database(settings.core.database_url, settings.db.for_worker())
    teller = Teller(settings)
    registry = CollectorRegistry()
    parts = build_parts(settings, db, teller.nerves, registry)
    return Work(
        database_url=settings.core.database_url,
        db=db,
        reactions=reactions_of(parts),
        jobs=jobs_of(parts, db),
        registry=registry,
        listener=WakeListener(teller.link.client),
        delivery_limits=settings.delivery,
        job_limits=settings.job,
        around=teller.at_work,
        tracing=tracing_from_environment("surehold-worker"),
    )
