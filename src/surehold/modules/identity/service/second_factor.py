"""The second factor: a secret in an app, and recovery codes on paper."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from surehold.modules.identity.errors import (
    AccountNotFoundError,
    CodeDoesNotFitError,
    TotpNotBegunError,
    TotpOnError,
    WrongPasswordError,
    WrongTotpCodeError,
)
from surehold.modules.identity.model import (
    TOTP_DIGITS,
    Credentials,
    IdentitySettings,
    TotpSecret,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_hash,
)
from surehold.modules.identity.service.brakes import Brakes
from surehold.modules.identity.service.records import Records
from surehold.modules.identity.store import Asked, SecondFactor, find_account
from surehold.modules.identity.store import totp as store
from surehold.platform.db import Database
from surehold.platform.http import Actor, account_of


class ConfirmPassword(Protocol):
    """Counts and checks the asker's password; see `Access.confirm_password`."""

    async def __call__(self, actor: Actor, password: str) -> tuple[str, Credentials]:
        """The asker's e-mail address and credentials."""
        ...


class SecondFactors:
    """A code works once, in its step of 30 seconds or one beside it, by the database's clock."""

    def __init__(
        self, db: Database, records: Records, settings: IdentitySettings, brakes: Brakes, shop_name: str
    ) -> None:
        self._db, self._records, self._settings, self._brakes = db, records, settings, brakes
        self._shop_name = shop_name

    async def begin(self, actor: Actor) -> TotpSecret:
        """A new secret, which does nothing until a code of it was sent; TotpOnError."""
        account_id = account_of(actor)
        row = await find_account(self._db, account_id)
        if row is None:
            raise AccountNotFoundError
        made = new_secret(self._shop_name, self._records.profile(row).email)
        await store.begin(self._db, account_id, self._records.seal_totp(account_id, made.secret))
        return made

    async def confirm(self, actor: Actor, code: str) -> Sequence[str]:
        """Turn it on with a code of the secret; other sessions end. Out go the recovery codes, which are told this once.

        TotpNotBegunError, TotpOnError, CodeDoesNotFitError, TooManyAttemptsError.
        """
        account_id = account_of(actor)
        await self._brakes.count_code(account_id, actor)
        row = await store.find(self._db, account_id)
        if row is None:
            raise TotpNotBegunError
        if row.is_confirmed:
            raise TotpOnError
        step = matching_step(self._records.open_totp(account_id, row.secret), code, row.now_s)
        if step is None:
            raise CodeDoesNotFitError("Send the code that the app shows now.", field="code")
        codes = new_recovery_codes(self._settings.recovery_codes)
        hashes = [recovery_hash(account_id, each) for each in codes]
        asked = Asked(actor.key, actor.request_id)
        await store.confirm(self._db, account_id, row.secret, step, hashes, actor.session_id, asked)
        await self._brakes.forgive_code(account_id, actor)
        return codes

    async def remove(self, actor: Actor, current_password: str, confirm_password: ConfirmPassword) -> None:
        """Turn it off; again changes nothing. WrongPasswordError, TooManyAttemptsError."""
        _, known = await confirm_password(actor, current_password)
        asked = Asked(actor.key, actor.request_id)
        if not await store.remove(self._db, known.account_id, known.password_hash, asked):
            raise WrongPasswordError

    async def take_away(self, actor: Actor, account_id: UUID) -> None:
        """Turn off somebody else's, who lost it; their sessions end. AccountNotFoundError, ForbiddenError for one's own."""
        await store.take_away(self._db, account_id, actor.account_id, Asked(actor.key, actor.request_id))

    async def look_at(self, account_id: UUID, code: str) -> SecondFactor:
        """What a code uses up, to be used with the session that it opens; WrongTotpCodeError."""
        if not (len(code) == TOTP_DIGITS and code.isdecimal()):
            return SecondFactor(recovery_hash=recovery_hash(account_id, code))
        row = await store.find(self._db, account_id)
        step = None if row is None else matching_step(self._records.open_totp(account_id, row.secret), code, row.now_s)
        if step is None:
            raise WrongTotpCodeError("Send the code that the app shows now; each works once.", field="totp_code")
        return SecondFactor(step=step)
