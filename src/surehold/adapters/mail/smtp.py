"""Mail over SMTP. Each step is made by itself, because what an error means depends on whether the content was sent already."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from surehold.modules.notifications import (
    Mail,
    MailError,
    MailNotSentError,
    MailOutcomeUnknownError,
    MailRefusedError,
    to_mime,
)

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

STEP_TIMEOUT_S = 10.0
GOODBYE_TIMEOUT_S = 1.0
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PERMANENT = 500


class SmtpUrlError(ValueError):
    """The SMTP URL cannot be used; the text says what to write."""


class _Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mail server is. `start_tls`: True must, None when it offers, False never."""

    host: str
    port: int
    use_tls: bool
    start_tls: bool | None
    username: str | None
    password: str | None


def _read_url(url: str) -> _Server:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SmtpUrlError("the SMTP URL's port is no number") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SmtpUrlError(
            "say smtp://HOST:PORT, smtp+starttls://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT"
        )
    is_local = parts.hostname in _LOOPBACK
    must_start_tls = parts.scheme == "smtp+starttls" or (
        parts.scheme == "smtp" and bool(parts.password) and not is_local
    )
    return _Server(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        use_tls=parts.scheme == "smtps",
        start_tls=False
        if parts.scheme == "smtps" or (is_local and not must_start_tls)
        else True
        if must_start_tls
        else None,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpTransport:
    """Opens connections to one mail server.

    `smtp://` uses STARTTLS where it is offered, and demands it as soon as there is a password and the server is not this
    machine; `smtp+starttls://` always demands it; `smtps://` is TLS from the first byte. Certificates are checked.
    """

    def __init__(
        self,
        url: str,
        *,
        step_timeout_s: float = STEP_TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
        find_own_name: Callable[[], str] = socket.getfqdn,
    ) -> None:
        self._server, self._step_timeout_s, self._tls = _read_url(url), step_timeout_s, tls
        self._find_own_name, self._own_name, self._naming = find_own_name, "", asyncio.Lock()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["SmtpSession"]:
        """Mails one after the other over one connection, made when the first is sent."""
        session = SmtpSession(self._connect)
        try:
            yield session
        finally:
            await session.leave()

    async def _connect(self) -> "SMTP":
        client = self._client(await self._name())
        with _meaning(sent=False):
            await client.connect()
        return client

    async def _name(self) -> str:
        """What this machine calls itself, asked once and off the loop: the resolver of a machine that is offline can stall."""
        async with self._naming:
            if not self._own_name:
                self._own_name = await asyncio.to_thread(self._find_own_name)
        return self._own_name

    def _client(self, own_name: str) -> "SMTP":
        import aiosmtplib

        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=self._step_timeout_s,
            tls_context=self._tls,
            local_hostname=own_name,
        )


class SmtpSession:
    """One connection, as long as all goes well on it; after an error the next mail gets a new one."""

    def __init__(self, connect: Callable[[], Awaitable["SMTP"]]) -> None:
        self._connect = connect
        self._client: SMTP | None = None

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the server; see the port for the errors.

        A server may close a connection after so many mails or so much time; one that was used before is tried anew once.
        """
        content = to_mime(mail).as_bytes()
        try:
            if self._client is not None:
                try:
                    return await _converse(self._client, mail, content)
                except MailNotSentError:
                    await self.leave()
            self._client = await self._connect()
            await _converse(self._client, mail, content)
        except BaseException:
            await self.leave()
            raise

    async def leave(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            await _leave(client)


async def _converse(client: "SMTP", mail: Mail, content: bytes) -> None:
    utf8 = not mail.recipient.email.rpartition("@")[0].isascii()
    encoding = "utf-8" if utf8 else "ascii"
    with _meaning(sent=False):
        if utf8:
            await client.ehlo()
            if not client.supports_extension("smtputf8"):
                raise MailRefusedError("the server takes no such address")
        await client.mail(mail.sender.email, options=["SMTPUTF8"] if utf8 else [], encoding=encoding)
        await client.rcpt(_ascii_domain(mail.recipient.email), encoding=encoding)
    with _meaning(sent=True):
        await client.data(content)


@contextmanager
def _meaning(*, sent: bool) -> Generator[None]:
    """Say what an error means: an answer of the server is an answer; silence after the content was sent is unknown."""
    import aiosmtplib

    try:
        yield
    except MailError:
        raise
    except aiosmtplib.SMTPResponseException as error:
        raise _answer(error) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        kind = MailOutcomeUnknownError if sent else MailNotSentError
        raise kind(type(error).__name__) from error


def _answer(error: "SMTPResponseException") -> MailError:
    """A final no to this mail, its sender or its recipient; anything else (greeting, login) is the server's trouble."""
    import aiosmtplib

    about_the_mail = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
    if isinstance(error, about_the_mail) and error.code >= PERMANENT:
        return MailRefusedError(f"refused {error.code}")
    return MailNotSentError(f"not now {error.code}")


def _ascii_domain(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


async def _leave(client: "SMTP") -> None:
    """Say goodbye if there is somebody to say it to; the mail's fate is known by now, so nothing here can change it."""
    import aiosmtplib

    if not client.is_connected:
        return
    try:
        async with asyncio.timeout(GOODBYE_TIMEOUT_S):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()
