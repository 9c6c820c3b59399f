"""Who a checkout is for and where it goes: checked when it comes in, sealed where it is kept."""

import re
from uuid import UUID

from surehold.kernel.errors import InvalidInputError
from surehold.modules.checkout.model import KeptContact, StoredCheckout
from surehold.modules.checkout.ports import AddressRules
from surehold.modules.orders import Contact
from surehold.modules.pricing import Destination
from surehold.platform.sealed import SealedCodec

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class Contacts:
    """Contacts of checkouts."""

    def __init__(self, codec: SealedCodec, rules: AddressRules) -> None:
        self._codec, self._rules = codec, rules

    def checked(self, contact: Contact) -> KeptContact:
        """A contact as it can be delivered to; InvalidInputError or the rules' own error for one that cannot."""
        return KeptContact(email=_email(contact.email), address=self._rules(contact.address))

    def sealed(self, checkout_id: UUID, contact: KeptContact) -> str:
        """What is kept of it (hex)."""
        return self._codec.seal_json(contact, context=_context(checkout_id)).hex()

    def of(self, checkout: StoredCheckout) -> KeptContact | None:
        """The contact of a checkout that has one."""
        if checkout.contact is None:
            return None
        return self._codec.open_json(bytes.fromhex(checkout.contact), KeptContact, context=_context(checkout.id))


def destination_of(contact: Contact) -> Destination:
    """Where taxes and shipping are asked for."""
    address = contact.address
    return Destination(country=address.country, region=address.region, postcode=address.postcode)


def _email(text: str) -> str:
    """An address that mail may be sent to; whether it arrives only the mail can tell."""
    email = text.strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidInputError("That is not an e-mail address.", field="email")
    return email


def _context(checkout_id: UUID) -> str:
    return f"checkout.checkouts.contact:{checkout_id}"
