"""What webhooks needs from others."""

from collections.abc import Mapping
from typing import Protocol

from surehold.modules.webhooks.model import Answer


class WebhookTransport(Protocol):
    """Reaches an endpoint."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a message once and return what was answered, within a bounded time.

        CallFailedError when no answer came: nobody was there, the address may not be called, or time was up.
        """
        ...
