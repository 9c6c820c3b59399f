"""Getting in and out: sign-up, sign-in, passwords, sessions."""

import unicodedata
from collections.abc import Sequence
from uuid import UUID

from surehold.kernel.ids import AccountId, uuid7
from surehold.modules.identity import store
from surehold.modules.identity.errors import (
    AccountBlockedError,
    EmailTakenError,
    SessionNotFoundError,
    WrongCredentialsError,
    WrongPasswordError,
)
from surehold.modules.identity.model import (
    Credentials,
    IdentitySettings,
    SessionInfo,
    SignedIn,
    check_password,
    normalize_email,
)
from surehold.modules.identity.service.passwords import Passwords
from surehold.modules.identity.service.records import Records, credentials
from surehold.modules.identity.store import Asked
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import Actor, Role, guest_token_hash, new_token


class Access:
    """Every check of a password is counted before it is made, and taken back when it fits."""

    def __init__(
        self, db: Database, records: Records, passwords: Passwords, waker: Waker, settings: IdentitySettings
    ) -> None:
        self._db, self._records, self._passwords, self._waker, self._settings = db, records, passwords, waker, settings

    async def sign_in(self, actor: Actor, email: str, password: str, device: str = "") -> SignedIn:
        """A new session. WrongCredentialsError, TooManyAttemptsError, AccountBlockedError (only with the right password)."""
        email = normalize_email(email)
        await self._count(email, actor)
        row = await store.find_account_by_email(self._db, self._records.email_index(email))
        known = None if row is None else credentials(row)
        if not await self._passwords.verify(known.password_hash if known else None, _normal(password)) or known is None:
            raise WrongCredentialsError
        await self._forgive(email, actor)
        return await self._open(actor, known, password, device)

    async def sign_up(
        self, actor: Actor, email: str, password: str, name: str, locale: str, device: str = ""
    ) -> SignedIn:
        """A new account and its first session; EmailTakenError, WeakPasswordError, InvalidEmailError, TooManyAttemptsError.

        Sent again (or by somebody who forgot that they had signed up) with the right password it signs in. Known and unknown
        addresses cost the same.
        """
        email = normalize_email(email)
        plain = check_password(password, email)
        await self._count(email, actor)
        password_hash = await self._passwords.hash(plain)
        try:
            account_id = await self.create_account(email, password_hash, name, (Role.CUSTOMER,), locale, None, actor)
        except EmailTakenError:
            return await self._sign_in_instead(actor, email, plain, device)
        await self._forgive(email, actor)
        fresh = Credentials(account_id=account_id, password_hash=password_hash, is_active=True)
        return await self._open(actor, fresh, plain, device)

    async def create_account(
        self,
        email: str,
        password_hash: str,
        name: str,
        roles: Sequence[Role],
        locale: str,
        by_actor: str | None,
        actor: Actor,
    ) -> AccountId:
        """Make an account of a normalised address; EmailTakenError. Without `by_actor` the account made itself."""
        account_id = AccountId(uuid7())
        sealed = (self._records.seal_email(account_id, email), self._records.seal_name(account_id, name))
        index = self._records.email_index(email)
        await store.create_account(
            self._db, account_id, index, sealed, password_hash, roles, locale.strip(), by_actor, actor.request_id
        )
        self._waker.wake()
        return account_id

    async def change_password(self, actor: Actor, current: str, new: str) -> str:
        """Set a new password; all other sessions end. Out goes the current session's new token. WrongPasswordError."""
        email, known = await self._confirmed(actor, current)
        new_hash = await self._passwords.hash(check_password(new, email))
        token = new_token()
        changed = await store.change_password(
            self._db,
            known.account_id,
            known.password_hash,
            new_hash,
            actor.session_id,
            guest_token_hash(token),
            Asked(actor.key, actor.request_id),
        )
        if not changed:
            raise WrongPasswordError
        return token

    async def change_email(self, actor: Actor, email: str, current_password: str) -> None:
        """Set another e-mail address; all other sessions end. WrongPasswordError, EmailTakenError."""
        email = normalize_email(email)
        _, known = await self._confirmed(actor, current_password)
        index, sealed = self._records.email_index(email), self._records.seal_email(known.account_id, email)
        asked = Asked(actor.key, actor.request_id)
        if not await store.change_email(
            self._db, known.account_id, known.password_hash, index, sealed, actor.session_id, asked
        ):
            raise WrongPasswordError

    async def sign_out(self, actor: Actor) -> None:
        """End the current session, if there is one."""
        if actor.account_id is not None and actor.session_id is not None:
            await store.end_session(self._db, actor.account_id, actor.session_id)

    async def list_sessions(self, account_id: UUID, current: UUID | None) -> list[SessionInfo]:
        """The account's live sessions, last used first."""
        rows = await store.list_sessions(self._db, account_id, self._settings.idle_s)
        return [self._records.session(row, current) for row in rows]

    async def end_session(self, account_id: UUID, session_id: UUID) -> None:
        """End one session of the account's; SessionNotFoundError."""
        if not await store.end_session(self._db, account_id, session_id):
            raise SessionNotFoundError

    async def end_other_sessions(self, account_id: UUID, current: UUID | None) -> int:
        """End all sessions but the current one; out goes how many."""
        return await store.end_other_sessions(self._db, account_id, current)

    async def _sign_in_instead(self, actor: Actor, email: str, plain: str, device: str) -> SignedIn:
        row = await store.find_account_by_email(self._db, self._records.email_index(email))
        if row is None or not await self._passwords.verify(row.password_hash, plain):
            raise EmailTakenError("Sign in with this address, or use another.")
        await self._forgive(email, actor)
        return await self._open(actor, credentials(row), plain, device)

    async def _open(self, actor: Actor, known: Credentials, password: str, device: str) -> SignedIn:
        if not known.is_active:
            raise AccountBlockedError("Write to the shop if you think that this is a mistake.")
        checked_hash = await self._up_to_date(known, password)
        session_id, token = uuid7(), new_token()
        await store.open_session(
            self._db,
            session_id,
            known.account_id,
            checked_hash,
            guest_token_hash(token),
            self._records.seal_device(session_id, device),
            self._settings.session_s,
            actor.session_id,
            self._settings.max_sessions,
            actor.request_id,
        )
        self._waker.wake()
        row = await store.find_account(self._db, known.account_id)
        if row is None:
            raise WrongCredentialsError
        return SignedIn(account=self._records.profile(row), session_token=token)

    async def _up_to_date(self, known: Credentials, password: str) -> str:
        """The stored hash, made anew first where costs have risen since."""
        if not self._passwords.is_outdated(known.password_hash):
            return known.password_hash
        new_hash = await self._passwords.hash(_normal(password))
        renewed = await store.rehash_password(self._db, known.account_id, known.password_hash, new_hash)
        return new_hash if renewed else known.password_hash

    async def _confirmed(self, actor: Actor, password: str) -> tuple[str, Credentials]:
        """The asker's e-mail address and credentials, once their password fits."""
        row = None if actor.account_id is None else await store.find_account(self._db, actor.account_id)
        if row is None:
            raise WrongPasswordError
        email = self._records.profile(row).email
        await self._count(email, actor)
        if not await self._passwords.verify(row.password_hash, _normal(password)):
            raise WrongPasswordError("Write the password that you have now.", field="current_password")
        await self._forgive(email, actor)
        return email, credentials(row)

    async def _count(self, email: str, actor: Actor) -> None:
        settings = self._settings
        await store.begin_attempt(
            self._db,
            (self._records.brake("account", email), self._records.brake("network", actor.network)),
            (settings.free_per_account, settings.free_per_network),
            (settings.account_cap_s, settings.network_cap_s),
            settings.forget_s,
        )

    async def _forgive(self, email: str, actor: Actor) -> None:
        account, network = self._records.brake("account", email), self._records.brake("network", actor.network)
        await store.forgive_attempt(self._db, account, network)


def _normal(password: str) -> str:
    """The form in which it was set; see `check_password`."""
    return unicodedata.normalize("NFKC", password)
