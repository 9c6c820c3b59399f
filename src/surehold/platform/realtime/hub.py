"""The hub of a process: hints come in from here and from other processes, and go out to the streams that follow their topics.

Whenever a hint may have been lost (the subscription broke, a number is missing, a process died) every client is told to refetch.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec
import structlog

from surehold.platform.http.edge.drain import Drain
from surehold.platform.realtime.hints import Hint
from surehold.platform.realtime.history import Heard, History
from surehold.platform.realtime.peers import Peers
from surehold.platform.realtime.places import Places
from surehold.platform.realtime.sender import HintSender, Message
from surehold.platform.realtime.settings import RealtimeSettings
from surehold.platform.realtime.stream import End, Stream
from surehold.platform.realtime.topics import Since
from surehold.platform.supervise import Background
from surehold.platform.telemetry import Metrics
from surehold.platform.valkey import ValkeyLink

_log = structlog.get_logger(__name__)
_decoder = msgspec.msgpack.Decoder(Message)
_encode = msgspec.json.Encoder().encode


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Hub:
    """The Hinter of an API process and the source of its streams."""

    def __init__(
        self,
        link: ValkeyLink,
        drain: Drain,
        settings: RealtimeSettings | None = None,
        *,
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        self.settings = settings or RealtimeSettings()
        self.channel = self.settings.channel
        self.places = Places(self.settings)
        self.counts = {"hints": 0, "resyncs": 0, "overflows": 0, "refused": 0, "slow": 0}
        self._now_ms = now_ms
        self._sender = HintSender(link, self.settings)
        self._peers = Peers(silence_s=self.settings.silence_s, max_peers=self.settings.max_publishers)
        self._history = History(self.settings)
        self._followers: dict[str, dict[Stream, None]] = {}
        self._streams: dict[Stream, None] = {}
        self._heard_until_ms = 0
        self._heard_at = 0.0
        self._background = Background()
        link.listen(self)
        self._drain = drain
        drain.on_begin(self._end_streams)
        drain.wait_for(lambda: self.places.total)

    @property
    def heard_until_ms(self) -> int:
        """Everything that other processes sent up to this moment (Unix milliseconds) was heard here."""
        return self._heard_until_ms

    def hint(self, *hints: Hint) -> None:
        """Tell the clients of this process now and those of others within milliseconds."""
        self._deliver(hints)
        self._sender.hint(*hints)

    async def start(self) -> None:
        """Begin to send. Before the link starts."""
        await self._sender.start()
        self._background.start("realtime-hub", self._watch())

    async def stop(self) -> None:
        """End all streams, send what is left. Before the link stops."""
        self._end_streams()
        await self._background.end()
        await self._sender.stop()

    def open(self) -> Stream:
        """A stream that follows nothing yet."""
        self._drain.stream_opens()
        stream = Stream(self.settings.max_waiting_hints)
        self._streams[stream] = None
        return stream

    def close(self, stream: Stream) -> None:
        """The client is gone."""
        self.unfollow(stream, list(stream.names))
        self._streams.pop(stream, None)
        self.counts["overflows"] += stream.overflows

    def follow(self, stream: Stream, full_names: Mapping[str, str], since: Since) -> None:
        """Follow topics (full name → the client's name) and send what was missed since; nothing is lost in between."""
        stream.note(_encode({"kind": "subscribed", "topics": list(full_names.values())}))
        for full_name, name in full_names.items():
            version = since.versions.get(name)
            stream.follow(full_name, name, version)
            self._followers.setdefault(full_name, {})[stream] = None
            if version is not None or since.at_ms is not None:
                self._catch_up(stream, full_name, name, version, since.at_ms)

    def unfollow(self, stream: Stream, full_names: Iterable[str]) -> None:
        """Follow these no longer."""
        for full_name in full_names:
            followers = self._followers.get(full_name)
            if followers is not None:
                followers.pop(stream, None)
                if not followers:
                    del self._followers[full_name]
            stream.unfollow(full_name)

    def on_up(self) -> None:
        """The subscription stands: whatever was sent before may be missing."""
        now = time.monotonic()
        self._peers.restart(now)
        self._hear(now)
        self._resync_all()

    def on_down(self) -> None:
        """The subscription broke: from now on nothing is certain. Clients hear of it when it stands again."""
        self._history.restart(None)

    def on_message(self, payload: bytes) -> None:
        """A message of some process, this one included."""
        message = _decoder.decode(payload)
        now = time.monotonic()
        self._hear(now)
        if message.publisher == self._sender.publisher:
            return
        if message.kind == "bye":
            self._peers.part(message.publisher)
            return
        says_something = message.kind == "hints"
        if self._peers.hear(message.publisher, message.seq, says_something=says_something, now=now):
            _log.warning("hints_lost", publisher=message.publisher)
            self._resync_all()
        self._deliver(message.hints)

    def publish_figures(self, metrics: Metrics) -> None:
        """Show the counts and the open streams to Prometheus."""
        metrics.watch_counts("surehold_realtime", "What the hub did", "what", lambda: self.counts)
        metrics.watch_gauge("surehold_realtime_streams", "Open SSE and WebSocket streams", lambda: self.places.total)

    def _hear(self, now: float) -> None:
        self._heard_at, self._heard_until_ms = now, self._now_ms()

    def _deliver(self, hints: Iterable[Hint]) -> None:
        at_ms = self._now_ms()
        for hint in hints:
            heard = Heard(hint, at_ms)
            if not self._history.add(heard):
                continue
            self.counts["hints"] += 1
            for stream in self._followers.get(hint.topic, ()):
                stream.offer(heard)

    def _catch_up(self, stream: Stream, full_name: str, name: str, version: int | None, at_ms: int | None) -> None:
        missed = self._history.missed(full_name, version, at_ms)
        if missed is None:
            self.counts["resyncs"] += 1
            stream.lose([name])
            return
        for heard in missed:
            stream.offer(heard)

    def _resync_all(self) -> None:
        self._history.restart(self._now_ms())
        self.counts["resyncs"] += len(self._streams)
        for stream in self._streams:
            stream.lose(stream.names.values(), self.settings.resync_spread_ms)

    def _end_streams(self) -> None:
        for stream in self._streams:
            stream.end(End.DRAIN)

    async def _watch(self) -> None:
        while not self._background.ending:
            await asyncio.sleep(self.settings.beat_s)
            # Judged by when anybody was last heard: if we were busy ourselves, all seem silent and none is.
            if self._peers.lost(self._heard_at):
                _log.warning("hint_publisher_silent")
                self._resync_all()
