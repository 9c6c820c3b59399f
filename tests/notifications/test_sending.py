"""A letter is written once and sent until its outcome is known, always under one Message-ID."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from surehold.adapters.mail import SmtpTransport
from surehold.kernel.errors import NotFoundError
from surehold.modules.notifications import (
    DEAD_MAILS,
    LetterKind,
    LetterWriter,
    Mail,
    MailNotSentError,
    MailOutcomeUnknownError,
    MailRefusedError,
    SendingLimits,
)
from surehold.modules.notifications.reactions import reactions
from surehold.platform.db import Database
from surehold.platform.events import Deliveries, DeliveryMetrics, sync_subscriptions
from tests.notifications.conftest import QUICK, MailServer, sender_over
from tests.notifications.examples import KnownOrders, order_letter

MakeWriter = Callable[[KnownOrders], LetterWriter]


class Scripted:
    """A transport that ends as told, in turn, and well when nothing is told."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends, self.tried = list(ends), list[Mail]()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Self]:
        yield self

    async def send(self, mail: Mail) -> None:
        self.tried.append(mail)
        end = self.ends.pop(0) if self.ends else None
        if end is not None:
            raise end


async def states(db: Database) -> list[tuple[str, int, str | None]]:
    rows = await db.fetch_all("select state, attempts, last_error from notifications.messages order by id")
    return [(state, attempts, error) for state, attempts, error in rows]


async def write(db: Database, make: MakeWriter, **changes: object) -> UUID:
    letter = order_letter(**changes)
    async with db.unit() as unit:
        await make(KnownOrders(letter)).write_order_letter(unit, LetterKind.ORDER_CONFIRMED, letter.order_id)
    return letter.order_id


async def test_from_event_to_mailbox(db: Database, writer: MakeWriter, mail_server: MailServer) -> None:
    letter = order_letter(name="Zoë Ångström", email="zoe@example.org")
    order_reactions = reactions(writer(KnownOrders(letter)))
    await sync_subscriptions(db, order_reactions)
    for seq, event in ((2, "orders.order_confirmed.v1"), (3, "orders.order_cancelled.v1")):
        await db.fetch_one(
            "select platform.emit(%s, 'order', %s, %s, jsonb_build_object('order_id', %s::text, 'number', '7K3QX09MAB',"
            " 'checkout_id', %s::text, 'status', 'X', 'currency', 'USD', 'total_minor', 1, 'lines', '[]'::jsonb))",
            (event, letter.order_id, seq, letter.order_id, uuid4()),
        )
    await Deliveries(db, order_reactions, DeliveryMetrics(CollectorRegistry())).drain()
    sender = sender_over(db, SmtpTransport(mail_server.url))
    assert await sender.send_due() == 2
    assert await sender.send_due() == 0
    assert [state for state, _, _ in await states(db)] == ["sent", "sent"]
    by_subject = {str(mail["Subject"]): mail for mail in mail_server.received}
    mail = by_subject["Your Quillmoor order 7K3QX09MAB is confirmed"]
    assert "Your Quillmoor order 7K3QX09MAB is cancelled" in by_subject
    assert mail["To"].addresses[0].display_name == "Zoë Ångström"
    assert mail["From"].addresses[0].addr_spec == "orders@quillmoor.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail_server.recipients == ["zoe@example.org"] * 2
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "$410.94" in text.get_content()
    assert "Thank you, Zoë." in html.get_content()
    await db.execute("delete from platform.subscriptions")


async def test_written_once_and_sealed(db: Database, writer: MakeWriter) -> None:
    letter = order_letter()
    orders = KnownOrders(letter)
    for _ in range(2):
        async with db.unit() as unit:
            await writer(orders).write_order_letter(unit, LetterKind.ORDER_CONFIRMED, letter.order_id)
    [(recipient, content)] = await db.fetch_all("select recipient, content from notifications.messages")
    for canary in (b"ada", b"Ada", b"Orchard", b"mug"):
        assert canary not in recipient
        assert canary not in content


async def test_two_writers_at_once_write_one(db: Database, writer: MakeWriter) -> None:
    letter = order_letter()

    async def one() -> None:
        async with db.unit() as unit:
            await writer(KnownOrders(letter)).write_order_letter(unit, LetterKind.ORDER_CONFIRMED, letter.order_id)

    await asyncio.gather(*(one() for _ in range(6)))
    assert len(await states(db)) == 1


async def test_no_letter_without_an_order(db: Database, writer: MakeWriter) -> None:
    with pytest.raises(NotFoundError):
        async with db.unit() as unit:
            await writer(KnownOrders()).write_order_letter(unit, LetterKind.ORDER_CONFIRMED, uuid4())
    assert await states(db) == []


async def test_not_sent_is_tried_again_under_the_same_id(db: Database, writer: MakeWriter) -> None:
    await write(db, writer)
    transport = Scripted(MailNotSentError("away"), MailOutcomeUnknownError("lost"))
    sender = sender_over(db, transport)
    await sender.send_due()
    assert await states(db) == [("pending", 1, "away")]
    await sender.send_due()
    assert await states(db) == [("unknown", 2, "unknown outcome: lost")]
    await sender.send_due()
    assert await states(db) == [("sent", 3, None)]
    assert len({(mail.message_id, mail.written_at, mail.content) for mail in transport.tried}) == 1


@pytest.mark.parametrize(
    ("limits", "end"),
    [
        (QUICK, MailRefusedError("refused 550")),
        (SendingLimits(retry_base_s=0, attempts_max=1), MailNotSentError("away")),
        (SendingLimits(retry_base_s=0, unknowns_max=1), MailOutcomeUnknownError("lost")),
        (SendingLimits(retry_base_s=0, errors_max=1), KeyError("a bug")),
    ],
)
async def test_given_up_seen_and_replayed(
    db: Database, writer: MakeWriter, limits: SendingLimits, end: Exception
) -> None:
    order_id = await write(db, writer)
    sender = sender_over(db, Scripted(end), limits)
    await sender.send_due()
    assert await sender.send_due() == 0
    source = DEAD_MAILS
    [letter] = await source.list(db, before=None, limit=10)
    assert (letter.subject_id, letter.name, letter.attempts) == (order_id, "order_confirmed", 1)
    assert await source.list(db, before=letter.position, limit=10) == []
    key = letter.id.removeprefix("mail:")
    async with db.unit() as unit:
        assert await source.lock(unit, key) == letter
        assert await source.lock(unit, "nonsense") is None
        await source.replay(unit, key)
    await sender.send_due()
    assert [state for state, _, _ in await states(db)] == ["sent"]


async def test_discarded_is_never_sent(db: Database, writer: MakeWriter) -> None:
    await write(db, writer)
    transport = Scripted(MailRefusedError("refused 550"))
    sender = sender_over(db, transport)
    await sender.send_due()
    [letter] = await DEAD_MAILS.list(db, before=None, limit=10)
    async with db.unit() as unit:
        await DEAD_MAILS.discard(unit, letter.id.removeprefix("mail:"))
    assert await sender.send_due() == 0
    assert [state for state, _, _ in await states(db)] == ["discarded"]


async def test_a_dead_senders_mail_counts_as_unknown(db: Database, writer: MakeWriter) -> None:
    await write(db, writer)
    await db.execute(
        "update notifications.messages set state = 'sending', attempts = 1, claimed_at = clock_timestamp()"
    )
    transport = Scripted()
    assert await sender_over(db, transport).send_due() == 0, "its lease has not ended"
    await db.execute("update notifications.messages set claimed_at = clock_timestamp() - interval '61 s'")
    assert await sender_over(db, transport).send_due() == 1
    assert [(state, attempts) for state, attempts, _ in await states(db)] == [("sent", 2)]


async def test_a_sender_that_lost_its_claim_records_nothing(db: Database, writer: MakeWriter) -> None:
    await write(db, writer)

    class Slow(Scripted):
        async def send(self, mail: Mail) -> None:
            del mail
            await db.execute(
                "update notifications.messages set attempts = attempts + 1, claimed_at = clock_timestamp()"
            )

    await sender_over(db, Slow()).send_due()
    assert [(state, attempts) for state, attempts, _ in await states(db)] == [("sending", 2)]


async def test_two_senders_never_send_the_same(db: Database, writer: MakeWriter) -> None:
    for _ in range(30):
        await write(db, writer)
    transport = Scripted()
    await asyncio.gather(*(sender_over(db, transport, SendingLimits(batch=3)).send_due() for _ in range(10)))
    assert len({mail.message_id for mail in transport.tried}) == len(transport.tried) == 30


async def test_old_letters_are_forgotten(db: Database, writer: MakeWriter) -> None:
    await write(db, writer)
    sender = sender_over(db, Scripted())
    await sender.send_due()
    assert await sender.forget_sent() == 0
    await db.execute("update notifications.messages set ended_at = clock_timestamp() - interval '31 days'")
    assert await sender.forget_sent() == 1
    assert await db.fetch_all("select recipient, content, state from notifications.messages") == [(None, None, "sent")]
