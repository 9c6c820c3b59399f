"""Hints on their way to other processes: the newest of each topic and kind, numbered, so that a lost one is noticed."""

import asyncio
import contextlib
import secrets
from typing import Literal

import msgspec
import structlog

from surehold.platform.realtime.hints import Hint
from surehold.platform.realtime.settings import RealtimeSettings
from surehold.platform.supervise import Background
from surehold.platform.valkey import VALKEY_ERRORS, ValkeyLink

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode


class Message(msgspec.Struct, array_like=True, frozen=True):
    """One message between processes. `seq` counts the messages with hints; a beat and a goodbye repeat the last number."""

    publisher: str
    seq: int
    kind: Literal["hints", "beat", "bye"]
    hints: list[Hint] = []


class HintSender:
    """The Hinter of a process without streams, such as the worker; the hub of an API process has one."""

    def __init__(self, link: ValkeyLink, settings: RealtimeSettings) -> None:
        self._link, self._settings = link, settings
        self.publisher = secrets.token_hex(8)
        self._seq = 0
        self._unsent: dict[tuple[str, str], Hint] = {}
        self._wake = asyncio.Event()
        self._background = Background()
        self._failing = False

    def hint(self, *hints: Hint) -> None:
        """Send soon; what was not sent yet and is older gives way."""
        for hint in hints:
            key = (hint.topic, hint.kind)
            waiting = self._unsent.get(key)
            if waiting is None or waiting.version < hint.version:
                self._unsent[key] = hint
        if len(self._unsent) > self._settings.max_unsent_hints:
            self._give_up()
        self._wake.set()

    async def start(self) -> None:
        """Begin to send."""
        self._background.start("hint-sender", self._run())

    async def stop(self) -> None:
        """Send what is left and say goodbye. Before the link stops."""
        await self._background.end()
        try:
            async with asyncio.timeout(self._settings.goodbye_timeout_s):
                await self._send_unsent()
                await self._publish("bye")
        except VALKEY_ERRORS:
            _log.warning("hints_no_goodbye")  # the others take silence for death, and their clients refetch

    async def _run(self) -> None:
        # One task sends everything, one after the other: a beat must not overtake the message whose number it repeats.
        while not self._background.ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.beat_s):
                    await self._wake.wait()
            self._wake.clear()
            await self._try_to_send()
            await asyncio.sleep(self._settings.coalesce_s)

    async def _try_to_send(self) -> None:
        try:
            if not await self._send_unsent():
                await self._publish("beat")
            self._failing = False
        except VALKEY_ERRORS as error:
            # The number is spent: whoever hears the next one knows that something is missing.
            if not self._failing:
                _log.warning("hints_not_sent", reason=type(error).__name__)
            self._failing = True

    async def _send_unsent(self) -> bool:
        hints = list(self._unsent.values())
        self._unsent.clear()
        size = self._settings.max_hints_per_message
        parts = [hints[start : start + size] for start in range(0, len(hints), size)]
        for part in parts:
            self._seq += 1
            await self._publish("hints", part)
        return bool(parts)

    async def _publish(self, kind: Literal["hints", "beat", "bye"], hints: list[Hint] | None = None) -> None:
        message = Message(self.publisher, self._seq, kind, hints or [])
        await self._link.client.publish(self._settings.channel, _encode(message))

    def _give_up(self) -> None:
        self._unsent.clear()
        self._seq += 1  # the gap tells the others that hints are missing
