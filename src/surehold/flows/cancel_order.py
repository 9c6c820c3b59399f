"""Cancelling an order that has not shipped: stock back and status at once, then the payment voided or refunded outside."""

from uuid import UUID

from surehold.flows.carry_out_payment import Notices, PaymentCarrier
from surehold.kernel.ids import uuid7
from surehold.modules.checkout import CheckoutService
from surehold.modules.orders import OrderService, StoredOrder
from surehold.modules.payments import Outcome, OutcomeKind, PaymentService
from surehold.platform.db import Database
from surehold.platform.failpoints import failpoint


class CancelOrder:
    """Cancels; asked again, changes nothing."""

    def __init__(
        self,
        db: Database,
        orders: OrderService,
        checkout: CheckoutService,
        payments: PaymentService,
        carrier: PaymentCarrier,
        notices: Notices,
    ) -> None:
        self._db, self._orders, self._checkout = db, orders, checkout
        self._payments, self._carrier, self._notices = payments, carrier, notices

    async def cancel(self, order_id: UUID, *, reason: str, actor: str) -> StoredOrder:
        """Cancel, and give the money back. If the provider cannot be reached, the recovery goes on with it."""
        attempt_id, lease_s = uuid7(), self._payments.settings.lease_s
        async with self._db.unit() as unit:
            await self._orders.cancel(
                unit, order_id, reason=reason, attempt_id=attempt_id, lease_s=lease_s, actor=actor
            )
            work = await self._checkout.work_of(order_id, unit)
            open_call = work.payment.attempt
            is_ours = open_call is not None and open_call.id == attempt_id
            is_direct = self._payments.provider(work.payment.method).is_direct
            if open_call is not None and is_direct:
                await self._payments.settle(unit, work.payment, open_call, Outcome(kind=OutcomeKind.SUCCEEDED))
        self._notices.tell(work)
        await failpoint("cancel.after_intent")
        if is_ours and not is_direct:
            await self._carrier.carry_out(work, is_first=True)
        elif not is_direct:
            await self._carrier.resume(order_id)
        return await self._orders.get(order_id)
