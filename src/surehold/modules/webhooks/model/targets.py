"""Where webhooks may go: the rules for an address as it is written, and for what its name leads to.

An endpoint's URL is somebody else's word, and our network is not theirs to look into: reliability rules of SSRF. The same
refusal is given for every reason, so that nobody learns from it what is there.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

import msgspec

from surehold.modules.webhooks.errors import UrlRefusedError

MAX_URL_CHARS = 2_000
HTTPS_PORT, HTTP_PORT = 443, 80
_HOST = re.compile(r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$")
_PLAIN = re.compile(r"^[\x21-\x5b\x5d-\x7e]+$")  # printable ASCII without spaces and without the backslash
_NUMBER = re.compile(r"^(\d+|0[xX][0-9a-fA-F]*)$")

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # behind a carrier's NAT
        "168.63.129.16/32",  # a cloud's own host, at an address that looks public
        "192.0.0.0/24",  # a cloud's metadata among others; Python's versions disagree on it
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4 in IPv6, in each of its forms
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",  # documentation
        "fec0::/10",
    )
)


class TargetRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop allows. `development` lets a loopback host be called, by http too; `networks` are named by a setting."""

    development: bool = False
    networks: tuple[Network, ...] = ()
    ports: tuple[int, ...] = (HTTPS_PORT,)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that was read once; what is called is made of these parts and of nothing else."""

    scheme: str
    host: str
    port: int
    path: str
    is_loopback: bool

    @property
    def host_header(self) -> str:
        """What the request says whom it is for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as settings name them; ValueError for one that is none."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def read_target(url: str, rules: TargetRules) -> Target:
    """The parts of an endpoint's URL; UrlRefusedError if webhooks may not go there, as far as its text says."""
    parts, port = _split(url)
    host = _host_of(parts)
    literal = _literal(host)
    is_loopback = host == "localhost" or (literal is not None and literal.is_loopback)
    is_local = rules.development and is_loopback
    usual = HTTPS_PORT if parts.scheme == "https" else HTTP_PORT
    target = Target(
        scheme=parts.scheme,
        host=str(literal or host),
        port=usual if port is None else port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        is_loopback=is_loopback,
    )
    if parts.scheme != "https" and not (is_local and parts.scheme == "http"):
        raise _refusal()
    if not is_local and target.port not in rules.ports:
        raise _refusal()
    if literal is not None and not may_call(target, [target.host], rules):
        raise _refusal()
    return target


def may_call(target: Target, addresses: Sequence[str], rules: TargetRules) -> bool:
    """Whether every address that the target's host leads to is one that may be called."""
    return bool(addresses) and all(_is_allowed(target, text, rules) for text in addresses)


def _is_allowed(target: Target, text: str, rules: TargetRules) -> bool:
    address = ipaddress.ip_address(text)
    if any(address in network for network in rules.networks):
        return True
    if rules.development and target.is_loopback:
        return address.is_loopback
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > MAX_URL_CHARS or not _PLAIN.match(url):
        raise _refusal()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refusal() from error
    if "@" in parts.netloc or "#" in url:
        raise _refusal()
    return parts, port


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if _literal(host) is not None:
        return host
    if not _HOST.match(host) or _NUMBER.match(host.rpartition(".")[2]):
        raise _refusal()  # 127.1, 0x7f000001 and the like are addresses to a resolver, and to nobody else
    return host


def _literal(host: str) -> Address | None:
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refusal() -> UrlRefusedError:
    return UrlRefusedError(
        "Use an https address of a public host, without a user name or fragment, on a port that the shop allows.",
        field="url",
    )
