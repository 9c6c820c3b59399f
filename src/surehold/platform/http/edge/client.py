"""Who is at the other end: the socket's address, or what a trusted proxy says."""

import ipaddress
from collections.abc import Sequence

IPv4Prefix, IPv6Prefix = 24, 56
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  a name for "no address" (a Unix socket), nothing is bound
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """A set of address blocks that remembers what it was asked."""

    def __init__(self, blocks: Sequence[str], max_known: int = 10_000) -> None:
        self._blocks: list[Network] = [ipaddress.ip_network(block) for block in blocks]
        self._known: dict[str, bool] = {}
        self._max_known = max_known

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            known = self._covers(address)
            if len(self._known) >= self._max_known:
                self._known.clear()
            self._known[address] = known
        return known

    def _covers(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(parsed in block for block in self._blocks)


class ClientFinder:
    """Tells a request's client address and its network (/24 for IPv4, /56 for IPv6: what limits and caps count by)."""

    def __init__(self, trusted_proxies: Sequence[str], *, max_hops: int, max_known: int) -> None:
        self.trusts_anyone = bool(trusted_proxies)
        self._trusted = Networks(trusted_proxies)
        self._max_hops = max_hops
        self._max_known = max_known
        self._network_of: dict[str, str] = {}

    def is_proxy(self, peer: str) -> bool:
        """Whether what this peer says about others is believed."""
        return self.trusts_anyone and peer in self._trusted

    def address(self, peer: str, forwarded_for: bytes | None) -> str:
        """The nearest address that is no trusted proxy. Only trusted peers' `X-Forwarded-For` counts, read from the right."""
        if forwarded_for is None or not self.is_proxy(peer):
            return peer
        nearest = peer
        for hop in reversed(forwarded_for.decode("latin-1").split(",")[-self._max_hops :]):
            parsed = parse_address(hop.strip())
            if parsed is None:
                return nearest
            nearest = str(parsed)
            if nearest not in self._trusted:
                return nearest
        return nearest

    def network(self, address: str) -> str:
        """The block an address belongs to."""
        network = self._network_of.get(address)
        if network is None:
            network = network_of(address)
            if len(self._network_of) >= self._max_known:
                self._network_of.clear()
            self._network_of[address] = network
        return network


def parse_address(text: str) -> Address | None:
    """An IP address (an IPv4 one in IPv6 clothes is unwrapped), or None."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def network_of(address: str) -> str:
    """The /24 or /56 of an address; itself when it is none."""
    parsed = parse_address(address)
    if parsed is None:
        return address
    prefix = IPv4Prefix if parsed.version == 4 else IPv6Prefix
    return str(ipaddress.ip_network((parsed, prefix), strict=False))
