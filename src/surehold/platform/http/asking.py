"""Finds who is asking from the bare ASGI scope, so that HTTP, WebSocket and SSE do it in the same way."""

import ipaddress
import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from surehold.kernel.errors import UnauthenticatedError
from surehold.platform.http.actor import ANONYMOUS, Actor, ActorKind, ActorResolver, guest_token_hash
from surehold.platform.http.cookies import Cookies

IPV4_BLOCK_BITS: Final = 24
IPV6_BLOCK_BITS: Final = 56
_TOKEN = re.compile(r"^[A-Za-z0-9_-]{43}$")  # 256 bits in URL-safe base64
_BEARER = "bearer "
MAX_API_KEY_CHARS: Final = 100
NETWORKS_KNOWN: Final = 4_096


class ActorFinder:
    """Reads cookies and the `Authorization` header; nothing else does."""

    def __init__(self, resolver: ActorResolver, cookies: Cookies) -> None:
        self._resolver, self._cookies = resolver, cookies

    async def find(self, scope: Mapping[str, Any]) -> Actor:
        """The asker. A dead session is like none at all; a bad API key is refused, for it was meant to be somebody.

        Other schemes than `Bearer` are somebody else's (a proxy with a password in front of a test shop).
        """
        base = self.unnamed(scope)
        authorization = _header(scope, b"authorization")
        if authorization is not None and authorization[: len(_BEARER)].lower() == _BEARER:
            return _in_place(await self._machine(authorization), base)
        jar = _cookies(scope)
        guest = jar.get(self._cookies.guest_name, "")
        if _TOKEN.match(guest):
            base = msgspec.structs.replace(base, kind=ActorKind.GUEST, guest_hash=guest_token_hash(guest))
        session = jar.get(self._cookies.session_name, "")
        account = await self._resolver.resolve(session) if _TOKEN.match(session) else None
        return base if account is None else _in_place(account, base)

    def unnamed(self, scope: Mapping[str, Any]) -> Actor:
        """Somebody whom nobody looked up: only the network and the request's id are known."""
        return msgspec.structs.replace(ANONYMOUS, network=network_of(_address(scope)), request_id=request_id_of(scope))

    async def note_write(self, actor: Actor, operation: str) -> None:
        """See `ActorResolver.note_write`."""
        await self._resolver.note_write(actor, operation)

    async def _machine(self, authorization: str) -> Actor:
        key = authorization[len(_BEARER) :].strip()
        if 0 < len(key) <= MAX_API_KEY_CHARS and key.isascii():
            actor = await self._resolver.resolve_api_key(key)
            if actor is not None:
                return actor
        raise UnauthenticatedError("The API key is not valid; send it as `Authorization: Bearer …`.")


@lru_cache(maxsize=NETWORKS_KNOWN)
def network_of(address: str) -> str:
    """The block that caps and throttles count by: /24 of IPv4, /56 of IPv6 (what one household or host is given)."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = IPV4_BLOCK_BITS if parsed.version == 4 else IPV6_BLOCK_BITS
    return str(ipaddress.ip_network((parsed, bits), strict=False))


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The request's id as the edge set it; one is made (and kept) where it did not."""
    state = scope["state"]
    if "request_id" not in state:
        state["request_id"] = uuid.uuid4().hex
    return str(state["request_id"])


def _address(scope: Mapping[str, Any]) -> str:
    seen = scope["state"].get("client_ip")
    if seen:
        return str(seen)
    client = scope.get("client")
    return str(client[0]) if client else ""


def _in_place(actor: Actor, base: Actor) -> Actor:
    return msgspec.structs.replace(actor, guest_hash=base.guest_hash, network=base.network, request_id=base.request_id)


def _header(scope: Mapping[str, Any], name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def _cookies(scope: Mapping[str, Any]) -> dict[str, str]:
    jar: dict[str, str] = {}
    for key, value in scope["headers"]:
        if key == b"cookie":
            for part in str(value, "latin-1").split(";"):
                name, _, content = part.strip().partition("=")
                jar.setdefault(name, content)
    return jar
