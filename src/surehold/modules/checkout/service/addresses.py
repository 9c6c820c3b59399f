"""Asking somebody who knows streets about an address, before a unit of work: whoever does not answer in time stops no buyer."""

import asyncio
import logging
import traceback
from pathlib import Path

import msgspec

from surehold.kernel.errors import ShopError
from surehold.modules.checkout.model import AddressLines, KeptContact, lines_of, look_alike, with_lines
from surehold.modules.checkout.ports import (
    AddressCheckError,
    AddressCounter,
    AddressOutcome,
    AddressRules,
    AddressValidator,
)

ASK_MAX_S = 5.0
"""No validator is waited for longer, whatever its own settings say."""

_log = logging.getLogger(__name__)


class NoValidator:
    """A shop that asks nobody: the rules of the country, which every address keeps, are all there is."""

    asks_outside = False

    async def suggest(self, address: AddressLines) -> AddressLines | None:
        """Nothing."""
        del address
        return None


class AddressChecks:
    """What a validator makes of addresses. It is told the address alone: no name, no telephone, no e-mail address."""

    def __init__(
        self,
        rules: AddressRules,
        validator: AddressValidator | None = None,
        *,
        count: AddressCounter | None = None,
        ask_max_s: float = ASK_MAX_S,
    ) -> None:
        self._rules, self._validator, self._count = rules, validator or NoValidator(), count
        self._ask_max_s = ask_max_s

    @property
    def asks_outside(self) -> bool:
        """Whether asking costs a call; then what was answered once is not asked again."""
        return self._validator.asks_outside

    async def of(self, contact: KeptContact, known: KeptContact | None) -> KeptContact:
        """A contact with what is suggested for its address. `known`: the one before, which may have been asked about already."""
        lines = lines_of(contact.address)
        if known is not None and lines == known.suggested:
            return msgspec.structs.replace(contact, typed=lines)
        if known is not None and lines == known.typed:
            return msgspec.structs.replace(contact, typed=lines, suggested=known.suggested)
        try:
            async with asyncio.timeout(self._ask_max_s):
                suggested = self._usable(contact, await self._validator.suggest(lines))
        except (AddressCheckError, TimeoutError) as error:
            _log.warning("an address was not checked; the buyer goes on", extra={"reason": str(error) or "timeout"})
        except Exception as error:  # noqa: BLE001  an adapter that fails in a way of its own must not stop a sale either
            _log.error(  # without its message, which may hold the address
                "an address was not checked: the validator failed unexpectedly; the buyer goes on",
                extra={"error": type(error).__name__, "at": _place_of(error)},
            )
        else:
            self._tell("agreed" if suggested is None else "suggested")
            return msgspec.structs.replace(contact, typed=lines, suggested=suggested)
        self._tell("unavailable")
        return contact

    def _usable(self, contact: KeptContact, suggested: AddressLines | None) -> AddressLines | None:
        """A suggestion in its normal form; None where it is the same in other letters. AddressCheckError if it breaks the rules."""
        if suggested is None:
            return None
        try:
            lines = lines_of(self._rules(with_lines(contact.address, suggested)))
        except ShopError as error:
            raise AddressCheckError(f"the suggestion breaks the rules of its country ({error.code})") from error
        return None if look_alike(lines, lines_of(contact.address)) else lines

    def _tell(self, outcome: AddressOutcome) -> None:
        if self._count is not None and self._validator.asks_outside:
            self._count(outcome)


def _place_of(error: Exception) -> str:
    """The last line of ours or a library's that it went through."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
