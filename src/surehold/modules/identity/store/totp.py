"""SQL of the second factor."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from surehold.modules.identity.errors import REFUSALS
from surehold.modules.identity.store import Asked
from surehold.platform.db import Executor, translate


class TotpRow(NamedTuple):
    """An account's secret; `now_s` is the database's clock, which judges codes."""

    secret: bytes
    is_confirmed: bool
    now_s: int


async def find(executor: Executor, account_id: UUID) -> TotpRow | None:
    """An account's secret, confirmed or not."""
    row = await executor.fetch_one(
        "select t.secret_sealed, t.confirmed_at is not null, floor(extract(epoch from clock_timestamp()))::bigint"
        " from identity.totp t where t.account_id = %s",
        (account_id,),
    )
    return None if row is None else TotpRow(*row)


async def begin(executor: Executor, account_id: UUID, secret: bytes) -> None:
    """Keep a secret that is to be confirmed; TotpOnError."""
    with translate(REFUSALS):
        await executor.fetch_one("select identity.begin_totp(%s, %s)", (account_id, secret))


async def confirm(
    executor: Executor,
    account_id: UUID,
    checked_secret: bytes,
    step: int,
    recovery: Sequence[bytes],
    session_id: UUID | None,
    asked: Asked,
) -> None:
    """Turn it on and end the other sessions; TotpNotBegunError."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.confirm_totp(%s, %s, %s::bigint, %s::bytea[], %s, %s, %s)",
            (account_id, checked_secret, step, list(recovery), session_id, *asked),
        )


async def remove(executor: Executor, account_id: UUID, checked_hash: str, asked: Asked) -> bool:
    """Turn it off; False when the password changed meanwhile."""
    row = await executor.fetch_one("select identity.remove_totp(%s, %s, %s, %s)", (account_id, checked_hash, *asked))
    return row is not None and bool(row[0])


async def take_away(executor: Executor, account_id: UUID, by_account: UUID | None, asked: Asked) -> None:
    """Turn somebody else's off and end their sessions; AccountNotFoundError, ForbiddenError for one's own."""
    with translate(REFUSALS):
        await executor.fetch_one("select identity.take_totp_away(%s, %s, %s, %s)", (account_id, by_account, *asked))
