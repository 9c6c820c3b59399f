"""What a trusted proxy says of the request that it passes on: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239).

Everything is read from the right: what a client wrote itself stands left of what our own proxies added. An element that cannot be
read ends the reading, so nothing left of it is believed.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from surehold.platform.http.edge.networks import Networks, parse_address

FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
FORWARDED = b"forwarded"
_OF_PROXIES = (FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, FORWARDED)
UNTRUSTED, MALFORMED, CONFLICTING = "untrusted", "malformed", "conflicting"
_SCHEMES = {b"http": "http", b"https": "https", b"ws": "http", b"wss": "https"}
_HOST = re.compile(rb"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?").fullmatch
_NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?").fullmatch
_HIDDEN = re.compile(r"(?:unknown|_[A-Za-z0-9._-]+)(?::.*)?", re.IGNORECASE).fullmatch
_PAIR = re.compile(rb'\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^\s",;\\]*))\s*').fullmatch


class Seen(msgspec.Struct, frozen=True):
    """Who asks, and how they reached us as far as that is known; `is_sure` is false where headers could not be believed.

    `scheme` and `host` are None where no trusted proxy said so: then they are the request's own.
    """

    address: str
    scheme: str | None = None
    host: bytes | None = None
    is_sure: bool = True


class _Hop(msgspec.Struct, frozen=True):
    """What one proxy said of whom it heard from. No address: it would not say (RFC 7239, 6.3)."""

    address: str | None
    scheme: str | None = None
    host: bytes | None = None


class Proxies:
    """Believes exactly the peers that were named. `ignored` counts, by reason, requests whose headers were not."""

    def __init__(self, trusted: Sequence[str], *, max_hops: int, max_known: int) -> None:
        self.trusts_anyone = bool(trusted)
        self.ignored: dict[str, int] = dict.fromkeys((UNTRUSTED, MALFORMED, CONFLICTING), 0)
        self._trusted = Networks(trusted, max_known)
        self._max_hops = max_hops

    def seen(self, peer: str, headers: Mapping[bytes, bytes], raw: Sequence[tuple[bytes, bytes]]) -> Seen:
        """The client of a request that came from `peer`. `headers` are those of `raw` by name, the last of each."""
        if headers.keys().isdisjoint(_OF_PROXIES):
            return Seen(peer)
        if not self.trusts_anyone or peer not in self._trusted:
            self.ignored[UNTRUSTED] += 1
            return Seen(peer)
        by_rfc = FORWARDED in headers
        if by_rfc and FORWARDED_FOR in headers:
            return self._agreed(peer, self._by_x(peer, raw), self._by_rfc(peer, raw))
        return self._by_rfc(peer, raw) if by_rfc else self._by_x(peer, raw)

    def _agreed(self, peer: str, one: Seen, other: Seen) -> Seen:
        """A proxy writes one of the two and may pass the other on as it came: only what both say is certain."""
        if one.address != other.address or not one.is_sure or not other.is_sure:
            self.ignored[CONFLICTING] += 1
            return Seen(peer, is_sure=False)
        return Seen(
            one.address,
            one.scheme if one.scheme == other.scheme else None,
            one.host if one.host == other.host else None,
        )

    def _by_rfc(self, peer: str, raw: Sequence[tuple[bytes, bytes]]) -> Seen:
        return self._client(peer, [_hop_of(element) for element in self._last(raw, FORWARDED)])

    def _by_x(self, peer: str, raw: Sequence[tuple[bytes, bytes]]) -> Seen:
        addresses = self._last(raw, FORWARDED_FOR) or [peer.encode()]
        schemes, hosts = (self._last(raw, name) for name in (FORWARDED_PROTO, FORWARDED_HOST))
        hops: list[_Hop | None] = []
        for place, element in enumerate(addresses):
            address = _address_of(element.decode("latin-1"))
            scheme = _SCHEMES.get(_at(schemes, place, len(addresses)).lower())
            host = _at(hosts, place, len(addresses)).lower()
            hops.append(None if address is None else _Hop(address, scheme, host if _HOST(host) else None))
        if (schemes and not any(hop and hop.scheme for hop in hops)) or (
            hosts and not any(hop and hop.host for hop in hops)
        ):
            self.ignored[MALFORMED] += 1
        return self._client(peer, hops)

    def _client(self, peer: str, hops: list[_Hop | None]) -> Seen:
        """The nearest hop that is none of ours; hops stand nearest first."""
        nearest = Seen(peer)
        for hop in hops:
            if hop is None:
                self.ignored[MALFORMED] += 1
                return Seen(nearest.address, is_sure=False)
            if hop.address is None:
                return Seen(nearest.address, hop.scheme, hop.host, is_sure=False)
            nearest = Seen(hop.address, hop.scheme, hop.host)
            if hop.address not in self._trusted:
                return nearest
        return nearest

    def _last(self, raw: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
        """The last elements of a header, nearest first, however many lines and characters it has."""
        found: list[bytes] = []
        for line_name, value in reversed(raw):
            if line_name == name:
                found += reversed(value.rsplit(b",", self._max_hops)[-self._max_hops :])
                if len(found) >= self._max_hops:
                    break
        return [element.strip() for element in found[: self._max_hops]]


def _at(values: list[bytes], place: int, hops: int) -> bytes:
    """The value that belongs to a hop: one for each of them, or one for all."""
    if len(values) == 1:
        return values[0]
    return values[place] if len(values) == hops else b""


def _hop_of(element: bytes) -> _Hop | None:
    """An element of `Forwarded`; None for one that breaks the grammar, says something twice or names no address."""
    said: dict[bytes, bytes] = {}
    for part in filter(bytes.strip, element.split(b";")):
        pair = _PAIR(part)
        if pair is None or pair[1].lower() in said:
            return None
        said[pair[1].lower()] = pair[2] if pair[2] is not None else pair[3]
    node = said.get(b"for", b"").decode("latin-1")
    host = said.get(b"host", b"").lower()
    scheme = _SCHEMES.get(said.get(b"proto", b"").lower())
    if (b"host" in said and not _HOST(host)) or (b"proto" in said and scheme is None):
        return None
    if _HIDDEN(node):
        return _Hop(None, scheme, host or None)
    address = _address_of(node)
    return None if address is None else _Hop(address, scheme, host or None)


def _address_of(text: str) -> str | None:
    """An address as proxies write it: bare, with a port, or an IPv6 one in brackets."""
    bare = parse_address(text)
    if bare is None:
        node = _NODE(text)
        bare = parse_address(node[1] or node[2]) if node is not None else None
    return None if bare is None else str(bare)
