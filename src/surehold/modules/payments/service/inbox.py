"""What providers tell us: kept before they are answered, taken one by one afterwards, and never believed.

A message only says which payment to look at. Whoever takes it asks the provider how that payment stands, so messages that are late,
repeated or out of order change nothing.
"""

import random
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from surehold.kernel.ids import uuid7
from surehold.modules.payments import store
from surehold.modules.payments.model import PaymentSettings, ProviderNews
from surehold.modules.payments.ports import NewsVerifier
from surehold.modules.payments.service.calls import ref_index
from surehold.platform.db import Database
from surehold.platform.sealed import SealedCodec


class TakenNews(msgspec.Struct, frozen=True, kw_only=True):
    """A message in hand; `tries` counts this one."""

    id: UUID
    news: ProviderNews
    tries: int


class NewsInbox:
    """The inbox of all providers' messages."""

    def __init__(
        self, db: Database, codec: SealedCodec, verifiers: Sequence[NewsVerifier], settings: PaymentSettings
    ) -> None:
        self._db, self._codec, self.settings = db, codec, settings
        self._verifiers = {verifier.provider: verifier for verifier in verifiers}

    async def receive(self, provider: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Keep a message of a provider. NewsRefusedError or NewsClosedError, and nothing kept, if it is not the provider's."""
        news = self._verifiers[provider].verify(body, headers)
        news_id = uuid7()
        said = self._codec.seal_json(news, context=_context(news_id))
        await store.keep_news(self._db, provider, news.event_id, news_id, said)

    async def take(self) -> list[TakenNews]:
        """A batch of what waits; nobody else takes it meanwhile."""
        rows = await store.take_news(self._db, self.settings.news_batch, self.settings.news_lease_s)
        return [self._taken(*row) for row in rows]

    async def order_of(self, news: ProviderNews) -> UUID | None:
        """The order that a message is about; None if it is about nothing of ours."""
        index = None if news.provider_ref is None else ref_index(self._codec, news.provider_ref)
        return await store.find_order(self._db, index, news.payment_id)

    async def end(self, taken: TakenNews) -> None:
        """It was handled."""
        await store.end_news(self._db, taken.id)

    async def put_off(self, taken: TakenNews, error: str) -> bool:
        """It could not be handled now; out goes whether it was given up (it is a dead letter then)."""
        is_over = taken.tries >= self.settings.news_tries_max
        ceiling = min(self.settings.news_rest_max_s, self.settings.news_rest_s * 2.0**taken.tries)
        wait_s = random.uniform(ceiling / 2, ceiling)  # noqa: S311  jitter, no secret
        await store.put_news_off(self._db, taken.id, error, wait_s, is_over=is_over)
        return is_over

    async def forget(self) -> int:
        """Forget a batch of what was handled long ago; out goes how many."""
        return await store.forget_news(self._db, self.settings.news_kept_days, self.settings.news_forget_batch)

    def _taken(self, news_id: UUID, said: bytes, tries: int) -> TakenNews:
        news = self._codec.open_json(said, ProviderNews, context=_context(news_id))
        return TakenNews(id=news_id, news=news, tries=tries)


def _context(news_id: UUID) -> str:
    return f"payments.webhook_inbox.said:{news_id}"
