"""What a mail server's behaviour means for a mail, said by a real one."""

import asyncio
import socket
import threading
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header

import pytest

from surehold.adapters.mail import SmtpTransport, SmtpUrlError
from surehold.modules.notifications import (
    Content,
    Mail,
    MailNotSentError,
    MailOutcomeUnknownError,
    MailRefusedError,
    Recipient,
    to_mime,
)
from tests.notifications.conftest import MailServer
from tests.notifications.examples import SENDER, send


def mail(email: str = "ada@example.org", name: str = "Ada", subject: str = "Hello") -> Mail:
    return Mail(
        message_id="<0197@quillmoor.example>",
        sender=SENDER,
        recipient=Recipient(email=email, name=name),
        content=Content(subject=subject, text="Grüße\n", html="<p>Grüße</p>"),
        written_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


async def test_accepted(mail_server: MailServer) -> None:
    await send(SmtpTransport(mail_server.url), mail())
    [message] = mail_server.received
    assert message["Message-ID"] == "<0197@quillmoor.example>"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Grüße\r\n"


async def test_mails_of_one_session_share_a_connection(mail_server: MailServer) -> None:
    async with SmtpTransport(mail_server.url).session() as session:
        assert mail_server.connections == 0
        for _ in range(5):
            await session.send(mail())
    assert (len(mail_server.received), mail_server.connections) == (5, 1)


async def test_a_server_that_takes_few_mails_a_connection_gets_new_ones(mail_server: MailServer) -> None:
    mail_server.mails_per_connection = 2
    async with SmtpTransport(mail_server.url).session() as session:
        for _ in range(5):
            await session.send(mail())
    assert (len(mail_server.received), mail_server.connections) == (5, 3)


async def test_a_mail_after_one_that_failed_gets_a_new_connection(mail_server: MailServer) -> None:
    mail_server.answers += ["250 OK", None, "550 no", "250 OK"]
    async with SmtpTransport(mail_server.url).session() as session:
        await session.send(mail())
        with pytest.raises(MailOutcomeUnknownError):
            await session.send(mail())
        with pytest.raises(MailRefusedError):
            await session.send(mail())
        await session.send(mail())
    assert (len(mail_server.received), mail_server.connections) == (4, 3)


async def test_the_resolver_is_asked_once_and_holds_nobody_up(mail_server: MailServer) -> None:
    loop, asked, goes_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    asked_in = list[threading.Thread]()

    def slow() -> str:
        asked_in.append(threading.current_thread())
        loop.call_soon_threadsafe(asked.set)
        goes_on.wait(10)
        return "shop.example"

    transport = SmtpTransport(mail_server.url, find_own_name=slow)
    sending = [asyncio.create_task(send(transport, mail())) for _ in range(2)]
    await asked.wait()  # the loop turns meanwhile
    goes_on.set()
    await asyncio.gather(*sending)
    await send(transport, mail())
    assert len(mail_server.received) == 3
    assert len(asked_in) == 1
    assert asked_in[0] is not threading.current_thread()


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no", MailRefusedError), ("451 later", MailNotSentError), (None, MailOutcomeUnknownError)],
)
async def test_answers_to_the_content(mail_server: MailServer, answer: str | None, error: type[Exception]) -> None:
    mail_server.answers.append(answer)
    with pytest.raises(error):
        await send(SmtpTransport(mail_server.url), mail())


@pytest.mark.parametrize(("answer", "error"), [("550 unknown", MailRefusedError), ("450 later", MailNotSentError)])
async def test_answers_to_the_recipient(mail_server: MailServer, answer: str, error: type[Exception]) -> None:
    mail_server.refuse_recipient = answer
    with pytest.raises(error, match=answer[:3]):
        await send(SmtpTransport(mail_server.url), mail())
    assert mail_server.received == []


async def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(MailNotSentError):
            await send(SmtpTransport(f"smtp://127.0.0.1:{port}"), mail())


async def test_a_silent_server_is_not_waited_for() -> None:
    release = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        await release.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(MailNotSentError):
        await send(SmtpTransport(f"smtp://127.0.0.1:{port}", step_timeout_s=0.1), mail())
    release.set()
    server.close()
    await server.wait_closed()


async def test_headers_cannot_be_injected(mail_server: MailServer) -> None:
    evil = "Ada\r\nBcc: victim@example.org\r\n\r\nBody\u2028x\x00"
    await send(SmtpTransport(mail_server.url), mail(name=evil, subject=f"Hi {evil}"))
    [message] = mail_server.received
    assert message["Bcc"] is None
    assert mail_server.recipients == ["ada@example.org"]
    assert message["Subject"] == "Hi Ada Bcc: victim@example.org Body x"
    assert message["To"].addresses[0].display_name == "Ada Bcc: victim@example.org Body x"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "@example.org", "ada@", "a da@example.org", "ada@exam ple.org", "ada@example.org\r\nRCPT TO:<x@y>"],
)
async def test_addresses_that_cannot_be(mail_server: MailServer, address: str) -> None:
    with pytest.raises(MailRefusedError, match="bad address"):
        await send(SmtpTransport(mail_server.url), mail(email=address))
    assert mail_server.received == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "李小龍",
        'Renée, "Ren" <x@y>',
        "👩‍🌾 Ada",
        "a" * 90,
        "=?utf-8?q?x?=",
        "Byron, Ada",
        'O"Neil \\ x',
        "Ada (the first)",
    ],
)
async def test_names_of_people(mail_server: MailServer, name: str) -> None:
    await send(SmtpTransport(mail_server.url), mail(name=name, subject=f"Hello {name}"))
    [message] = mail_server.received
    [recipient] = message["To"].addresses
    assert (recipient.addr_spec, recipient.display_name) == ("ada@example.org", name)
    assert message["Subject"] == f"Hello {name}".strip()
    assert mail_server.recipients == ["ada@example.org"]


def test_a_long_name_is_several_words_that_belong_together() -> None:
    raw = to_mime(mail(name="李小龍" * 20, subject="李小龍" * 20)).as_bytes()
    headers = message_from_bytes(raw)
    for header in ("To", "Subject"):
        (name, charset), *_ = decode_header(headers[header])
        assert charset == "utf-8"
        assert name.decode() == "李小龍" * 20
    assert max(map(len, raw.split(b"\r\n"))) <= 78


async def test_international_domains(mail_server: MailServer) -> None:
    await send(SmtpTransport(mail_server.url), mail(email="ada@bücher.example"))
    assert mail_server.recipients == ["ada@xn--bcher-kva.example"]


async def test_international_mailboxes(mail_server: MailServer) -> None:
    await send(SmtpTransport(mail_server.url), mail(email="zoë@example.org"))
    assert mail_server.recipients == ["zoë@example.org"]


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "smtp://x:port", "mail.example.org"])
def test_urls_that_cannot_be(url: str) -> None:
    with pytest.raises(SmtpUrlError):
        SmtpTransport(url)


@pytest.mark.parametrize(
    ("url", "use_tls", "start_tls", "port"),
    [
        ("smtp://127.0.0.1:2525", False, False, 2525),
        ("smtp://mail.example.org", False, None, 25),
        ("smtp://u:p@mail.example.org", False, True, 25),
        ("smtp+starttls://u:p@mail.example.org", False, True, 587),
        ("smtps://u:p%40@mail.example.org", True, False, 465),
    ],
)
def test_a_password_never_travels_in_the_open(url: str, use_tls: bool, start_tls: bool | None, port: int) -> None:
    server = SmtpTransport(url)._server
    assert (server.use_tls, server.start_tls, server.port) == (use_tls, start_tls, port)
    assert server.password in {None, "p", "p@"}
