"""Staff in a customer's place: for a while, for a reason, and in the audit log with every write."""

from collections.abc import Sequence
from uuid import UUID

from surehold.kernel.ids import uuid7
from surehold.modules.identity.errors import AccountNotFoundError
from surehold.modules.identity.model import IdentitySettings, Impersonation, SignedIn
from surehold.modules.identity.service.records import Records
from surehold.modules.identity.store import Asked, find_account
from surehold.modules.identity.store import impersonation as store
from surehold.platform.db import Database
from surehold.platform.http import Actor, account_of, guest_token_hash, new_token

DEVICE = "Staff of the shop"


class Impersonations:
    """Opens sessions in customers' places and lists who did."""

    def __init__(self, db: Database, records: Records, settings: IdentitySettings) -> None:
        self._db, self._records, self._settings = db, records, settings

    async def begin(self, actor: Actor, account_id: UUID, reason: str) -> SignedIn:
        """A session in the customer's place; the asker's own ends.

        ForbiddenError, AccountNotFoundError, StaffNotImpersonatedError, AccountBlockedError.
        """
        session_id, token = uuid7(), new_token()
        await store.impersonate(
            self._db,
            session_id,
            account_id,
            account_of(actor),
            guest_token_hash(token),
            self._records.seal_device(session_id, DEVICE),
            self._settings.impersonation_s,
            self._records.seal_reason(session_id, reason),
            actor.session_id,
            Asked(actor.key, actor.request_id),
        )
        row = await find_account(self._db, account_id)
        if row is None:
            raise AccountNotFoundError
        return SignedIn(account=self._records.profile(row), session_token=token)

    async def list_newest(self) -> Sequence[Impersonation]:
        """The newest, newest first."""
        return [
            Impersonation(
                session_id=row.session_id,
                account_id=row.account_id,
                by_account=row.by_account,
                reason=self._records.open_reason(row.session_id, row.reason),
                started_at=row.started_at,
                ends_at=row.ends_at,
            )
            for row in await store.list_newest(self._db)
        ]
