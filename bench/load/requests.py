"""Ready-made requests, and what to take from answers."""

import json
import re

_TOKEN = re.compile(rb"\r\nset-cookie: ([^=\r]+)=\"?([^;\"\r]*)")


def request(method: str, path: str, body: object = None, *, cookie: str = "", key: str = "", match: str = "") -> bytes:
    """The bytes of a request; a body goes as JSON."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: application/json"]
    if cookie:
        lines.append(f"cookie: {cookie}")
    if key:
        lines.append(f"idempotency-key: {key}")
    if match:
        lines.append(f"if-match: {match}")
    payload = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    if payload or method in {"POST", "PUT", "PATCH"}:
        lines += ["content-type: application/json", f"content-length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def cookies_of(answer: bytes) -> str:
    """The cookies that an answer sets, as a cookie header sends them."""
    return "; ".join(f"{name.decode()}={value.decode()}" for name, value in _TOKEN.findall(answer) if value)
