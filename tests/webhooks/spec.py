"""Checking a message as a receiver does, written from the text of Standard Webhooks 1.0 and on another library than ours."""

import base64
import time
from collections.abc import Mapping

from cryptography.hazmat.primitives import constant_time, hashes, hmac

TOLERANCE_S = 300


class NotGenuineError(Exception):
    """The message is not from who shares the secret, or not from now."""


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The message's id, if it is genuine; NotGenuineError otherwise."""
    if not secret.startswith("whsec_"):
        raise NotGenuineError("secret")
    key = base64.b64decode(secret[len("whsec_") :], validate=True)
    if not 24 <= len(key) <= 64:
        raise NotGenuineError("the spec asks for 24 to 64 bytes")
    name, moment = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(moment)) > TOLERANCE_S:
        raise NotGenuineError("timestamp")
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(name.encode() + b"." + moment.encode() + b"." + body)
    expected = mac.finalize()
    for signature in headers["webhook-signature"].split(" "):
        version, _, value = signature.partition(",")
        if version == "v1" and constant_time.bytes_eq(base64.b64decode(value, validate=True), expected):
            return name
    raise NotGenuineError("signature")
