"""The SQL of idempotency keys; each call is one statement and one transaction."""

from typing import NamedTuple
from uuid import UUID

from surehold.platform.db import Executor
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(
        table="platform.idempotency_keys",
        column="body",
        context="platform.idempotency_keys.body:{}:{}:{}",
        key=(("actor", "text"), ("route", "text"), ("key", "text")),
    ),
)
"""What is stored sealed; a change of keys seals it anew."""


class Claim(NamedTuple):
    """What became of an attempt to claim a key: `claimed`, `in_flight`, `mismatch` or `done` with the stored answer."""

    outcome: str
    status: int | None
    headers: str | None
    body: bytes | None


class KeyRef(NamedTuple):
    """A claimed key and the token that proves the claim is still ours."""

    actor: str
    route: str
    key: str
    token: UUID


async def claim(executor: Executor, ref: KeyRef, content: bytes, lease_s: float) -> Claim:
    """Claim the key, or learn why not."""
    row = await executor.fetch_one(
        "select outcome, status, headers, body from platform.claim_idempotency_key(%s, %s, %s, %s, %s, %s)",
        (ref.actor, ref.route, ref.key, content, ref.token, lease_s),
    )
    if row is None:
        raise AssertionError("the claim function always answers")
    return Claim(*row)


async def complete(executor: Executor, ref: KeyRef, status: int, headers: str, body: bytes) -> bool:
    """Store the answer; False when the claim was taken over meanwhile."""
    changed = await executor.execute(
        "update platform.idempotency_keys set status = %s, headers = %s::jsonb, body = %s, completed_at = clock_timestamp()"
        " where actor = %s and route = %s and key = %s and claim_token = %s and completed_at is null",
        (status, headers, body, ref.actor, ref.route, ref.key, ref.token),
    )
    return changed == 1


async def release(executor: Executor, ref: KeyRef, lease_s: float) -> None:
    """Let the next request with this key and this content run at once; other content stays refused."""
    await executor.execute(
        "update platform.idempotency_keys set claimed_at = clock_timestamp() - make_interval(secs => %s)"
        " where actor = %s and route = %s and key = %s and claim_token = %s and completed_at is null",
        (lease_s, ref.actor, ref.route, ref.key, ref.token),
    )


async def purge(executor: Executor, older_than_s: float, at_most: int) -> int:
    """Remove keys older than that; out goes how many."""
    row = await executor.fetch_one(
        "select platform.purge_idempotency_keys(%s::double precision, %s::integer)", (older_than_s, at_most)
    )
    return int(row[0]) if row else 0
