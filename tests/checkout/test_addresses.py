"""A suggested address is the buyer's to confirm: nothing is placed before, whatever is repeated, reloaded or fails."""

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from surehold.kernel.errors import StaleVersionError
from surehold.kernel.money import Money
from surehold.modules.checkout import (
    AddressCheck,
    AddressCheckError,
    AddressChecks,
    AddressLines,
    AddressOutcome,
    AddressUnconfirmedError,
    CheckoutNotFoundError,
    CheckoutState,
    CheckoutStateError,
    CheckoutView,
    ShippingStep,
    TotalChangedError,
)
from surehold.modules.checkout.model import lines_of
from surehold.modules.orders import Contact, OrderStatus
from surehold.platform.db import Database
from surehold.platform.http import Actor, IfMatchMissingError, etag_of
from tests.support.shop import ADDRESS, CONTACT, SHIPPING, Shop, as_they_are, make_shop

TYPED = lines_of(ADDRESS)
BETTER = msgspec.structs.replace(TYPED, line1="12 Harbor Street", postcode="97201-4417")
ELSEWHERE = msgspec.structs.replace(TYPED, line1="99 Mill Lane")
METHODS = ("pay_on_delivery", "scripted")


class Validator:
    """Knows better about one street, and says so, fails, or takes its time."""

    asks_outside = True

    def __init__(self) -> None:
        self.knows: dict[str, AddressLines] = {TYPED.line1: BETTER}
        self.asked: list[AddressLines] = []
        self.error: Exception | None = None
        self.db: Database | None = None
        self.gate: asyncio.Event | None = None
        self.locks_while_asked: list[int] = []

    async def suggest(self, address: AddressLines) -> AddressLines | None:
        self.asked.append(address)
        if self.db is not None:
            row = await self.db.fetch_one(
                "select count(*)::int from pg_stat_activity"
                " where datname = current_database() and state = 'idle in transaction'"
            )
            self.locks_while_asked.append(row[0] if row else -1)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.knows.get(address.line1)


class Desk:
    """A shop with a validator, and what it counted."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.validator = Validator()
        self.counted: list[AddressOutcome] = []
        self.shop: Shop = make_shop(db, folder, validator=self.validator, count_address=self.counted.append)

    async def opened(self, method: str = "pay_on_delivery", lines: AddressLines = TYPED) -> tuple[Actor, CheckoutView]:
        [one] = await self.shop.variants(1, 5)
        actor = await self.shop.guest_with([(one, 1)])
        return actor, await self.shop.checkout.open(actor, at(lines), method)

    async def confirm(self, actor: Actor, view: CheckoutView, keep: AddressCheck) -> CheckoutView:
        etag = etag_of(view.checkout.version)
        return await self.shop.checkout.confirm_address(actor, view.checkout.id, keep, etag)


def at(lines: AddressLines) -> ShippingStep:
    address = msgspec.structs.replace(ADDRESS, **msgspec.structs.asdict(lines))
    return ShippingStep(contact=Contact(email=CONTACT.email, address=address), method="standard")


def shown(view: CheckoutView) -> tuple[AddressCheck, AddressLines, AddressLines | None, AddressLines | None]:
    assert view.contact is not None
    contact = view.contact
    return view.checkout.address_check, lines_of(contact.address), contact.typed, contact.suggested


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("keep", "lines"), [(AddressCheck.TYPED, TYPED), (AddressCheck.SUGGESTED, BETTER)])
async def test_nothing_is_placed_before_the_buyer_says_which(
    desk: Desk, method: str, keep: AddressCheck, lines: AddressLines
) -> None:
    actor, view = await desk.opened(method)
    checkout_id = view.checkout.id
    assert view.checkout.state is CheckoutState.REVIEW
    for _ in range(2):
        with pytest.raises(AddressUnconfirmedError) as told:
            await desk.shop.place.place(actor, checkout_id, None)
        assert told.value.extra["suggested"] == msgspec.to_builtins(BETTER)
        assert told.value.extra["typed"] == msgspec.to_builtins(TYPED)
    assert await desk.shop.orders_of(checkout_id) == []
    assert await desk.shop.checkout.list_failures(None, 10) == []
    confirmed = await desk.confirm(actor, view, keep)
    assert shown(confirmed) == (keep, lines, TYPED, BETTER)
    placed = await desk.shop.place.place(actor, checkout_id, None)
    assert placed.work.order.status is OrderStatus.CONFIRMED
    contact = desk.shop.orders.contact_of(await desk.shop.orders.get(placed.work.order.order_id))
    assert lines_of(contact.address) == lines
    assert (contact.address.name, contact.email) == (ADDRESS.name, CONTACT.email)


async def test_it_survives_a_reload_and_another_request(desk: Desk, db: Database, tmp_path: Path) -> None:
    actor, view = await desk.opened()
    later = make_shop(db, tmp_path / "other")  # another process, which asks nobody
    assert shown(await later.checkout.get(actor, view.checkout.id)) == (AddressCheck.UNCONFIRMED, TYPED, TYPED, BETTER)
    paid = await later.checkout.set_payment(actor, view.checkout.id, "scripted", None)
    assert paid.checkout.address_check is AddressCheck.UNCONFIRMED
    with pytest.raises(AddressUnconfirmedError):
        await later.place.place(actor, view.checkout.id, None)
    etag = etag_of(paid.checkout.version)
    await later.checkout.confirm_address(actor, view.checkout.id, AddressCheck.SUGGESTED, etag)
    assert shown(await desk.shop.checkout.get(actor, view.checkout.id))[:2] == (AddressCheck.SUGGESTED, BETTER)


async def test_confirming_again_changes_nothing_and_the_mind_may_be_changed(desk: Desk) -> None:
    actor, view = await desk.opened()
    first = await desk.confirm(actor, view, AddressCheck.TYPED)
    again = await desk.confirm(actor, view, AddressCheck.TYPED)  # with the version of before: its answer was lost
    assert again.checkout.version == first.checkout.version
    other = await desk.confirm(actor, again, AddressCheck.SUGGESTED)
    assert shown(other) == (AddressCheck.SUGGESTED, BETTER, TYPED, BETTER)
    back = await desk.confirm(actor, other, AddressCheck.TYPED)
    assert shown(back) == (AddressCheck.TYPED, TYPED, TYPED, BETTER)


async def test_what_the_buyer_did_not_see_is_not_confirmed(desk: Desk) -> None:
    """Another tab typed another address meanwhile, and something else was suggested for it."""
    actor, view = await desk.opened()
    desk.validator.knows[ELSEWHERE.line1] = msgspec.structs.replace(ELSEWHERE, line1="99 Mill Ln")
    await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(ELSEWHERE), None)
    with pytest.raises(StaleVersionError):
        await desk.confirm(actor, view, AddressCheck.SUGGESTED)
    with pytest.raises(IfMatchMissingError):
        await desk.shop.checkout.confirm_address(actor, view.checkout.id, AddressCheck.SUGGESTED, None)
    found = await desk.shop.checkout.get(actor, view.checkout.id)
    assert shown(found)[:2] == (AddressCheck.UNCONFIRMED, ELSEWHERE)


async def test_who_means_what_was_typed_is_not_asked_again(desk: Desk) -> None:
    actor, view = await desk.opened()
    await desk.confirm(actor, view, AddressCheck.TYPED)
    repeated = await desk.shop.checkout.open(actor, at(TYPED), None)
    assert repeated.checkout.address_check is AddressCheck.TYPED
    assert desk.validator.asked == [TYPED]
    elsewhere = await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(ELSEWHERE), None)
    assert shown(elsewhere) == (AddressCheck.NONE, ELSEWHERE, ELSEWHERE, None)
    back = await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(TYPED), None)
    assert back.checkout.address_check is AddressCheck.UNCONFIRMED


async def test_sending_the_suggestion_is_saying_yes_to_it(desk: Desk) -> None:
    actor, view = await desk.opened()
    sent = await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(BETTER), None)
    assert shown(sent) == (AddressCheck.NONE, BETTER, BETTER, None)
    assert desk.validator.asked == [TYPED]
    await desk.shop.place.place(actor, view.checkout.id, None)


async def test_the_address_alone_is_told_and_no_transaction_is_open(desk: Desk, db: Database) -> None:
    desk.validator.db = db
    actor, view = await desk.opened()
    await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(ELSEWHERE), None)
    assert desk.validator.locks_while_asked == [0, 0]
    assert set(AddressLines.__struct_fields__) == {"line1", "line2", "city", "region", "postcode", "country"}


@pytest.mark.parametrize("error", [AddressCheckError("gone"), TimeoutError(), RuntimeError("12 Harbour Street")])
async def test_it_fails_open_and_says_so(desk: Desk, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
    desk.validator.error = error
    actor, view = await desk.opened()
    assert view.checkout.address_check is AddressCheck.NONE
    assert "was not checked" in caplog.text
    assert "Harbour" not in caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert desk.counted == ["unavailable"]
    desk.validator.error = None
    again = await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(TYPED), None)
    assert again.checkout.address_check is AddressCheck.UNCONFIRMED  # nobody had answered, so it was asked again
    assert desk.counted == ["unavailable", "suggested"]
    desk.validator.error = error
    kept = await desk.shop.checkout.set_shipping(actor, view.checkout.id, at(TYPED), None)
    assert kept.checkout.address_check is AddressCheck.UNCONFIRMED  # what was answered once is known


async def test_nobody_is_waited_for_longer_than_the_limit(desk: Desk) -> None:
    desk.validator.gate = asyncio.Event()
    desk.shop.checkout._addresses = AddressChecks(
        as_they_are, desk.validator, count=desk.counted.append, ask_max_s=0.01
    )
    _, view = await desk.opened()
    assert view.checkout.address_check is AddressCheck.NONE
    assert desk.counted == ["unavailable"]


@pytest.mark.parametrize("spelling", ["12 HARBOUR STREET", " 12  Harbour-Street. "])
async def test_other_letters_are_not_worth_a_question(desk: Desk, spelling: str) -> None:
    desk.validator.knows[TYPED.line1] = msgspec.structs.replace(TYPED, line1=spelling)
    _, view = await desk.opened()
    assert view.checkout.address_check is AddressCheck.NONE
    assert desk.counted == ["agreed"]


async def test_another_place_is_another_quote(desk: Desk, db: Database) -> None:
    """Taxes follow the place: confirming quotes anew, and a total that was agreed to before is told, not charged."""
    await db.execute(
        "insert into pricing.tax_rates (id, country, region, tax_category, title, rate_bp, valid_from)"
        " values (gen_random_uuid(), 'US', 'WA', 'standard', 'Tax', 1000, '2020-01-01')"
    )
    desk.validator.knows[TYPED.line1] = msgspec.structs.replace(BETTER, region="WA", postcode="98101")
    actor, view = await desk.opened()
    before = view.checkout.quote
    after = (await desk.confirm(actor, view, AddressCheck.SUGGESTED)).checkout.quote
    assert before is not None
    assert after is not None
    assert after.totals.tax_minor > before.totals.tax_minor
    with pytest.raises(TotalChangedError):
        await desk.shop.place.place(actor, view.checkout.id, Money(before.totals.total_minor, "USD"))


async def test_there_is_nothing_to_confirm(desk: Desk) -> None:
    actor, view = await desk.opened(lines=ELSEWHERE)
    for keep in (AddressCheck.TYPED, AddressCheck.SUGGESTED):
        with pytest.raises(CheckoutStateError):
            await desk.confirm(actor, view, keep)
    placed = await desk.shop.place.place(actor, view.checkout.id, None)
    assert placed.work.order.status is OrderStatus.CONFIRMED
    found = await desk.shop.checkout.get(actor, view.checkout.id)
    with pytest.raises(CheckoutStateError):
        await desk.confirm(actor, found, AddressCheck.TYPED)


async def test_nobody_elses_address_is_confirmed(desk: Desk) -> None:
    _, view = await desk.opened()
    stranger, _ = await desk.opened()
    with pytest.raises(CheckoutNotFoundError):
        await desk.confirm(stranger, view, AddressCheck.TYPED)


async def test_the_database_holds_it_too(desk: Desk, db: Database) -> None:
    _, view = await desk.opened("scripted")
    with pytest.raises(psycopg.errors.CheckViolation, match="know_their_address"):
        await db.execute(
            "update checkout.checkouts set state = 'placing', order_id = gen_random_uuid() where id = %s",
            (view.checkout.id,),
        )


async def test_an_abandoned_one_keeps_nothing_of_it(desk: Desk, db: Database) -> None:
    _, view = await desk.opened()
    await db.execute(
        "update checkout.checkouts set expires_at = clock_timestamp() - interval '1 s' where id = %s",
        (view.checkout.id,),
    )
    assert await desk.shop.checkout.expire_abandoned() == 1
    row = await db.fetch_one("select contact, address_check from checkout.checkouts where id = %s", (view.checkout.id,))
    assert row == (None, "none")


async def test_placing_beside_confirming_ships_to_what_was_confirmed(desk: Desk) -> None:
    """Two tabs confirm different things while a third places: one order at most, to an address that one of them had confirmed."""
    for _ in range(10):
        actor, view = await desk.opened()
        outcomes = await asyncio.gather(
            desk.confirm(actor, view, AddressCheck.TYPED),
            desk.confirm(actor, view, AddressCheck.SUGGESTED),
            desk.shop.place.place(actor, view.checkout.id, None),
            return_exceptions=True,
        )
        for outcome in outcomes:
            assert not isinstance(outcome, BaseException) or isinstance(
                outcome, AddressUnconfirmedError | StaleVersionError | CheckoutStateError | TotalChangedError
            ), outcome
        await require_consistent(desk, view.checkout.id)


async def require_consistent(desk: Desk, checkout_id: UUID) -> None:
    orders = await desk.shop.orders_of(checkout_id)
    assert len(orders) <= 1
    row = await desk.shop.db.fetch_one("select address_check from checkout.checkouts where id = %s", (checkout_id,))
    assert row is not None
    assert row[0] in {"typed", "suggested"}
    for order_id, _ in orders:
        contact = desk.shop.orders.contact_of(await desk.shop.orders.get(order_id))
        assert lines_of(contact.address) == (TYPED if row[0] == "typed" else BETTER)


def test_the_usual_shop_asks_nobody(shop: Shop) -> None:
    assert SHIPPING.contact.address == ADDRESS
    assert shop.checkout._addresses.asks_outside is False
