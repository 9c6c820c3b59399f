"""Notices when something that another process said was lost."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Peer:
    seq: int
    heard_at: float


class Peers:
    """The processes that are heard, and the number of the last message of each. Times are monotonic seconds."""

    def __init__(self, *, silence_s: float, max_peers: int) -> None:
        self._silence_s, self._max_peers = silence_s, max_peers
        self._peers: dict[str, _Peer] = {}
        self._up_since = 0.0

    def restart(self, now: float) -> None:
        """The subscription is new: numbers begin wherever they are."""
        self._peers.clear()
        self._up_since = now

    def hear(self, name: str, seq: int, *, says_something: bool, now: float) -> bool:
        """Note a message; whether one before it is missing. What says nothing repeats the last number."""
        before = seq - 1 if says_something else seq
        peer = self._peers.get(name)
        if peer is None:
            self._peers[name] = _Peer(seq, now)
            self._make_room()
            # Just after subscribing, everyone is new and nothing was missed; later, a newcomer starts at zero.
            return before > 0 and now - self._up_since > self._silence_s
        missed = before > peer.seq
        peer.seq, peer.heard_at = max(peer.seq, seq), now
        return missed

    def part(self, name: str) -> None:
        """It said goodbye."""
        self._peers.pop(name, None)

    def lost(self, now: float) -> bool:
        """Whether somebody fell silent without a goodbye; it is forgotten. `now` is when anybody was last heard."""
        silent = [name for name, peer in self._peers.items() if now - peer.heard_at > self._silence_s]
        for name in silent:
            del self._peers[name]
        return bool(silent)

    def _make_room(self) -> None:
        if len(self._peers) > self._max_peers:
            del self._peers[min(self._peers, key=lambda name: self._peers[name].heard_at)]
