"""What follows from a provider's message: the order that it is about is carried on, as its buyer or the recovery would."""

import asyncio
import logging
from collections.abc import Sequence

from surehold.flows.carry_out_payment import PaymentCarrier
from surehold.modules.payments import AttemptState, NewsInbox, TakenNews
from surehold.platform.events import describe_error
from surehold.platform.failpoints import failpoint
from surehold.platform.jobs import Job

HEAR_EVERY_S = 0.5
BUSY = "somebody is on this payment; asked again when they are done"

_log = logging.getLogger(__name__)


class HearProvider:
    """Takes messages from the inbox."""

    def __init__(self, inbox: NewsInbox, carrier: PaymentCarrier) -> None:
        self._inbox, self._carrier = inbox, carrier

    async def hear(self) -> int:
        """Handle a batch; out goes how many were taken."""
        batch = await self._inbox.take()
        await failpoint("news.after_take")
        await asyncio.gather(*(self._handle(taken) for taken in batch))
        return len(batch)

    async def _handle(self, taken: TakenNews) -> None:
        try:
            trouble = await self._follow(taken)
        except Exception as error:  # noqa: BLE001  one broken message must not stop the others; it is retried and shown
            trouble = describe_error(error)
        if trouble is None:
            await failpoint("news.after_follow")
            await self._inbox.end(taken)
            return
        if await self._inbox.put_off(taken, trouble):
            _log.error("a provider's message could not be handled: see the dead letters", extra={"news": str(taken.id)})

    async def _follow(self, taken: TakenNews) -> str | None:
        """Carry on what it is about; out goes why it has to be taken up again, if it has to."""
        order_id = await self._inbox.order_of(taken.news)
        if order_id is None:
            return None  # another shop's, or staff's own at the provider: the daily comparison tells what it means
        work = await self._carrier.resume(order_id)
        attempt = work.payment.attempt
        is_others = attempt is not None and not work.mine and attempt.state is not AttemptState.REFUSED
        return BUSY if is_others else None


def jobs(flow: HearProvider, inbox: NewsInbox) -> Sequence[Job]:
    """Messages are looked for twice a second; once a night the old ones are forgotten."""
    settings = inbox.settings
    return (
        Job(name="payments.hear", run=flow.hear, every_s=HEAR_EVERY_S, batch=settings.news_batch),
        Job(name="payments.forget_news", run=inbox.forget, cron="23 4 * * *", batch=settings.news_forget_batch),
    )
