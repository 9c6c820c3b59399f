"""SQL of staff in a customer's place."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from surehold.modules.identity.errors import REFUSALS
from surehold.modules.identity.store import MAX_LISTED, Asked
from surehold.platform.db import Executor, translate


class ImpersonationRow(NamedTuple):
    """Staff who acted in a customer's place, as stored."""

    session_id: UUID
    account_id: UUID
    by_account: UUID
    reason: bytes
    started_at: datetime
    ends_at: datetime


async def impersonate(
    executor: Executor,
    session_id: UUID,
    account_id: UUID,
    by_account: UUID,
    token: bytes,
    device: bytes,
    lives_s: float,
    reason: bytes,
    replaces: UUID | None,
    asked: Asked,
) -> None:
    """Open a session in a customer's place and end the asker's own.

    ForbiddenError, AccountNotFoundError, StaffNotImpersonatedError, AccountBlockedError.
    """
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.impersonate(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (session_id, account_id, by_account, token, device, lives_s, reason, replaces, *asked),
        )


async def list_newest(executor: Executor) -> list[ImpersonationRow]:
    """The newest impersonations, newest first."""
    rows = await executor.fetch_all(
        "select i.session_id, i.account_id, i.by_account, i.reason_sealed, i.started_at, i.ends_at"
        " from identity.impersonations i order by i.session_id desc limit %s",
        (MAX_LISTED,),
    )
    return [ImpersonationRow(*row) for row in rows]


async def note_write(executor: Executor, actor: str, account_id: UUID, operation: str, request_id: str) -> None:
    """Write into the audit log that staff is about to change something in a customer's place."""
    await executor.fetch_one(
        "select audit.record(%s, 'identity.impersonated_write', 'account', %s, jsonb_build_object('operation', %s::text), %s)",
        (actor, account_id, operation, request_id),
    )
