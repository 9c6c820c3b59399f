"""What a letter proves: an address, and the right to set a new password or to change the address.

A request only notes what is asked for, and costs the same whoever is asked about; the token is made with the letter, by a reaction.
"""

from uuid import UUID

from surehold.kernel.ids import AccountId, uuid7
from surehold.modules.identity import store
from surehold.modules.identity.errors import InvalidTokenError
from surehold.modules.identity.model import (
    Addressee,
    IdentitySettings,
    IssuedToken,
    Purpose,
    check_password,
    normalize_email,
)
from surehold.modules.identity.service.access import Access
from surehold.modules.identity.service.brakes import Brakes
from surehold.modules.identity.service.passwords import Passwords
from surehold.modules.identity.service.records import Records
from surehold.modules.identity.store import tokens
from surehold.modules.identity.store.tokens import TokenRow
from surehold.platform.db import Database, Unit
from surehold.platform.events import Waker
from surehold.platform.http import Actor, Role, account_of, guest_token_hash, new_token


class Recovery:
    """Asks for tokens, issues and redeems them. InvalidTokenError says nothing of why."""

    def __init__(
        self,
        db: Database,
        records: Records,
        passwords: Passwords,
        waker: Waker,
        settings: IdentitySettings,
        brakes: Brakes,
        access: Access,
    ) -> None:
        self._db, self._records, self._passwords, self._waker = db, records, passwords, waker
        self._settings, self._brakes, self._access = settings, brakes, access

    async def ask_verification(self, actor: Actor) -> None:
        """A letter to the asker's own address; none if it is proven already. TooManyAttemptsError."""
        account_id = account_of(actor)
        row = await store.find_account(self._db, account_id)
        if row is None:
            raise InvalidTokenError
        email = self._records.profile(row).email
        await self._brakes.count_letter(email, actor)
        await tokens.ask(self._db, uuid7(), Purpose.VERIFY_EMAIL, account_id, self._records.email_index(email))
        self._waker.wake()

    async def ask_reset(self, actor: Actor, email: str) -> None:
        """A letter to whoever has this address, if anybody does. InvalidEmailError, TooManyAttemptsError."""
        email = normalize_email(email)
        await self._brakes.count_letter(email, actor)
        await tokens.ask(self._db, uuid7(), Purpose.RESET_PASSWORD, None, self._records.email_index(email))
        self._waker.wake()

    async def ask_change(self, actor: Actor, email: str, current_password: str) -> None:
        """A letter to the new address; whether it is somebody's already is not told. WrongPasswordError, TooManyAttemptsError."""
        email = normalize_email(email)
        _, known = await self._access.confirm_password(actor, current_password)
        await self._brakes.count_letter(email, actor)
        token_id, index = uuid7(), self._records.email_index(email)
        sealed = self._records.seal_token_email(token_id, email)
        await tokens.ask(self._db, token_id, Purpose.CHANGE_EMAIL, known.account_id, index, sealed)
        self._waker.wake()

    async def welcome(self, unit: Unit, account_id: AccountId) -> None:
        """Ask, in the unit, that a new customer proves their address; staff is known to the shop."""
        row = await store.find_account(unit, account_id)
        if row is not None and row.roles == [Role.CUSTOMER]:
            index = self._records.email_index(self._records.profile(row).email)
            await tokens.ask(unit, uuid7(), Purpose.VERIFY_EMAIL, account_id, index)

    async def issue(self, unit: Unit, token_id: UUID) -> IssuedToken | None:
        """Make the token that was asked for, in the unit that writes its letter; None when there is nobody to write to."""
        secret, settings = new_token(), self._settings
        lives_s = {
            Purpose.VERIFY_EMAIL.value: settings.verify_s,
            Purpose.RESET_PASSWORD.value: settings.reset_s,
            Purpose.CHANGE_EMAIL.value: settings.verify_s,
        }
        row = await tokens.issue(unit, token_id, guest_token_hash(secret), lives_s)
        if row is None:
            return None
        if row.new_email is None:
            email = self._records.open_email(row.account_id, row.email)
        else:
            email = self._records.open_token_email(token_id, row.new_email)
        return IssuedToken(
            purpose=Purpose(row.purpose),
            email=email,
            name=self._records.open_name(row.account_id, row.name),
            secret=secret,
        )

    async def redeem(self, actor: Actor, secret: str) -> None:
        """Prove an address: the account's own, or the one that it changes to. InvalidTokenError, EmailTakenError."""
        token = guest_token_hash(secret)
        found = await self._find(token, actor)
        if found.purpose == Purpose.VERIFY_EMAIL:
            await tokens.verify_email(self._db, token, actor.request_id)
        elif found.new_email is not None:
            change_id, old = uuid7(), self._records.open_email(found.account_id, found.email)
            former = (change_id, self._records.seal_former_email(change_id, old))
            new = self._records.seal_email(found.account_id, self._records.open_token_email(found.id, found.new_email))
            await tokens.confirm_email(self._db, token, new, actor.session_id, former, actor.request_id)
            self._waker.wake()
        else:
            raise InvalidTokenError

    async def reset(self, actor: Actor, secret: str, password: str) -> None:
        """Set a new password; every session of the account ends. InvalidTokenError, WeakPasswordError."""
        token = guest_token_hash(secret)
        found = await self._find(token, actor)
        if found.purpose != Purpose.RESET_PASSWORD:
            raise InvalidTokenError
        email = self._records.open_email(found.account_id, found.email)
        new_hash = await self._passwords.hash(check_password(password, email))
        await tokens.reset_password(self._db, token, new_hash, actor.request_id)
        await self._brakes.forgive_password(email, actor)

    async def former_addressee(self, unit: Unit, change_id: UUID) -> Addressee | None:
        """Who is told that an address was changed: its former owner. None once that is forgotten."""
        row = await tokens.find_former_email(unit, change_id)
        if row is None:
            return None
        email = self._records.open_former_email(change_id, row.email)
        return Addressee(email=email, name=self._records.open_name(row.account_id, row.name))

    async def signed_in_addressee(self, unit: Unit, session_id: UUID) -> Addressee | None:
        """Who is told of a session, and its device; None when it is over."""
        row = await tokens.find_signed_in(unit, session_id)
        if row is None:
            return None
        return Addressee(
            email=self._records.open_email(row.account_id, row.email),
            name=self._records.open_name(row.account_id, row.name),
            device="" if row.device is None else self._records.open_device(session_id, row.device),
        )

    async def _find(self, token: bytes, actor: Actor) -> TokenRow:
        """A token that could be used now, by a stranger to us or by the account that it is for."""
        found = await tokens.find(self._db, token)
        if found is None or actor.account_id not in {None, found.account_id}:
            raise InvalidTokenError("Ask for a new one; a link works once, and not for long.")
        return found
