"""Authorizations are not left to run out at the provider, and its book is compared with ours."""

from collections.abc import Sequence
from uuid import UUID

from surehold.flows.carry_out_payment import PaymentCarrier
from surehold.kernel.ids import uuid7
from surehold.modules.checkout import CheckoutService
from surehold.modules.payments import Comparing, PaymentService, PaymentStatus
from surehold.platform.jobs import Job

END_BATCH = 20
END_EVERY_S = 600.0
COMPARE_AT = "41 3 * * *"


class EndAuthorizations:
    """Captures what an order is confirmed for, lets go of what nobody wants, before the provider does; what it cannot, staff sees."""

    def __init__(self, checkout: CheckoutService, payments: PaymentService, carrier: PaymentCarrier) -> None:
        self._checkout, self._payments, self._carrier = checkout, payments, carrier

    async def end_due(self) -> int:
        """A batch of those that end before long; out goes how many."""
        due = await self._payments.ending_authorizations(END_BATCH)
        for order_id in due:
            await self._end(order_id)
        return len(due)

    async def _end(self, order_id: UUID) -> None:
        attempt_id = uuid7()
        work = await self._checkout.end_authorization(order_id, attempt_id)
        attempt = work.payment.attempt
        if attempt is not None and attempt.id == attempt_id:
            work = await self._carrier.carry_out(work, is_first=True)
        if work.payment.attempt is None and work.payment.status is PaymentStatus.AUTHORIZED:
            await self._payments.note_uncaptured(work.payment)


def jobs(flow: EndAuthorizations, comparing: Comparing) -> Sequence[Job]:
    """Every ten minutes what ends before long; once a night the books, which takes one run however much it finds."""

    async def compare() -> int:
        await comparing.compare()
        return 0

    return (
        Job(name="payments.end_authorizations", run=flow.end_due, every_s=END_EVERY_S, batch=END_BATCH),
        Job(name="payments.compare", run=compare, cron=COMPARE_AT),
    )
