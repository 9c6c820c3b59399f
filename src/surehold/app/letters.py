"""What a letter about an order says, gathered from the modules that know it."""

from datetime import date
from uuid import UUID

from surehold.modules.notifications import LetterLine, OrderLetter
from surehold.modules.orders import OrderService, PostalAddress, StoredOrder
from surehold.modules.payments import PaymentService


class OrderLetters:
    """The source that notifications asks."""

    def __init__(self, orders: OrderService, payments: PaymentService) -> None:
        self._orders = orders
        self._payment_titles = {method.code: method.title for method in payments.methods()}

    async def letter(self, order_id: UUID) -> OrderLetter:
        """The letter's facts, as they are now; OrderNotFoundError if there is no such order."""
        order = await self._orders.get(order_id)
        contact = self._orders.contact_of(order)
        return OrderLetter(
            order_id=order.id,
            number=order.number,
            email=contact.email,
            name=contact.address.name,
            currency=order.currency,
            lines=_lines(order),
            subtotal_minor=order.subtotal_minor,
            discount_minor=order.discount_minor,
            shipping_minor=order.shipping_minor,
            tax_minor=order.tax_minor,
            total_minor=order.total_minor,
            address=_printed(contact.address),
            placed_at=order.placed_at,
            delivery_from=_day(order, "earliest"),
            delivery_until=_day(order, "latest"),
            payment_title=self._payment_titles.get(order.payment.method, "") if order.payment else "",
        )


def _lines(order: StoredOrder) -> list[LetterLine]:
    return [
        LetterLine(
            title=line.title,
            variant_title=line.variant_title,
            quantity=line.quantity,
            unit_minor=line.unit_minor,
            total_minor=line.unit_minor * line.quantity,
            promised_on=line.promised_on,
        )
        for line in order.lines
    ]


def _day(order: StoredOrder, name: str) -> date | None:
    told = order.promised.get(name)
    return date.fromisoformat(told) if told else None


def _printed(address: PostalAddress) -> list[str]:
    city = " ".join(part for part in (address.city, address.region, address.postcode) if part)
    lines = [address.name, address.company, address.line1, address.line2, city, address.country]
    return [line for line in lines if line]
