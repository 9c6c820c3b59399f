"""Which service is asked about addresses, and how long it may take."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from surehold.kernel.errors import InvalidInputError


class AddressSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is asked without a `url` (https; http on this machine alone). `token` is sent as `Authorization: Bearer`.

    After `failures_max` failures in a row nobody is asked for `pause_s`; then one question tells whether it answers again.
    """

    url: str = ""
    token: str = ""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=5)] = 2.0
    max_answer_bytes: Annotated[int, msgspec.Meta(ge=256, le=1_048_576)] = 16_384
    failures_max: Annotated[int, msgspec.Meta(ge=1)] = 5
    pause_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0

    def __post_init__(self) -> None:
        """Refuse what would send addresses in the clear. InvalidInputError."""
        if self.url:
            _check_url(self.url)
        if not self.token.isascii() or not self.token.isprintable():
            raise InvalidInputError("token must be printable ASCII.")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInputError("url is no URL; write it like https://addresses.example/check.") from error
    if not host or parts.scheme not in {"https", "http"} or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInputError("url is no URL; write it like https://addresses.example/check.")
    if parts.username or parts.password or parts.fragment:
        raise InvalidInputError("url has a user, a password or a fragment; a secret belongs into the token.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise InvalidInputError(
            "url must begin with https://, for addresses leave this machine; http is for localhost."
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
