"""A span around each event that is handled and each job that is run."""

from collections.abc import Awaitable, Callable

import msgspec

from surehold.kernel.events import Envelope
from surehold.platform.db import Unit
from surehold.platform.events import Reaction
from surehold.platform.jobs import Job
from surehold.platform.telemetry import Tracing


def traced_reaction(tracing: Tracing, reaction: Reaction) -> Reaction:
    """The same reaction, within a span that names its consumer, its event and the thing it is about."""

    async def handle(unit: Unit, envelope: Envelope) -> None:
        facts = {
            "surehold.event": envelope.name,
            "surehold.event_id": envelope.event_id,
            "surehold.aggregate_id": str(envelope.aggregate_id),
            "surehold.attempt": envelope.attempts + 1,
        }
        with tracing.work(reaction.consumer, facts):
            await reaction.handle(unit, envelope)

    return msgspec.structs.replace(reaction, handle=handle)


def traced_job(tracing: Tracing, job: Job) -> Job:
    """The same job, each batch of it within a span."""
    return msgspec.structs.replace(job, run=_traced(tracing, job))


def _traced(tracing: Tracing, job: Job) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        with tracing.work(job.name, {}) as span:
            did = await job.run()
            span.set_attribute("surehold.did", did)
        return did

    return run
