"""Reactions and jobs of every part: what the worker does."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from surehold.app.container import Parts, Teller, build_parts
from surehold.app.settings import Settings
from surehold.app.worker.run import Work
from surehold.flows import end_authorizations, hear_provider, place_order
from surehold.modules.audit.jobs import jobs as audit_jobs
from surehold.modules.cart.jobs import jobs as cart_jobs
from surehold.modules.catalog.jobs import jobs as catalog_jobs
from surehold.modules.catalog.reactions import reactions as catalog_reactions
from surehold.modules.checkout.jobs import jobs as checkout_jobs
from surehold.modules.identity.jobs import jobs as identity_jobs
from surehold.modules.identity.reactions import reactions as identity_reactions
from surehold.modules.inventory.jobs import jobs as inventory_jobs
from surehold.modules.notifications.jobs import jobs as notification_jobs
from surehold.modules.notifications.reactions import account_reactions
from surehold.modules.notifications.reactions import reactions as notification_reactions
from surehold.modules.webhooks.jobs import jobs as webhook_jobs
from surehold.modules.webhooks.reactions import reactions as webhook_reactions
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
        "identity": identity_reactions(parts.identity),
        "notifications": (*notification_reactions(parts.letters), *account_reactions(parts.account_letters)),
        "webhooks": webhook_reactions(parts.webhook_messages),
    }


def jobs_of(parts: Parts, db: Database) -> Mapping[str, Sequence[Job]]:
    """What is done by the clock, by part as `--only` names them."""
    return {
        "audit": audit_jobs(parts.audit),
        "cart": cart_jobs(parts.cart),
        "catalog": catalog_jobs(parts.pictures),
        "inventory": inventory_jobs(parts.inventory),
        "identity": identity_jobs(parts.identity),
        "payments": (
            *hear_provider.jobs(parts.hearing, parts.inbox),
            *end_authorizations.jobs(parts.authorizations, parts.comparing),
        ),
        "checkout": (*checkout_jobs(parts.checkout), *place_order.jobs(parts.placement)),
        "notifications": notification_jobs(parts.mails),
        "webhooks": webhook_jobs(parts.webhook_calls, parts.webhooks),
        "platform": (*event_jobs(db), purge_job(parts.idempotency)),
    }


def build_worker(settings: Settings) -> Work:
    """What the worker process does."""
    db = Database(settings.core.database_url, settings.db.for_worker())
    teller = Teller(settings)
    registry = CollectorRegistry()
    parts = build_parts(settings, db, teller.nerves, registry)

    @asynccontextmanager
    async def at_work() -> AsyncGenerator[None]:
        async with teller.at_work(), parts.webhook_calls.at_work():
            yield

    return Work(
        database_url=settings.core.database_url,
        db=db,
        reactions=reactions_of(parts),
        jobs=jobs_of(parts, db),
        registry=registry,
        listener=WakeListener(teller.link.client),
        delivery_limits=settings.delivery,
        job_limits=settings.job,
        around=at_work,
        tracing=tracing_from_environment("surehold-worker"),
    )
