"""The courier: takes what is due to the webhook, signed, and again until it is taken. Deliveries are stored before they are tried."""

import asyncio
import hmac
import random
import ssl
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec

from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.call import public
from surehold.app.card_stand_in.errors import Json

TRIES_MAX = 16
RETRY_FIRST_S, RETRY_MAX_S = 0.5, 60.0
DOUBLINGS_MAX = 10
ANSWER_S = 10.0
BATCH = 16
POLL_S = 0.5
SHUFFLE_GATHERS_S = 0.3
FLUSH_MAX = 10_000
ERROR_LENGTH = 200
_TRANSIENT = (httpx.HTTPError, httpx.InvalidURL, OSError)


def signature(secret: str, body: bytes, moment: int) -> str:
    """The header `Stripe-Signature` of a body that is sent at a moment (seconds of the real clock)."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256)
    return f"t={moment},v1={mac.hexdigest()}"


class Courier:
    """Delivers until it is cancelled."""

    def __init__(self, books: Books, webhook_secret: str, authority: Path | None = None) -> None:
        """`authority`: the certificate by which a webhook is known that speaks HTTPS with one of its own."""
        self._books, self._secret = books, webhook_secret
        self._woken = asyncio.Event()
        self._delivering = asyncio.Lock()  # one round at a time: a flush does not send what the round is sending
        trust = ssl.create_default_context(cafile=authority)
        trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself may be all that is known of it
        self._client = httpx.AsyncClient(verify=trust, timeout=ANSWER_S, trust_env=False, follow_redirects=False)

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver what is due, for ever."""
        while True:
            if not await self._round():
                await self._rest()

    async def flush(self) -> int:
        """Try everything that waits once, now, however late it was meant to be. Out goes how many tries that were."""
        async with self._delivering:
            waiting = self._books.rows(
                "select n, event, tries from deliveries where state = 'waiting' order by due, n limit ?", FLUSH_MAX
            )
            for start in range(0, len(waiting), BATCH):
                await self._deliver(waiting[start : start + BATCH])
            return len(waiting)

    async def send(self, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
        """One request to the webhook; out goes its status, or None and why there is none."""
        url = self._books.setting("webhook_url", None)
        if url is None:
            return None, "there is no webhook URL"
        try:
            answer = await self._client.post(url, content=body, headers={"Content-Type": "application/json", **headers})
        except _TRANSIENT as error:
            return None, f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        return answer.status_code, answer.text[:ERROR_LENGTH]

    async def close(self) -> None:
        """Close the lines that are open."""
        await self._client.aclose()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), POLL_S)
        except TimeoutError:
            return
        self._woken.clear()

    async def _round(self) -> int:
        trouble: Json = self._books.setting("webhook_trouble", {})
        if trouble.get("hold") or self._books.setting("webhook_url", None) is None:
            return 0
        is_shuffled = bool(trouble.get("shuffle"))
        latest = time.time() - (SHUFFLE_GATHERS_S if is_shuffled else 0)
        async with self._delivering:
            due = self._books.rows(
                "select n, event, tries from deliveries where state = 'waiting' and due <= ? order by due, n limit ?",
                latest, BATCH,
            )  # fmt: skip
            await self._deliver(due, is_shuffled=is_shuffled)
        return len(due)

    async def _deliver(self, deliveries: Sequence[dict[str, Any]], *, is_shuffled: bool = False) -> None:
        """In order, which the real service does not promise; so tests that need another order ask for it."""
        order = random.sample(deliveries, len(deliveries)) if is_shuffled else deliveries
        for delivery in order:
            await self._try(delivery)

    async def _try(self, delivery: dict[str, Any]) -> None:
        event = self._books.find(delivery["event"], "event") or {}
        body = msgspec.json.encode(public(event))
        moment = time.time()
        status, said = await self.send(body, {"Stripe-Signature": signature(self._secret, body, int(moment))})
        tries = delivery["tries"] + 1
        is_taken = status is not None and 200 <= status < 300
        state = "delivered" if is_taken else "failed" if tries >= TRIES_MAX else "waiting"
        with self._books.unit():
            self._books.run(
                "update deliveries set state = ?, tries = ?, due = ?, status = ?, error = ?,"
                " sent_at = json_insert(sent_at, '$[#]', ?) where n = ?",
                state, tries, moment + _pause_s(tries), status, None if is_taken else said, moment, delivery["n"],
            )  # fmt: skip


def _pause_s(tries: int) -> float:
    """Shorter than the real service's, which goes on for three days."""
    longest = min(RETRY_MAX_S, RETRY_FIRST_S * 2 ** min(tries - 1, DOUBLINGS_MAX))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  no secret
