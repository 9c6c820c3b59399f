"""Endpoints: what staff sets, and what their answers bring about."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from surehold.modules.webhooks.errors import EndpointNotFoundError
from surehold.modules.webhooks.model import DisabledReason, Endpoint, EndpointDraft
from surehold.platform.db import Executor
from surehold.platform.http import Actor
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(table="webhooks.endpoints", column="secret", context="webhooks.endpoints.secret:{}"),
    SealedColumn(table="webhooks.endpoints", column="old_secret", context="webhooks.endpoints.secret:{}"),
)
"""What is stored sealed; a change of keys seals it anew."""

_LOCK_COUNT = 7_305_835  # held while an endpoint is added, so that the limit is one

_COLUMNS: LiteralString = """
id, url, event_names, enabled, disabled_reason, resting_until,
  case when old_secret_until > statement_timestamp() then old_secret_until end, created_at, version
"""

_FROM: LiteralString = "select " + _COLUMNS + "from webhooks.endpoints where removed_at is null"

_LIST: LiteralString = _FROM + " order by id limit %(limit)s"

_GET: LiteralString = _FROM + " and id = %(id)s"

_LOCK: LiteralString = _GET + " for no key update"

_FIND_ASKED: LiteralString = """
select id, secret from webhooks.endpoints where asked_as = %(asked_as)s and removed_at is null
"""

_ADD: LiteralString = """
insert into webhooks.endpoints (id, asked_as, url, event_names, enabled, disabled_reason, secret)
select %(id)s, %(asked_as)s, %(url)s, %(event_names)s, %(enabled)s, %(disabled_reason)s, %(secret)s
where (select count(*) from webhooks.endpoints where removed_at is null) < %(most)s
"""

_SET: LiteralString = """
update webhooks.endpoints
set url = %(url)s, event_names = %(event_names)s, enabled = %(enabled)s, disabled_reason = %(disabled_reason)s,
  resting_until = null, version = version + 1
where id = %(id)s
"""

_ROTATE: LiteralString = """
update webhooks.endpoints
set old_secret = secret, old_secret_until = clock_timestamp() + make_interval(secs => %(old_secret_s)s),
  secret = %(secret)s, version = version + 1
where id = %(id)s
"""

_REMOVE: LiteralString = """
update webhooks.endpoints
set removed_at = clock_timestamp(), asked_as = id, enabled = false, disabled_reason = 'staff', secret = null, old_secret = null,
  old_secret_until = null, version = version + 1
where id = %(id)s and removed_at is null
"""

_DISABLE_GONE: LiteralString = """
update webhooks.endpoints set enabled = false, disabled_reason = 'gone', version = version + 1
where id = %(id)s and enabled and url = %(url)s
"""

_REST: LiteralString = """
update webhooks.endpoints set resting_until = clock_timestamp() + make_interval(secs => %(rest_s)s)
where id = %(id)s and enabled
"""

_FORGET_OLD_SECRETS: LiteralString = """
update webhooks.endpoints set old_secret = null, old_secret_until = null
where old_secret_until <= statement_timestamp()
"""

_FORGET_REMOVED: LiteralString = """
delete from webhooks.endpoints e
where e.removed_at is not null and not exists (select from webhooks.messages m where m.endpoint_id = e.id)
"""


async def list_endpoints(executor: Executor, limit: int) -> list[Endpoint]:
    """All endpoints, oldest first."""
    return [_endpoint(row) for row in await executor.fetch_all(_LIST, {"limit": limit})]


async def get_endpoint(executor: Executor, endpoint_id: UUID) -> Endpoint:
    """One endpoint; EndpointNotFoundError if there is none."""
    return _found(await executor.fetch_one(_GET, {"id": endpoint_id}))


async def lock_endpoint(unit: Executor, endpoint_id: UUID) -> Endpoint:
    """One endpoint, held."""
    return _found(await unit.fetch_one(_LOCK, {"id": endpoint_id}))


async def find_asked(unit: Executor, asked_as: UUID) -> tuple[UUID, bytes] | None:
    """The endpoint that this request made before, with its sealed secret."""
    await unit.execute("select pg_advisory_xact_lock(%s)", (_LOCK_COUNT,))
    row = await unit.fetch_one(_FIND_ASKED, {"asked_as": asked_as})
    return None if row is None else (row[0], row[1])


async def add_endpoint(
    unit: Executor, draft: EndpointDraft, *, endpoint_id: UUID, asked_as: UUID, secret: bytes, most: int
) -> bool:
    """Store a new endpoint; False if there are `most` of them."""
    facts = {**_facts(draft), "id": endpoint_id, "asked_as": asked_as, "secret": secret, "most": most}
    return await unit.execute(_ADD, facts) == 1


async def set_endpoint(unit: Executor, endpoint_id: UUID, draft: EndpointDraft, reason: DisabledReason | None) -> None:
    """Make it what the draft says; it no longer rests. `reason` is why it is disabled."""
    await unit.execute(_SET, {**_facts(draft), "id": endpoint_id, "disabled_reason": reason})


async def rotate_secret(unit: Executor, endpoint_id: UUID, secret: bytes, old_secret_s: float) -> None:
    """Sign with another secret, and for `old_secret_s` with the former one as well."""
    await unit.execute(_ROTATE, {"id": endpoint_id, "secret": secret, "old_secret_s": old_secret_s})


async def remove_endpoint(unit: Executor, endpoint_id: UUID) -> bool:
    """Forget its secrets and tell it nothing any more; False if there is none."""
    return await unit.execute(_REMOVE, {"id": endpoint_id}) == 1


async def disable_gone(unit: Executor, endpoint_id: UUID, url: str) -> bool:
    """It said under this URL that it is gone for good; False if it was disabled already, or has another URL by now."""
    return await unit.execute(_DISABLE_GONE, {"id": endpoint_id, "url": url}) == 1


async def rest(unit: Executor, endpoint_id: UUID, rest_s: float) -> None:
    """Leave it alone for a while."""
    await unit.execute(_REST, {"id": endpoint_id, "rest_s": rest_s})


async def forget(executor: Executor) -> None:
    """Remove secrets whose time is over, and removed endpoints of which nothing is left."""
    await executor.execute(_FORGET_OLD_SECRETS)
    await executor.execute(_FORGET_REMOVED)


async def record_audit(
    unit: Executor, actor: Actor, action: str, endpoint_id: UUID, facts: Mapping[str, object]
) -> None:
    """Write down who did what, with the change."""
    await unit.execute(
        "select audit.record(%s, %s, 'webhook_endpoint', %s, %s::jsonb, %s)",
        (actor.key, action, endpoint_id, msgspec.json.encode(facts).decode(), actor.request_id),
    )


def _facts(draft: EndpointDraft) -> dict[str, Any]:
    return {
        "url": draft.url,
        "event_names": None if draft.events is None else [event.value for event in draft.events],
        "enabled": draft.enabled,
        "disabled_reason": None if draft.enabled else DisabledReason.STAFF,
    }


def _found(row: Sequence[Any] | None) -> Endpoint:
    if row is None:
        raise EndpointNotFoundError
    return _endpoint(row)


def _endpoint(row: Sequence[Any]) -> Endpoint:
    id_, url, events, enabled, reason, resting_until, old_secret_until, created_at, version = row
    return Endpoint(
        id=id_,
        url=url,
        events=events,
        enabled=enabled,
        disabled_reason=None if reason is None else DisabledReason(reason),
        resting_until=resting_until,
        old_secret_until=old_secret_until,
        created_at=created_at,
        version=version,
    )


async def listen(executor: Executor) -> None:
    """Bring the subscriptions to whether any endpoint is enabled."""
    await executor.fetch_one("select webhooks.listen()")
