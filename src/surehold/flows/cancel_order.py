"""Cancelling an order that has not shipped: stock back and status at once, then the payment voided or refunded outside."""

from uuid import UUID

from surehold.flows.carry_out_payment import Notices, PaymentCarrier
from surehold.kernel.ids import uuid7
from surehold.modules.checkout import CheckoutService, Work
from surehold.modules.orders import OrderService, StoredOrder
from surehold.modules.payments import Outcome, OutcomeKind, PaymentService
from surehold.platform.db import Database, Unit
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
        attempt_id = uuid7()
        work = await self._db.in_unit(lambda unit: self._record(unit, order_id, attempt_id, reason, actor))
        self._notices.tell(work)
        await failpoint("cancel.after_intent")
        open_call = work.payment.attempt
        is_ours = open_call is not None and open_call.id == attempt_id
        is_direct = self._is_direct(work)
        if is_ours and not is_direct:
            await self._carrier.carry_out(work, is_first=True)
        elif not is_direct:
            await self._carrier.resume(order_id)
        return await self._orders.get(order_id)

    async def _record(self, unit: Unit, order_id: UUID, attempt_id: UUID, reason: str, actor: str) -> Work:
        """The unit: stock, status and the intended return of the payment, which is settled here where nobody outside is asked."""
        lease_s = self._payments.settings.lease_s
        await self._orders.cancel(unit, order_id, reason=reason, attempt_id=attempt_id, lease_s=lease_s, actor=actor)
        work = await self._checkout.work_of(order_id, unit)
        if work.payment.attempt is not None and self._is_direct(work):
            outcome = Outcome(kind=OutcomeKind.SUCCEEDED)
            await self._payments.settle(unit, work.payment, work.payment.attempt, outcome)
        return work

    def _is_direct(self, work: Work) -> bool:
        return self._payments.provider(work.payment.method).is_direct
