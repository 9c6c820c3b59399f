"""Carrying out an order's open payment calls: ask the provider, record what it said, go on until nothing is open.

Whoever asked to place or cancel an order runs this, and so does the recovery of those who died; every step may be repeated by
anybody at any time, for the provider's keys and the records were written first.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from surehold.modules.cart import InsufficientInventoryError
from surehold.modules.checkout import CheckoutService, StockLevel, Work
from surehold.modules.payments import REFUND_PENDING, Attempt, AttemptState, Outcome, OutcomeKind, PaymentService, Phase
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.failpoints import failpoint
from surehold.platform.realtime import Hint, Hinter

MAX_CALLS = 4  # authorize, capture, void, and one to spare
RETURNS = frozenset({Phase.VOID, Phase.REFUND})
NO_STOCK, DECLINED = "INSUFFICIENT_INVENTORY", "PAYMENT_DECLINED"


class Notices:
    """Tells whoever looks at an order, its cart and its variants that something was committed. Best effort."""

    def __init__(self, hinter: Hinter, invalidator: Invalidator, waker: Waker) -> None:
        self._hinter, self._invalidator, self._waker = hinter, invalidator, waker

    def tell(self, work: Work) -> None:
        """Something about this order is new."""
        order = work.order
        hints = [Hint(topic=f"order:{order.order_id}", version=order.seq, kind=order.status.value.lower())]
        if work.cart_version is not None:
            hints.append(Hint(topic=f"cart:{work.checkout.cart_id}", version=work.cart_version, kind="changed"))
        self._hinter.hint(*hints)
        self.stock_changed(work.stock)

    def stock_changed(self, levels: Sequence[StockLevel]) -> None:
        """So many are left of these by now; consumers may have something to do."""
        self._hinter.hint(
            *(
                Hint(
                    topic=f"variant:{level.variant_id}",
                    version=level.version,
                    kind="stock",
                    data={"available": level.available},
                )
                for level in levels
            )
        )
        self._invalidator.invalidate([f"variant:{level.variant_id}" for level in levels])
        self._waker.wake()


class PaymentCarrier:
    """Carries out open calls of one order after another."""

    def __init__(self, db: Database, checkout: CheckoutService, payments: PaymentService, notices: Notices) -> None:
        self._db, self._checkout, self._payments, self._notices = db, checkout, payments, notices

    async def resume(self, order_id: UUID) -> Work:
        """Take up what lies open of an order and carry it out, unless somebody is on it (`mine` says); out goes where it stands."""
        work = await self._checkout.resume(order_id)
        if not work.mine:
            return work
        return msgspec.structs.replace(await self.carry_out(work, is_first=False), mine=True)

    async def carry_out(self, work: Work, *, is_first: bool) -> Work:
        """Go on until no call is open, an outcome stays unknown, or a refused call rests.

        `is_first`: the open call was never made before.
        """
        for _ in range(MAX_CALLS):
            attempt = work.payment.attempt
            if attempt is None:
                return work
            ask = self._payments.call if is_first else self._payments.find_out
            outcome = await ask(work.payment, attempt)
            await _after_call(attempt.phase)
            if not outcome.is_final:
                return await self._leave_open(work, attempt, outcome)
            work = await self._record(work, attempt, outcome)
            self._notices.tell(work)
            if attempt.phase in RETURNS and outcome.kind is OutcomeKind.SUCCEEDED:
                return work  # what may be open by now was begun by somebody else, who is on it
            is_first = True
        raise AssertionError(f"the calls of order {work.order.order_id} do not come to an end")

    async def _leave_open(self, work: Work, attempt: Attempt, outcome: Outcome) -> Work:
        is_taken_and_slow = outcome.reason == REFUND_PENDING and attempt.reason != REFUND_PENDING
        if attempt.state.value != outcome.kind.value or is_taken_and_slow:
            await self._payments.settle(self._db, work.payment, attempt, outcome)
            await failpoint("place.after_unknown")
        return await self._checkout.work_of(work.order.order_id)

    async def _record(self, work: Work, attempt: Attempt, outcome: Outcome) -> Work:
        match attempt.phase, outcome.kind:
            case Phase.AUTHORIZE, OutcomeKind.SUCCEEDED:
                return await self._claim(work, attempt, outcome)
            case Phase.CAPTURE, OutcomeKind.SUCCEEDED:
                work = await self._checkout.record_captured(work, attempt, outcome)
                await failpoint("place.after_confirm")
                return work
            case ((Phase.AUTHORIZE | Phase.CAPTURE), _):
                return await self._give_up(work, attempt, outcome, outcome.reason or DECLINED)
            case _, OutcomeKind.SUCCEEDED:
                await self._payments.settle(self._db, work.payment, attempt, outcome)
            case _:  # it was refused, and a look-up just said that nothing came of it
                await self._payments.begin_again(work.payment, attempt)
        await failpoint("cancel.after_record")
        return await self._checkout.work_of(work.order.order_id)

    async def _claim(self, work: Work, attempt: Attempt, outcome: Outcome) -> Work:
        try:
            claimed = await self._checkout.record_authorized(work, attempt, outcome)
        except InsufficientInventoryError:
            return await self._give_up(work, attempt, outcome, NO_STOCK)
        await failpoint("place.after_claim")
        return claimed

    async def _give_up(self, work: Work, attempt: Attempt, outcome: Outcome, reason: str) -> Work:
        work = await self._checkout.give_up(work, attempt, outcome, reason)
        await failpoint("place.after_give_up")
        return work


def is_waiting_for_buyer(work: Work) -> str | None:
    """What the buyer has to open before the payment goes on, if that is what it waits for."""
    attempt = work.payment.attempt
    return attempt.action if attempt is not None and attempt.state is AttemptState.REQUIRES_ACTION else None


async def _after_call(phase: Phase) -> None:
    match phase:
        case Phase.AUTHORIZE:
            await failpoint("place.after_authorize_call")
        case Phase.CAPTURE:
            await failpoint("place.after_capture_call")
        case Phase.VOID:
            await failpoint("cancel.after_void_call")
        case Phase.REFUND:
            await failpoint("cancel.after_refund_call")
