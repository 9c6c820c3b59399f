"""Placing an order: one order and one charge per checkout, whoever asks, however often, whatever dies in between.

Units: (1) under the locks of checkout and cart, re-price, write order and payment intent; (2) authorize outside; (3) record it,
holds become allocations; (4) capture outside; (5) record it, confirm. Where nobody outside is asked it is all the first unit.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from surehold.flows.carry_out_payment import NO_STOCK, Notices, PaymentCarrier, is_waiting_for_buyer
from surehold.kernel.money import Money
from surehold.modules.cart import ReservationExpiredError
from surehold.modules.checkout import CheckoutService, PaymentDeclinedError, Placed, Work
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import PaymentService
from surehold.platform.failpoints import failpoint
from surehold.platform.http import Actor
from surehold.platform.jobs import Job

RECOVERY_BATCH = 20
RECOVERY_EVERY_S = 20.0

_log = logging.getLogger(__name__)


class PlaceOrder:
    """Places orders, and finishes or undoes what was left half done."""

    def __init__(
        self, checkout: CheckoutService, payments: PaymentService, carrier: PaymentCarrier, notices: Notices
    ) -> None:
        self._checkout, self._payments, self._carrier, self._notices = checkout, payments, carrier, notices

    async def place(self, actor: Actor, checkout_id: UUID, expected_total: Money | None) -> Placed:
        """Place the order of a checkout; asked again, tell what became of it (and take it up if nobody is on it).

        Raises PaymentDeclinedError or ReservationExpiredError when it came to nothing: the checkout is back at payment then.
        """
        work, known_order = await self._checkout.begin(actor, checkout_id, expected_total)
        if work is None:
            if known_order is None:
                raise AssertionError("a checkout that is placing has an order")
            work = await self._carrier.resume(known_order)
        else:
            self._notices.tell(work)
            await failpoint("place.after_intent")
            work = await self._carrier.carry_out(work, is_first=True)
        await self._raise_failure(actor, work)
        return Placed(work=work, is_new=known_order is None, action=is_waiting_for_buyer(work))

    async def _raise_failure(self, actor: Actor, work: Work) -> None:
        if work.order.status is not OrderStatus.FAILED:
            return
        facts: dict[str, Any] = {"order_id": str(work.order.order_id), "reason": work.checkout.failure}
        if work.checkout.failure == NO_STOCK:
            shortage = await self._checkout.shortage_of(actor, work.order.order_id)
            raise ReservationExpiredError(  # whatever is placed was held
                "Your reservation ran out and somebody else took it; nothing was charged.",
                retry_after_s=None,
                **shortage.extra,
                **facts,
            )
        raise PaymentDeclinedError("", retry_after_s=None, **facts)

    async def recover(self) -> int:
        """Take up a batch of calls that somebody left open; out goes how many orders were looked at."""
        orders = await self._payments.stale_orders(RECOVERY_BATCH)
        outcomes = await asyncio.gather(*(self._carrier.resume(order) for order in orders), return_exceptions=True)
        for order, outcome in zip(orders, outcomes, strict=True):
            if isinstance(outcome, asyncio.CancelledError):
                raise outcome
            if isinstance(outcome, BaseException):  # one order's trouble must not keep the others waiting
                _log.error("an order could not be recovered", extra={"order_id": str(order)}, exc_info=outcome)
        return len(orders)


def jobs(flow: PlaceOrder) -> Sequence[Job]:
    """The recovery of calls that were left open, of placing and of cancelling alike."""
    return (Job(name="place_order.recover", run=flow.recover, every_s=RECOVERY_EVERY_S),)
