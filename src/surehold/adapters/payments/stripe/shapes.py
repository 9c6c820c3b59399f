"""The parts of Stripe's answers that decide something, as plain structs."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec

ShapeT = TypeVar("ShapeT")


class Redirect(msgspec.Struct, frozen=True):
    """Where the buyer agrees."""

    url: str


class NextAction(msgspec.Struct, frozen=True):
    """What the buyer has to do."""

    type: str = ""
    redirect_to_url: Redirect | None = None


class ErrorFacts(msgspec.Struct, frozen=True):
    """Why the last try came to nothing."""

    code: str | None = None
    decline_code: str | None = None


class Intent(msgspec.Struct, frozen=True):
    """A PaymentIntent. Amounts are minor units; the currency is in lower case."""

    id: str
    status: str
    amount: int
    currency: str
    amount_received: int = 0
    amount_capturable: int = 0
    metadata: dict[str, str] = {}
    next_action: NextAction | None = None
    last_payment_error: ErrorFacts | None = None

    @property
    def action_url(self) -> str | None:
        """The page on which the buyer agrees, if there is one."""
        redirect = self.next_action.redirect_to_url if self.next_action else None
        return redirect.url if redirect else None


class Refund(msgspec.Struct, frozen=True):
    """A refund of an intent."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    metadata: dict[str, str] = {}


def shape(found: Any, type_: type[ShapeT]) -> ShapeT:
    """An object of the SDK as one of these. OSError if it has another shape: then nobody knows what it says."""
    try:
        return msgspec.convert(found.to_dict(), type_)
    except msgspec.ValidationError as error:
        msg = f"Stripe answered in a shape that is not known: {error}"
        raise OSError(msg) from error


def id_in(metadata: Mapping[str, Any], name: str) -> UUID | None:
    """An id of ours that travelled along."""
    try:
        return UUID(str(metadata[name]))
    except (KeyError, ValueError):
        return None
