"""Letters to write in tests."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import msgspec

from surehold.kernel.errors import NotFoundError
from surehold.modules.notifications import LetterLine, Mail, MailTransport, OrderLetter, Sender

SENDER = Sender(shop_name="Quillmoor", email="orders@quillmoor.example", shop_url="https://quillmoor.example/")


def order_letter(**changes: object) -> OrderLetter:
    letter = OrderLetter(
        order_id=uuid4(),
        number="7K3QX09MAB",
        email="ada.okafor@example.org",
        name="Ada Okafor",
        currency="USD",
        lines=[
            LetterLine(title="Harbour mug", variant_title="Blue, large", quantity=2, unit_minor=1900, total_minor=3800),
            LetterLine(title="Slow-morning pour-over stand", quantity=1, unit_minor=6450, total_minor=6450),
            LetterLine(
                title="Market tea towels, set of three, washed linen with a woven stripe",
                variant_title="Moss",
                quantity=12,
                unit_minor=2400,
                total_minor=28800,
                promised_on=date(2026, 12, 7),
            ),
        ],
        subtotal_minor=39050,
        discount_minor=1000,
        shipping_minor=0,
        tax_minor=3044,
        total_minor=41094,
        address=["Ada Okafor", "12 Orchard Lane", "Apartment 4", "Portland, OR 97209", "United States"],
        placed_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        shipping_title="Standard shipping",
        payment_title="Pay on delivery",
        delivery_from=date(2026, 11, 24),
        delivery_until=date(2026, 11, 27),
        order_url="https://quillmoor.example/orders/7K3QX09MAB",
    )
    return msgspec.structs.replace(letter, **changes)


class KnownOrders:
    """A source of letters that tests fill."""

    def __init__(self, *letters: OrderLetter) -> None:
        self.letters: dict[UUID, OrderLetter] = {letter.order_id: letter for letter in letters}

    async def letter(self, order_id: UUID) -> OrderLetter:
        if order_id not in self.letters:
            raise NotFoundError
        return self.letters[order_id]


async def send(transport: MailTransport, message: Mail) -> None:
    """Send one mail in a session of its own."""
    async with transport.session() as session:
        await session.send(message)
