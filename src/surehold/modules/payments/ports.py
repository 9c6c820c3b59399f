"""What payments need of a provider."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from surehold.modules.payments.model import (
    CapturesOn,
    Outcome,
    PaymentMethod,
    ProviderCharge,
    ProviderNews,
    ProviderRequest,
)

RefusalCounter = Callable[[str, str], None]
"""Counts that a provider refused to give money back: the phase, and `refused` (it is asked again) or `dead` (it is not)."""

ReturnUrl = Callable[[UUID], str]
"""Where a buyer comes back to who was sent away to agree to paying an order."""


class PaymentProvider(Protocol):
    """A way to be paid.

    Every call carries a key that was stored before; the same key again has no second effect and the same answer. A call may
    raise TimeoutError or OSError when its outcome is unknown. `is_direct`: no call leaves the process, so outcomes are certain
    and may be recorded in the transaction of their intent.
    """

    @property
    def method(self) -> PaymentMethod:
        """What buyers choose."""
        ...

    @property
    def captures_on(self) -> CapturesOn:
        """When the money is taken."""
        ...

    @property
    def is_direct(self) -> bool:
        """Whether nobody outside is asked."""
        ...

    @property
    def needs_buyer(self) -> bool:
        """Whether an authorization has to say who the buyer is."""
        ...

    async def authorize(self, request: ProviderRequest) -> Outcome:
        """Hold the amount."""
        ...

    async def capture(self, request: ProviderRequest) -> Outcome:
        """Take what is held."""
        ...

    async def void(self, request: ProviderRequest) -> Outcome:
        """Let go of what is held."""
        ...

    async def refund(self, request: ProviderRequest) -> Outcome:
        """Give back what was taken."""
        ...

    async def look_up(self, request: ProviderRequest) -> Outcome | None:
        """What became of a call with this key; None if it never arrived."""
        ...


class NewsVerifier(Protocol):
    """Tells a provider's own messages from forged, stale and damaged ones."""

    @property
    def provider(self) -> str:
        """Whose messages."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str]) -> ProviderNews:
        """What a message says; NewsRefusedError if it is not the provider's, or not of now. Header names are in lower case."""
        ...


class ChargeBook(Protocol):
    """A provider's own list of what was charged."""

    @property
    def provider(self) -> str:
        """Whose book."""
        ...

    async def list_charges(self, since: datetime) -> Sequence[ProviderCharge]:
        """Everything that began since a moment. TimeoutError or OSError when it cannot be read now."""
        ...
