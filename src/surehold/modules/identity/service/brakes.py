"""The brakes on guessing and on letters: each attempt is counted before it is looked at, in one statement."""

from uuid import UUID

from surehold.modules.identity import store
from surehold.modules.identity.model import IdentitySettings
from surehold.modules.identity.service.records import Records
from surehold.platform.db import Database
from surehold.platform.http import Actor


class Brakes:
    """Counts under keyed hashes, so that neither addresses nor networks are stored. All raise TooManyAttemptsError."""

    def __init__(self, db: Database, records: Records, settings: IdentitySettings) -> None:
        self._db, self._records, self._settings = db, records, settings

    async def count_password(self, email: str, actor: Actor) -> None:
        """A password is about to be looked at."""
        settings = self._settings
        await self._count(
            ("account", email, settings.free_per_account, settings.account_cap_s),
            ("network", actor.network, settings.free_per_network, settings.network_cap_s),
        )

    async def forgive_password(self, email: str, actor: Actor) -> None:
        """It was the right one."""
        await self._forgive(("account", email), ("network", actor.network))

    async def count_code(self, account_id: UUID, actor: Actor) -> None:
        """A code of the second factor is about to be looked at."""
        settings = self._settings
        await self._count(
            ("code", str(account_id), settings.free_codes, settings.codes_cap_s),
            ("network", actor.network, settings.free_per_network, settings.network_cap_s),
        )

    async def forgive_code(self, account_id: UUID, actor: Actor) -> None:
        """It was a right one."""
        await self._forgive(("code", str(account_id)), ("network", actor.network))

    async def count_letter(self, email: str, actor: Actor) -> None:
        """A letter is about to be asked for; whether anybody gets it makes no difference, and nothing is forgiven."""
        settings = self._settings
        await self._count(
            ("letter", email, settings.free_letters, settings.letters_cap_s),
            ("letters_of_network", actor.network, settings.free_letters_per_network, settings.letters_cap_s),
        )

    async def _count(self, *brakes: tuple[str, str, int, int]) -> None:
        subjects = [self._records.brake(kind, value) for kind, value, _, _ in brakes]
        free, caps = [brake[2] for brake in brakes], [brake[3] for brake in brakes]
        await store.begin_attempt(self._db, subjects, free, caps, self._settings.forget_s)

    async def _forgive(self, subject: tuple[str, str], network: tuple[str, str]) -> None:
        await store.forgive_attempt(self._db, self._records.brake(*subject), self._records.brake(*network))
