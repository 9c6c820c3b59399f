"""The token to pay with, sealed while it waits for the order to be placed."""

from uuid import UUID

from surehold.modules.checkout.model import PaymentStep, StoredCheckout
from surehold.platform.sealed import SealedCodec


class Sources:
    """Tokens of checkouts. They are shown to nobody."""

    def __init__(self, codec: SealedCodec) -> None:
        self._codec = codec

    def sealed(self, checkout_id: UUID, step: PaymentStep) -> str | None:
        """What is kept of a chosen way to pay (hex); None takes an earlier token away."""
        if step.token is None:
            return None
        return self._codec.seal(step.token.encode(), context=_context(checkout_id)).hex()

    def token_of(self, checkout: StoredCheckout) -> str | None:
        """The token of a checkout that has one."""
        if checkout.payment_source is None:
            return None
        return self._codec.open(bytes.fromhex(checkout.payment_source), context=_context(checkout.id)).decode()


def _context(checkout_id: UUID) -> str:
    return f"checkout.checkouts.payment_source:{checkout_id}"
