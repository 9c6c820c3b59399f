"""What the shop knows of an account, in one document that its owner may take along (GDPR, articles 15 and 20)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.cart import CartNotFoundError, CartService
from surehold.modules.cart.routes.shapes import CartOut, cart_out
from surehold.modules.checkout import CheckoutService
from surehold.modules.checkout.routes.shapes import CheckoutOut, checkout_out
from surehold.modules.identity import AccountNotFoundError, IdentityService, SavedAddress
from surehold.modules.identity.routes.addresses import SavedAddressOut
from surehold.modules.identity.routes.shapes import AccountOut, SessionOut, account_out, session_out
from surehold.modules.notifications import MailSender, WrittenLetter
from surehold.modules.orders import OrderRow, OrderService
from surehold.modules.orders.routes.shapes import OrderOut, order_out
from surehold.modules.orders.service import last_key
from surehold.modules.orders.store import PageKey
from surehold.modules.pricing import PricingService
from surehold.platform.http import ACCOUNT, Actor, CursorCodec, Dep, Out, get, json_response

ORDERS_MAX = 100
"""Orders of one answer at most; the rest comes with `next_cursor`."""
MAX_CURSOR_CHARS = 512
Limit = Annotated[int, Meta(ge=1, le=ORDERS_MAX)]
Cursor = Annotated[str, Meta(max_length=MAX_CURSOR_CHARS)]


class LetterOut(Out, frozen=True, kw_only=True):
    """A letter that was written to the account about an order. What it said is removed some time after it was sent."""

    order_id: UUID
    kind: str
    state: str
    written_at: datetime
    ended_at: datetime | None

    example: ClassVar[dict[str, Any] | None] = {
        "order_id": "019aa3c0-0000-7000-8000-000000000005",
        "kind": "order_confirmed",
        "state": "sent",
        "written_at": "2026-11-20T09:30:00Z",
        "ended_at": "2026-11-20T09:30:02Z",
    }


class AccountExportOut(Out, frozen=True, kw_only=True):
    """Everything about an account, each part as its own address shows it. Further pages have more orders and their letters."""

    account: AccountOut
    account_group: str
    addresses: list[SavedAddressOut]
    sessions: list[SessionOut]
    cart: CartOut | None
    checkout: CheckoutOut | None
    orders: list[OrderOut]
    letters: list[LetterOut]
    next_cursor: str | None

    example: ClassVar[dict[str, Any] | None] = {
        "account": AccountOut.example,
        "account_group": "default",
        "addresses": [SavedAddressOut.example],
        "sessions": [],
        "cart": None,
        "checkout": None,
        "orders": [OrderOut.example],
        "letters": [LetterOut.example],
        "next_cursor": None,
    }


@get(
    "/v1/me/export",
    policy=ACCOUNT,
    summary="Take along what the shop knows of you",
    returns=AccountExportOut,
    tag="identity",
)
async def export_account(
    actor: Dep[Actor],
    identity: Dep[IdentityService],
    pricing: Dep[PricingService],
    cart: Dep[CartService],
    checkout: Dep[CheckoutService],
    orders: Dep[OrderService],
    mails: Dep[MailSender],
    cursors: Dep[CursorCodec],
    limit: Limit = ORDERS_MAX,
    cursor: Cursor | None = None,
) -> Response[Any]:
    """Profile, addresses, sessions, cart, checkout, and the newest orders with their letters; older ones by `next_cursor`.

    The audit log and events hold ids only; answers that are kept for repeats are copies of these documents, for two days.
    """
    if actor.account_id is None:
        raise AccountNotFoundError
    purpose = f"export:{actor.account_id}"
    rows = await orders.list_of_account(actor.account_id, cursors.decode(purpose, cursor, PageKey), limit + 1)
    page = rows[:limit]
    view = await checkout.find(actor)
    out = AccountExportOut(
        account=account_out(await identity.get_profile(actor.account_id)),
        account_group=(await pricing.terms_of(actor.account_id)).group_code,
        addresses=[_address_out(one) for one in await identity.address_book.list_addresses(actor.account_id)],
        sessions=[session_out(one) for one in await identity.access.list_sessions(actor.account_id, actor.session_id)],
        cart=await _cart_of(cart, actor),
        checkout=None if view is None else checkout_out(view),
        orders=await _orders(orders, page),
        letters=[_letter_out(one) for one in await mails.list_about([row.id for row in page])],
        next_cursor=cursors.encode(purpose, last_key(page)) if len(rows) > limit else None,
    )
    disposition = 'attachment; filename="account.json"'
    return json_response(out, cache_control="private, no-store", content_disposition=disposition)


HANDLERS: Sequence[HTTPRouteHandler] = (export_account,)


async def _cart_of(cart: CartService, actor: Actor) -> CartOut | None:
    try:
        found, is_copy = await cart.read(actor)
    except CartNotFoundError:
        return None
    return cart_out(found, cart.settings.hold_on, confirmed=not is_copy)


async def _orders(orders: OrderService, rows: Sequence[OrderRow]) -> list[OrderOut]:
    found = [await orders.get(row.id) for row in rows]
    return [order_out(order, orders.contact_of(order)) for order in found]


def _address_out(saved: SavedAddress) -> SavedAddressOut:
    return SavedAddressOut(id=saved.id, address=saved.address, is_default=saved.is_default, version=saved.version)


def _letter_out(letter: WrittenLetter) -> LetterOut:
    return LetterOut(
        order_id=letter.subject_id,
        kind=letter.kind,
        state=letter.state,
        written_at=letter.written_at,
        ended_at=letter.ended_at,
    )
