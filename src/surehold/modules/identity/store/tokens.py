"""SQL of the tokens that letters carry, of changed addresses, and of whom letters go to."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from surehold.modules.identity.errors import REFUSALS
from surehold.modules.identity.store import Asked
from surehold.platform.db import Executor, translate


class IssuedRow(NamedTuple):
    """A token that was given its secret, and the account it is for."""

    purpose: str
    account_id: UUID
    email: bytes
    name: bytes
    new_email: bytes | None


class TokenRow(NamedTuple):
    """A token that could be used now."""

    id: UUID
    purpose: str
    account_id: UUID
    email: bytes
    new_email: bytes | None


class AddresseeRow(NamedTuple):
    """Whom a letter about an account goes to; `device` is a session's."""

    account_id: UUID
    email: bytes
    name: bytes
    device: bytes | None = None


async def ask(
    executor: Executor,
    token_id: UUID,
    purpose: str,
    account_id: UUID | None,
    email_index: bytes,
    new_email: bytes | None = None,
) -> None:
    """Ask for a letter with a token; nobody is looked up."""
    await executor.fetch_one(
        "select identity.ask_for_token(%s, %s, %s, %s, %s)", (token_id, purpose, account_id, email_index, new_email)
    )


async def issue(executor: Executor, token_id: UUID, token: bytes, lives_s: dict[str, float]) -> IssuedRow | None:
    """Give a token its secret; None when there is nothing to write."""
    row = await executor.fetch_one(
        "select purpose, account_id, email_sealed, name_sealed, new_email_sealed from identity.issue_token(%s, %s, %s::jsonb)",
        (token_id, token, msgspec.json.encode(lives_s).decode()),
    )
    return None if row is None else IssuedRow(*row)


async def find(executor: Executor, token: bytes) -> TokenRow | None:
    """A token that could be used now."""
    row = await executor.fetch_one(
        "select id, purpose, account_id, email_sealed, new_email_sealed from identity.find_token(%s)", (token,)
    )
    return None if row is None else TokenRow(*row)


async def verify_email(executor: Executor, token: bytes, request_id: str) -> None:
    """Use a token: the address is proven. InvalidTokenError."""
    with translate(REFUSALS):
        await executor.fetch_one("select identity.verify_email(%s, %s)", (token, request_id))


async def reset_password(executor: Executor, token: bytes, new_hash: str, request_id: str) -> None:
    """Use a token: a new password, and the end of every session. InvalidTokenError."""
    with translate(REFUSALS):
        await executor.fetch_one("select identity.reset_password(%s, %s, %s)", (token, new_hash, request_id))


async def confirm_email(
    executor: Executor,
    token: bytes,
    email: bytes,
    session_id: UUID | None,
    former: tuple[UUID, bytes],
    request_id: str,
) -> None:
    """Use a token: the new address is the account's (`email`: sealed for it; `former`: an id, and the one before).

    InvalidTokenError, EmailTakenError.
    """
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.confirm_email(%s, %s, %s, %s, %s, %s)", (token, email, session_id, *former, request_id)
        )


async def change_email(
    executor: Executor,
    account_id: UUID,
    checked_hash: str,
    email: tuple[bytes, bytes],
    session_id: UUID | None,
    former: tuple[UUID, bytes],
    asked: Asked,
) -> bool:
    """Set an address (`email`: its index, and sealed) in place of one that was never proven, and end the other sessions.

    EmailTakenError, EmailIsVerifiedError; False when the password changed meanwhile.
    """
    with translate(REFUSALS):
        row = await executor.fetch_one(
            "select identity.change_email(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (account_id, checked_hash, *email, session_id, *former, *asked),
        )
    return row is not None and bool(row[0])


async def find_former_email(executor: Executor, change_id: UUID) -> AddresseeRow | None:
    """The address that an account had before a change, and its owner's name; the address is sealed for the change."""
    row = await executor.fetch_one(
        "select f.account_id, f.email_sealed, a.name_sealed from identity.former_emails f"
        " join identity.accounts a on a.id = f.account_id where f.id = %s",
        (change_id,),
    )
    return None if row is None else AddresseeRow(*row)


async def find_signed_in(executor: Executor, session_id: UUID) -> AddresseeRow | None:
    """The owner of a session that lives, and its device."""
    row = await executor.fetch_one(
        "select a.id, a.email_sealed, a.name_sealed, s.device_sealed from identity.sessions s"
        " join identity.accounts a on a.id = s.account_id where s.id = %s",
        (session_id,),
    )
    return None if row is None else AddresseeRow(*row)
