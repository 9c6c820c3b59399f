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
    TotpRequiredError,
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
from surehold.modules.identity.service.brakes import Brakes
from surehold.modules.identity.service.passwords import Passwords
from surehold.modules.identity.service.records import Records, credentials
from surehold.modules.identity.service.second_factor import SecondFactors
from surehold.modules.identity.store import Asked, SecondFactor
from surehold.modules.identity.store import tokens as token_store
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import Actor, Role, guest_token_hash, new_token


class Access:
    """Every check of a password is counted before it is made, and taken back when it fits."""

    def __init__(
        self,
        db: Database,
        records: Records,
        passwords: Passwords,
        waker: Waker,
        settings: IdentitySettings,
        brakes: Brakes,
        second_factors: SecondFactors,
    ) -> None:
        self._db, self._records, self._passwords, self._waker, self._settings = db, records, passwords, waker, settings
        self._brakes, self._second_factors = brakes, second_factors

    async def sign_in(
        self, actor: Actor, email: str, password: str, device: str = "", totp_code: str | None = None
    ) -> SignedIn:
        """A new session. WrongCredentialsError, TooManyAttemptsError.

        Only with the right password: AccountBlockedError, TotpRequiredError, WrongTotpCodeError.
        """
        email = normalize_email(email)
        await self._brakes.count_password(email, actor)
        row = await store.find_account_by_email(self._db, self._records.email_index(email))
        known = None if row is None else credentials(row)
        if not await self._passwords.verify(known.password_hash if known else None, _normal(password)) or known is None:
            raise WrongCredentialsError
        await self._brakes.forgive_password(email, actor)
        return await self._open(actor, known, password, device, totp_code)

    async def sign_up(
        self, actor: Actor, email: str, password: str, name: str, locale: str, device: str = ""
    ) -> SignedIn:
        """A new account and its first session; EmailTakenError, WeakPasswordError, InvalidEmailError, TooManyAttemptsError.

        Sent again (or by somebody who forgot that they had signed up) with the right password it signs in; TotpRequiredError where
        that takes a code. Known and unknown addresses cost one hash each.
        """
        email = normalize_email(email)
        plain = check_password(password, email)
        await self._brakes.count_password(email, actor)
        if await store.find_account_by_email(self._db, self._records.email_index(email)) is not None:
            return await self._sign_in_instead(actor, email, plain, device)
        password_hash = await self._passwords.hash(plain)
        try:
            account_id = await self.create_account(email, password_hash, name, (Role.CUSTOMER,), locale, None, actor)
        except EmailTakenError:  # somebody was faster
            return await self._sign_in_instead(actor, email, plain, device)
        await self._brakes.forgive_password(email, actor)
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
        email, known = await self.confirm_password(actor, current)
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
        """Set another e-mail address in place of one that was never proven; all other sessions end, the old address is told.

        WrongPasswordError, EmailTakenError, EmailIsVerifiedError.
        """
        email = normalize_email(email)
        old_email, known = await self.confirm_password(actor, current_password)
        new = (self._records.email_index(email), self._records.seal_email(known.account_id, email))
        change_id = uuid7()
        former = (change_id, self._records.seal_former_email(change_id, old_email))
        asked = Asked(actor.key, actor.request_id)
        if not await token_store.change_email(
            self._db, known.account_id, known.password_hash, new, actor.session_id, former, asked
        ):
            raise WrongPasswordError
        self._waker.wake()

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
        await self._brakes.forgive_password(email, actor)
        return await self._open(actor, credentials(row), plain, device)

    async def _open(
        self, actor: Actor, known: Credentials, password: str, device: str, totp_code: str | None = None
    ) -> SignedIn:
        if not known.is_active:
            raise AccountBlockedError("Write to the shop if you think that this is a mistake.")
        second = await self._second(actor, known, totp_code)
        checked_hash = await self._up_to_date(known, password)
        session_id, token = uuid7(), new_token()
        await store.open_session(
            self._db,
            session_id,
            known.account_id,
            checked_hash,
            guest_token_hash(token),
            (self._records.seal_device(session_id, device), self._records.device_index(known.account_id, device)),
            self._settings.session_s,
            actor.session_id,
            self._settings.max_sessions,
            second,
            actor.request_id,
        )
        self._waker.wake()
        if known.has_totp:
            await self._brakes.forgive_code(known.account_id, actor)
        row = await store.find_account(self._db, known.account_id)
        if row is None:
            raise WrongCredentialsError
        return SignedIn(account=self._records.profile(row), session_token=token)

    async def _second(self, actor: Actor, known: Credentials, totp_code: str | None) -> SecondFactor:
        if not known.has_totp:
            return SecondFactor()
        if totp_code is None:
            raise TotpRequiredError("Send `totp_code` too: the code that the app shows, or a recovery code.")
        await self._brakes.count_code(known.account_id, actor)
        return await self._second_factors.look_at(known.account_id, totp_code)

    async def _up_to_date(self, known: Credentials, password: str) -> str:
        """The stored hash, made anew first where costs have risen since."""
        if not self._passwords.is_outdated(known.password_hash):
            return known.password_hash
        new_hash = await self._passwords.hash(_normal(password))
        renewed = await store.rehash_password(self._db, known.account_id, known.password_hash, new_hash)
        return new_hash if renewed else known.password_hash

    async def confirm_password(self, actor: Actor, password: str) -> tuple[str, Credentials]:
        """The asker's e-mail address and credentials, once their password fits; WrongPasswordError, TooManyAttemptsError."""
        row = None if actor.account_id is None else await store.find_account(self._db, actor.account_id)
        if row is None:
            raise WrongPasswordError
        email = self._records.profile(row).email
        await self._brakes.count_password(email, actor)
        if not await self._passwords.verify(row.password_hash, _normal(password)):
            raise WrongPasswordError("Write the password that you have now.", field="current_password")
        await self._brakes.forgive_password(email, actor)
        return email, credentials(row)


def _normal(password: str) -> str:
    """The form in which it was set; see `check_password`."""
    return unicodedata.normalize("NFKC", password)
