"""What is certain about missed hints, and what is not."""

from surehold.platform.realtime import Hint, RealtimeSettings
from surehold.platform.realtime.history import Heard, History
from surehold.platform.realtime.peers import Peers
from surehold.platform.realtime.stream import Stream
from surehold.platform.realtime.topics import event_id, read_event_id
from tests.realtime.people import VARIANT

SETTINGS = RealtimeSettings(max_hints_kept=6, max_hints_kept_per_topic=4, clock_skew_s=1.0)


def kept(*versions: int, topic: str = VARIANT, at_ms: int = 10_000, history: History | None = None) -> History:
    if history is None:
        history = History(SETTINGS)
        history.restart(1_000)
    for version in versions:
        history.add(heard(version, topic, at_ms))
    return history


def heard(version: int, topic: str = VARIANT, at_ms: int = 10_000) -> Heard:
    return Heard(Hint(topic=topic, version=version, kind="changed"), at_ms)


def versions(found: list[Heard] | None) -> list[int] | None:
    return None if found is None else [one.hint.version for one in found]


def test_what_is_known_is_replayed_and_what_is_not_is_refetched() -> None:
    history = kept(5, 6, 8)
    assert versions(history.missed(VARIANT, 8, None)) == []
    assert versions(history.missed(VARIANT, 5, None)) == [6, 8]
    assert versions(history.missed(VARIANT, 4, None)) == [5, 6, 8]
    assert history.missed(VARIANT, 3, None) is None  # 4 may have been before our time
    assert versions(history.missed(VARIANT, 3, 2_000)) == [5, 6, 8]  # all since 2,000 was heard
    assert history.missed(VARIANT, 3, 1_999) is None
    assert versions(history.missed("order:none", 3, 2_000)) == []
    assert history.missed("order:none", 3, None) is None


def test_what_was_dropped_is_not_certain() -> None:
    history = kept(1, 2, 3, 4, 5)
    assert len(history) == 4
    assert versions(history.missed(VARIANT, 1, None)) == [2, 3, 4, 5]
    assert history.missed(VARIANT, 0, 10_500) is None
    assert versions(history.missed(VARIANT, 0, 11_000)) == []
    kept(1, 2, 3, topic="order:x", at_ms=20_000, history=history)
    assert len(history) == 3
    assert history.missed(VARIANT, 5, 10_500) is None
    assert versions(history.missed(VARIANT, 5, 11_000)) == []


def test_while_deaf_nothing_is_certain() -> None:
    history = kept(1)
    history.restart(None)
    history.add(heard(2))
    assert history.missed(VARIANT, 2, 99_999) is None


def test_a_missing_number_and_a_silent_process_are_noticed() -> None:
    peers = Peers(silence_s=3.0, max_peers=2)
    peers.restart(100.0)
    assert not peers.hear("a", 7, says_something=True, now=101.0)
    assert not peers.hear("a", 7, says_something=False, now=102.0)
    assert not peers.hear("a", 8, says_something=True, now=102.0)
    assert peers.hear("a", 9, says_something=False, now=102.0)
    assert peers.hear("a", 11, says_something=True, now=102.0)
    assert not peers.lost(105.0)
    assert peers.lost(105.1)
    assert not peers.lost(105.1)
    assert not peers.hear("new", 1, says_something=True, now=110.0)
    assert peers.hear("late", 2, says_something=True, now=110.0)
    peers.part("new")
    peers.part("late")
    assert not peers.lost(200.0)


def test_a_stream_that_is_not_read_stays_small() -> None:
    stream = Stream(max_waiting=3)
    stream.follow(VARIANT, "mine", None)
    for version in range(1, 6):
        stream.offer(heard(version))
    messages = stream.take()
    assert messages[0] == b'{"kind":"resync","topics":["mine"],"spread_ms":0}'
    assert len(messages) == 2
    assert stream.versions == {"mine": 5}
    assert stream.overflows == 1


def test_an_event_id_is_read_as_it_was_written() -> None:
    written = event_id(123, ["b:1", "a:1", "c:1"], {"c:1": 7, "a:1": 9})
    since = read_event_id(written, ["c:1", "b:1", "a:1"])
    assert (dict(since.versions), since.at_ms) == ({"a:1": 9, "c:1": 7}, 123)
    for other in ("", "x", written + "_1", written.replace("123.", "123.0"), "9" * 5_000):
        assert read_event_id(other, ["c:1", "b:1", "a:1"]).at_ms == 0
    assert read_event_id(written, ["a:1"]).at_ms == 0
