"""On which terms a public page is shown: price list, currency, locale. Part of every cache key; decides no price that is charged."""

import hashlib
import hmac
from collections.abc import MutableMapping, Sequence
from typing import Any

import msgspec

_TAG_BYTES = 16
_PURPOSE = b"surehold.terms\0"
MAX_TERMS_CHARS = 200


class Shown(msgspec.Struct, frozen=True, cache_hash=True):
    """The terms of one request. `price_list` is empty for the default one."""

    price_list: str = ""
    currency: str = ""
    locale: str = ""


def sign_terms(secret: bytes, price_list: str) -> str:
    """The value of the terms cookie for a price list."""
    return f"{price_list}.{_tag(secret, price_list)}"


def verify_terms(secrets: Sequence[bytes], value: str) -> str | None:
    """The price list in a terms cookie, or None when we did not sign it with any of the secrets."""
    price_list, dot, tag = value[:MAX_TERMS_CHARS].rpartition(".")
    if not dot:
        return None
    signed = [hmac.compare_digest(tag.encode(), _tag(secret, price_list).encode()) for secret in secrets]
    return price_list if any(signed) else None


def shown_of(scope: MutableMapping[str, Any]) -> Shown:
    """The terms that the edge resolved for this request: what a cached route's handler must read instead of cookies."""
    return scope.get("state", {}).get("shown", Shown())


def _tag(secret: bytes, price_list: str) -> str:
    return hmac.digest(secret, _PURPOSE + price_list.encode(), hashlib.sha256)[:_TAG_BYTES].hex()
