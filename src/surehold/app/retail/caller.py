"""Calls of the shop's API: the one layer that retries, with backoff, full jitter and an end."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from surehold.app.retail.wire import Answer, Connection, WireError

MAX_TRIES = 12
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 8.0
MAX_RETRY_AFTER_S = 30.0
AGAIN = frozenset({429, 500, 502, 503, 504})
IN_FLIGHT = "IDEMPOTENCY_KEY_IN_FLIGHT"

Sleep = Callable[[float], Awaitable[None]]


class ShopGoneError(Exception):
    """The shop does not answer, or answers nothing but trouble, for longer than we wait."""


class UncertainError(Exception):
    """A request that must not be sent twice got no clear answer."""


class Caller:
    """One connection to the shop. `sleep` waits between tries."""

    def __init__(self, connection: Connection, sleep: Sleep = asyncio.sleep) -> None:
        self._connection, self._sleep = connection, sleep

    async def repeatable(
        self, method: str, path: str, jar: dict[str, str], body: object = None, key: str | None = None
    ) -> Answer:
        """A request that does the same however often it arrives; ShopGoneError after MAX_TRIES."""
        trouble = ""
        for attempt in range(MAX_TRIES):
            try:
                answer = await self._send(method, path, jar, body, key)
            except WireError as error:
                trouble, wait_s = str(error), 0.0
            else:
                if answer.status not in AGAIN and not (answer.status == 409 and code_of(answer) == IN_FLIGHT):
                    return answer
                trouble, wait_s = f"{method} {path} answered {answer.status}", _retry_after_s(answer)
            await self._sleep(max(backoff_s(attempt), wait_s))
        raise ShopGoneError(f"{trouble} ({MAX_TRIES} times).")

    async def once(self, method: str, path: str, jar: dict[str, str], body: object) -> Answer:
        """A request that adds something each time it arrives; UncertainError where it may have arrived or not."""
        try:
            answer = await self._send(method, path, jar, body, None)
        except WireError as error:
            raise UncertainError(str(error)) from error
        if answer.status in AGAIN:
            raise UncertainError(f"{method} {path} answered {answer.status}")
        return answer

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    async def _send(self, method: str, path: str, jar: dict[str, str], body: object, key: str | None) -> Answer:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        if key is not None:
            headers["idempotency-key"] = key
        answer = await self._connection.send(method, path, headers, b"" if body is None else msgspec.json.encode(body))
        _keep(jar, answer.cookies)
        return answer


def code_of(answer: Answer) -> str:
    """The stable code of a problem document; its status where there is none."""
    try:
        return str(answer.json().get("code", answer.status))
    except WireError:
        return str(answer.status)


def backoff_s(attempt: int) -> float:
    """How long to wait after a try that failed: exponential with full jitter."""
    return random.uniform(0, min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2**attempt))  # noqa: S311  no secret


def _keep(jar: dict[str, str], cookies: Mapping[str, str]) -> None:
    for name, value in cookies.items():
        if value:
            jar[name] = value
        else:
            jar.pop(name, None)


def _retry_after_s(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), MAX_RETRY_AFTER_S) if text.isdecimal() else 0.0
