"""The card stand-in as a process of a test's own, what a test asks of it, and its own log of what happened."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from surehold.adapters.payments.stripe import StripeClients, StripeSettings

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "sk_test_of_the_tests", "pk_test_of_the_tests", "whsec_of_the_tests"
START_S, END_S = 30, 5
VISA, DECLINED = "pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds"
CHALLENGED = "pm_card_authenticationRequired"
_LINE = re.compile(rb"cards: (http://\S+) fields (http://\S+)")


class CardProvider:
    """A running stand-in."""

    def __init__(self, api_url: str, fields_url: str) -> None:
        self.api_url, self._fields_url = api_url, fields_url
        self.clients = clients_of(api_url, f"{fields_url}/fields")
        self.settings = self.clients.settings

    @property
    def variables(self) -> dict[str, str]:
        """What the processes of a shop are told that is paid here."""
        return {
            "SUREHOLD_STRIPE_SECRET_KEY": SECRET_KEY,
            "SUREHOLD_STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "SUREHOLD_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SUREHOLD_STRIPE_API_URL": self.api_url,
            "SUREHOLD_STRIPE_FIELDS_URL": self.settings.fields_url,
        }

    async def control(self, **wish: Any) -> dict[str, Any]:
        """Ask for trouble, or for an end of it."""
        return await self._post("/_control", wish)

    async def trouble(self, op: str, do: str) -> None:
        """What happens to the next call of an operation."""
        await self.control(next=[{"op": op, "do": do}])

    async def forge(self, **forged: Any) -> dict[str, Any]:
        """Send the webhook something; out goes what it was answered."""
        return await self._post("/_control/webhook", forged)

    async def log(self, section: str) -> list[dict[str, Any]]:
        """A part of the provider's own books."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self._fields_url}/_control", params={"only": section})
        answer.raise_for_status()
        return answer.json()[section]

    async def intents(self, order_id: object) -> list[dict[str, Any]]:
        """The provider's intents for an order of ours."""
        return [one for one in await self.log("intents") if one["metadata"].get("order_id") == str(order_id)]

    async def charged(self, order_id: object) -> list[int]:
        """What was really taken for an order, one amount a charge."""
        return [one["amount_received"] for one in await self.intents(order_id) if one["amount_received"]]

    async def refunded(self, order_id: object) -> int:
        """What was really given back."""
        names = {one["id"] for one in await self.intents(order_id)}
        refunds = await self.log("refunds")
        return sum(one["amount"] for one in refunds if one["payment_intent"] in names and one["status"] == "succeeded")

    async def held(self, order_id: object) -> int:
        """What is set aside and neither taken nor let go."""
        return sum(one["amount_capturable"] for one in await self.intents(order_id))

    async def approve(self, action: str, choice: str = "approve") -> None:
        """What the buyer does on the page that `action` leads to."""
        asked = parse_qs(urlsplit(action).query)
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                action, data={**{name: values[0] for name, values in asked.items()}, "choice": choice}
            )
        assert answer.status_code in {200, 302, 303}, answer.text

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{self._fields_url}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def clients_of(api_url: str, fields_url: str = "") -> StripeClients:
    """The adapter's client of a stand-in."""
    return StripeClients(
        StripeSettings(
            secret_key=SECRET_KEY,
            publishable_key=PUBLISHABLE_KEY,
            webhook_secret=WEBHOOK_SECRET,
            api_url=api_url,
            fields_url=fields_url,
        )
    )


@asynccontextmanager
async def card_provider(folder: Path) -> AsyncGenerator[CardProvider]:
    """The stand-in for the length of the block, its books in a folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "surehold.app.card_stand_in", "--port", "0", "--fields-port", "0", "--folder", str(folder),
        "--secret-key", SECRET_KEY, "--publishable-key", PUBLISHABLE_KEY, "--webhook-secret", WEBHOOK_SECRET,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        found = _LINE.search(line)
        assert found is not None, line
        provider = CardProvider(found[1].decode(), found[2].decode())
        yield provider
        await provider.clients.close()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), END_S)
