"""One POST of JSON over a connection of its own (HTTP/1.1), within a number of bytes; the caller limits the time by cancelling it.

No client of the standard library can be given a time for all of an exchange: whoever sends a byte now and then is read for ever.
"""

import asyncio
import re
import ssl
from urllib.parse import urlsplit

MAX_HEAD_BYTES = 16 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |$)").match
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\s*(?:;.*)?\r\n").fullmatch
_OK = 200


class WireError(Exception):
    """No answer that can be used. The text says why, and nothing of what was asked."""


class Endpoint:
    """Where to ask. `context` replaces the machine's own trust, for https."""

    def __init__(self, url: str, token: str, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if is_tls else 80)
        self._context = (context or ssl.create_default_context()) if is_tls else None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json"]
        lines += ["Accept: application/json", "Accept-Encoding: identity", "Connection: close"]
        lines += [f"Authorization: Bearer {token}"] * bool(token)
        self._head = "\r\n".join(lines).encode("ascii")

    async def post(self, body: bytes, *, max_bytes: int) -> bytes:
        """The body of a 200. WireError, OSError."""
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._context, limit=MAX_HEAD_BYTES)
        try:
            writer.write(self._head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            return await _answer(reader, max_bytes)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise WireError("the answer is cut off, or its head has no end") from error
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    status = _STATUS_LINE(lines[0])
    if status is None:
        raise WireError("the answer is no HTTP")
    if int(status[1]) != _OK:
        raise WireError(f"the status is {int(status[1])}")
    headers = {name.strip().lower(): value.strip().lower() for name, _, value in (x.partition(b":") for x in lines[1:])}
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise WireError("the answer is encoded")
    coding, length = headers.get(b"transfer-encoding"), headers.get(b"content-length")
    if coding is not None:
        return await _chunks(reader, coding, max_bytes)
    if length is not None:
        if not length.isdigit() or len(length) > len(str(max_bytes)) or int(length) > max_bytes:
            raise WireError(f"the answer has more than {max_bytes} bytes")
        return await reader.readexactly(int(length))
    return await _until_its_end(reader, max_bytes)


async def _chunks(reader: asyncio.StreamReader, coding: bytes, max_bytes: int) -> bytes:
    if coding != b"chunked":
        raise WireError("the answer is encoded")
    body = b""
    while True:  # ends with the last chunk, the connection or the limit
        size = _CHUNK_SIZE(await reader.readuntil(b"\r\n"))
        if size is None:
            raise WireError("the answer's chunks have no size")
        if int(size[1], 16) == 0:
            return body
        if len(body) + int(size[1], 16) > max_bytes:
            raise WireError(f"the answer has more than {max_bytes} bytes")
        body += (await reader.readexactly(int(size[1], 16) + 2))[:-2]


async def _until_its_end(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    body = b""
    while part := await reader.read(max_bytes + 1 - len(body)):
        body += part
        if len(body) > max_bytes:
            raise WireError(f"the answer has more than {max_bytes} bytes")
    return body
