"""HTTP/1.1 over asyncio streams, no more of it than a replay needs: one keep-alive connection, JSON bodies, cookies.

A comfortable client costs more CPU than the shop that it is to load.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from surehold.app.up.tls import context_for

REQUEST_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * 1024 * 1024
_STATUS_LINE = re.compile(r"HTTP/1\.[01] ([0-9]{3})(?: |$)")


class WireError(Exception):
    """No answer came, or none that can be read: whether the request took effect is not known."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the shop is. `certificate`: the one that it must have, where no authority that this machine trusts vouches for it."""

    host: str
    port: int
    is_tls: bool
    certificate: Path | None = None

    @classmethod
    def of(cls, url: str) -> "Target":
        """From a URL such as http://127.0.0.1:8000. ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError(f"{url!r} is no address of a shop; write it like http://127.0.0.1:8000")
        return cls(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), parts.scheme == "https")

    def context(self) -> ssl.SSLContext | None:
        """How it is spoken to; None in the clear."""
        if not self.is_tls:
            return None
        return ssl.create_default_context() if self.certificate is None else context_for(self.certificate)

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `cookies` are those that were set, by name."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The body as a JSON object; WireError if it is none."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, object])
        except msgspec.MsgspecError as error:
            raise WireError(f"the answer ({self.status}) is no JSON object") from error


class Connection:
    """One connection, opened when it is needed and again after it broke."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request and its answer; WireError when that did not work, the connection is closed then."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._target.authority}", "accept: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method in {"POST", "PUT"}:
            lines += ["content-type: application/json", f"content-length: {len(body)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                reader, writer = await self._open()
                writer.write(request)
                await writer.drain()
                answer = await _read_answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            self.close()
            raise WireError(f"{method} {path}: {error or type(error).__name__}") from error
        except asyncio.CancelledError:
            self.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and not self._streams[0].at_eof():
            return self._streams
        self.close()
        context = self._target.context()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            self._streams = await asyncio.open_connection(
                self._target.host, self._target.port, ssl=context, limit=MAX_HEAD_BYTES
            )
        return self._streams


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status_line = _STATUS_LINE.match(head[0])
    if status_line is None:
        raise ValueError("the answer is no HTTP")
    status = int(status_line[1])
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    for line in head[1:-2]:
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            key, _, text = value.partition(";")[0].strip().partition("=")
            cookies[key] = text.strip('"')
        else:
            headers[name.lower()] = value.strip()
    return Answer(status, headers, cookies, await _read_body(reader, status, headers))


async def _read_body(reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> bytes:
    if status in {204, 304}:
        return b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError(f"a body of {length} bytes")
    return await reader.readexactly(length)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if not 0 < size <= MAX_BODY_BYTES - len(body):
            raise ValueError("too large a body")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return bytes(body)
