"""What the worker does about letters, at the test's word: events to letters, letters to a box that can be read."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from surehold.app.container import Tools
from surehold.app.settings import Settings
from surehold.app.work import reactions_of
from surehold.modules.notifications import Mail, MailSender, Sender
from surehold.platform.events import Deliveries, DeliveryMetrics, sync_subscriptions
from surehold.platform.sealed import SealedCodec

_TOKEN = re.compile(r"#token=([A-Za-z0-9_-]{43})")


class _Box:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator["_Box"]:
        yield self

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)


class PostOffice:
    """Delivers when it is told to."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._db, self._box = tools.db, _Box()
        self._reactions = [one for part in reactions_of(tools.parts).values() for one in part]
        self._deliveries = Deliveries(tools.db, self._reactions, DeliveryMetrics(CollectorRegistry()))
        codec = SealedCodec(settings.core.secret_key)
        sender = Sender(shop_name=settings.core.shop_name, email=settings.core.mail_from)
        self._sender = MailSender(tools.db, self._box, codec, sender)

    async def open(self) -> None:
        """Subscribe, as a worker does when it starts."""
        await sync_subscriptions(self._db, self._reactions)

    async def deliver(self) -> list[Mail]:
        """Handle what happened and send what was written; out goes what is new in the box."""
        await self._deliveries.drain()
        await self._deliveries.drain()  # what a reaction asked for
        before = len(self._box.mails)
        while await self._sender.send_due():
            pass
        return self._box.mails[before:]


def token_in(mail: Mail) -> str:
    """The secret of a letter's link."""
    found = _TOKEN.search(mail.content.text)
    assert found is not None, mail.content.text
    assert found[0] in mail.content.html
    return found[1]
