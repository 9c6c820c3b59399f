"""Comparing a provider's book with ours, both ways; each difference is told once, to staff."""

import logging
from collections.abc import Sequence
from uuid import UUID

import msgspec

from surehold.kernel.ids import uuid7
from surehold.modules.payments import store
from surehold.modules.payments.model import ProviderCharge
from surehold.modules.payments.ports import ChargeBook
from surehold.modules.payments.service.calls import ref_index
from surehold.platform.db import Database
from surehold.platform.sealed import SealedCodec

_log = logging.getLogger(__name__)


class Comparing:
    """Compares the books of the providers that keep one; `methods` are the ways to pay that stand in it."""

    def __init__(self, db: Database, codec: SealedCodec, books: Sequence[ChargeBook], methods: Sequence[str]) -> None:
        self._db, self._codec, self._books, self._methods = db, codec, books, methods

    async def compare(self) -> int:
        """Read every book since it was read last; out goes how many differences are new. OSError if one cannot be read."""
        return sum([await self._compare(book) for book in self._books])

    async def _compare(self, book: ChargeBook) -> int:
        since, now = await store.compare_since(self._db, book.provider)
        charges = await book.list_charges(since)
        found = await store.list_differences(self._db, self._for_sql(charges), self._methods, since, now)
        new = [await self._note(*row) for row in found]
        await store.compared_until(self._db, book.provider, now)
        return sum(new)

    async def _note(self, kind: str, subject: str, payment_id: UUID | None, ref: bytes | None, detail: str) -> bool:
        finding_id = uuid7()
        if ref is not None:  # it belongs to its row from now on
            name = self._codec.open(ref, context=_context(subject))
            ref = self._codec.seal(name, context=_context(finding_id))
        is_new = await store.note_finding(self._db, finding_id, kind, subject, payment_id, ref, detail)
        if is_new:
            _log.error("a provider's book and ours differ", extra={"kind": kind, "payment_id": str(payment_id)})
        return is_new

    def _for_sql(self, charges: Sequence[ProviderCharge]) -> str:
        return msgspec.json.encode([self._line(charge) for charge in charges]).decode()

    def _line(self, charge: ProviderCharge) -> dict[str, object]:
        index = ref_index(self._codec, charge.provider_ref).hex()
        sealed = self._codec.seal(charge.provider_ref.encode(), context=_context(index))
        facts = msgspec.to_builtins(charge)
        del facts["provider_ref"]
        return {**facts, "subject": index, "ref_index": index, "ref": sealed.hex()}


def _context(subject: UUID | str) -> str:
    return f"payments.findings.ref:{subject}"
