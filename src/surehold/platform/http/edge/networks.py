"""Addresses and blocks of them: which block a client is counted by, and which were named in a setting."""

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


class ClientNetworks:
    """The block of each client (/24 for IPv4, /56 for IPv6: what limits and caps count by), remembered for the last of them."""

    def __init__(self, max_known: int) -> None:
        self._max_known = max_known
        self._network_of: dict[str, str] = {}

    def of(self, address: str) -> str:
        """The block an address belongs to."""
        network = self._network_of.get(address)
        if network is None:
            network = network_of(address)
            if len(self._network_of) >= self._max_known:
                self._network_of.clear()
            self._network_of[address] = network
        return network


def fault_of(block: str, *, may_be_everybody: bool) -> str | None:
    """What is wrong with an address or a network in a setting, and what to write; None if nothing is."""
    try:
        network = ipaddress.ip_network(block, strict=False)
    except ValueError:
        return f"{block!r} is no address and no network; write it like 10.0.0.5 or 10.0.0.0/8"
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None:
        return f"{block!r} is IPv4 in IPv6 clothes; write the IPv4 address or network itself"
    if network.prefixlen == 0 and not may_be_everybody:
        return f"{block!r} is everybody; name the addresses that you mean"
    if "/" in block and ipaddress.ip_interface(block).ip != network.network_address:
        return f"{block!r} is an address within a network; write {network} or the address alone"
    return None


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
