"""A machine that shops at random: whatever people do in whatever order, the database agrees with a simple model of it.

The model knows what each cart was told it has, until when that is held, and what was bought; time passes by moving the moments
at which holds end. A hold is renewed once or twice and is then too old, so both of its ends are met.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from surehold.app.doctor import examine, load_checks
from surehold.kernel.errors import ShopError
from surehold.modules.cart import CartNotFoundError, CartService, CartSettings, InsufficientInventoryError, Written
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.race.conftest import make_carts
from tests.support.goods import Policy, put_on_sale
from tests.support.people import account, guest_with
from tests.support.shop import Shop, make_shop

T = TypeVar("T")
STOCK = (3, 8, 40)
STEPS = 30
HOLDING = CartSettings(hold_s=30 * 60, max_hold_s=45 * 60)
SWEEPS_MAX = 100
SOON_S = 60
EXAMPLES, EXAMPLES_LONG = 12, 300
urls: PostgresUrls
folder: Path


class Shopping(RuleBasedStateMachine):
    """People with carts over three variants, one of them scarce."""

    carts_of = Bundle("carts_of")
    bought = Bundle("bought")

    @initialize()
    def open_shop(self) -> None:
        self.runner = asyncio.Runner()
        self.db = Database(urls.app)
        self.run(self.db.open())
        self.carts: CartService = make_carts(self.db, **msgspec.structs.asdict(HOLDING))
        self.shop: Shop = make_shop(self.db, folder / uuid.uuid4().hex, cart_settings=HOLDING)
        self.variants = put_on_sale(urls.owner, STOCK, unit_minor=1900)
        self.model: dict[Actor, dict[UUID, int]] = {}
        self.sold: dict[UUID, dict[UUID, int]] = {}
        self.promised: dict[tuple[Actor, UUID], tuple[int, float]] = {}

    def run(self, action: Awaitable[T]) -> T:
        async def it() -> T:
            return await action

        return self.runner.run(it())

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.db.close())
            self.runner.close()

    @rule(target=carts_of)
    def arrive(self) -> Actor:
        return self._new(account())

    @rule(target=carts_of, which=st.integers(0, 2))
    def arrive_as_guest(self, which: int) -> Any:
        try:
            person = self.run(guest_with(self.carts, [(self.variants[which], 1)]))
        except InsufficientInventoryError:
            return multiple()
        return self._new(person, {self.variants[which]: 1})

    @rule(person=carts_of, which=st.integers(0, 2), quantity=st.integers(1, 5))
    def add(self, person: Actor, which: int, quantity: int) -> None:
        variant = self.variants[which]
        try:
            written, _ = self.run(self.carts.add(person, [(variant, quantity)]))
        except ShopError:
            return
        self._promise(person, written)
        self.model[person][variant] = self.model[person].get(variant, 0) + quantity

    @rule(person=carts_of, which=st.integers(0, 2), quantity=st.integers(0, 6))
    def set_quantity(self, person: Actor, which: int, quantity: int) -> None:
        variant = self.variants[which]
        try:
            written = self.run(self.carts.set_quantity(person, variant, quantity))
        except ShopError:
            return
        self.promised.pop((person, variant), None)
        self._promise(person, written)
        self.model[person][variant] = quantity

    @rule(person=carts_of)
    def clear(self, person: Actor) -> None:
        try:
            self.run(self.carts.remove(person, None))
        except CartNotFoundError:
            return
        self._nothing_promised_to(person)
        self.model[person] = {}

    @rule(visitor=consumes(carts_of), member=carts_of)
    def sign_in(self, visitor: Actor, member: Actor) -> None:
        if visitor.guest_hash is None or member.account_id is None:
            return
        notice = self.run(self.carts.merge(member.account_id, visitor.guest_hash))
        for change in notice.changes:
            self.model[member][change.variant_id] = change.quantity
            assert change.quantity + change.saved == max(change.account_quantity, change.guest_quantity)
        self._nothing_promised_to(visitor)
        self.model.pop(visitor, None)

    @rule(minutes=st.sampled_from((10, 20, 50)))
    def time_passes(self, minutes: int) -> None:
        past = f"- interval '{minutes} minutes'"
        self._as_owner(
            f"update inventory.holders set held_until = held_until {past}, placing_until = placing_until {past},"
            f" sweep_at = sweep_at {past}"
        )
        self._as_owner(f"update inventory.holds set latest_until = latest_until {past}")
        self.promised = {line: (units, left_s - minutes * 60) for line, (units, left_s) in self.promised.items()}

    @rule()
    def sweep(self) -> None:
        self.run(self.db.fetch_all("select * from inventory.sweep_holds(100)"))

    @rule(target=bought, person=carts_of)
    def buy(self, person: Actor) -> Any:
        try:
            view = self.run(self.shop.checked_out(person))
            placed = self.run(self.shop.place.place(person, view.checkout.id, None))
        except ShopError:
            return multiple()
        order = placed.work.order.order_id
        self._nothing_promised_to(person)
        self.sold[order] = {variant: quantity for variant, quantity in self.model[person].items() if quantity}
        self.model[person] = {}
        return order

    @rule(order=consumes(bought))
    def cancel(self, order: UUID) -> None:
        self.run(self.shop.cancel.cancel(order, reason="changed my mind", actor="account:test"))
        del self.sold[order]

    @invariant()
    def carts_are_as_told(self) -> None:
        for person, lines in getattr(self, "model", {}).items():
            try:
                cart, _ = self.run(self.carts.read(person))
            except CartNotFoundError:
                assert not any(lines.values())
                continue
            assert {line.variant_id: line.quantity for line in cart.lines} == {v: q for v, q in lines.items() if q}

    @invariant()
    def what_was_promised_is_held(self) -> None:
        for (person, variant), (units, left_s) in getattr(self, "promised", {}).items():
            if left_s > SOON_S:
                cart, _ = self.run(self.carts.read(person))
                [line] = [line for line in cart.lines if line.variant_id == variant]
                assert line.held + line.backordered >= units, f"{left_s} s before its end"

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "sold"):
            return
        rows = self.run(
            self.db.fetch_all(
                """select s.variant_id, s.on_hand, s.reserved,
                     (select coalesce(sum(quantity), 0) from inventory.holds h where h.variant_id = s.variant_id)::int,
                     (select coalesce(sum(quantity), 0) from inventory.allocations a
                      where a.variant_id = s.variant_id and a.state = 'open')::int
                   from inventory.stock s where s.variant_id = any (%s)""",
                (self.variants,),
            )
        )
        for variant, on_hand, reserved, held, allocated in rows:
            assert on_hand == STOCK[self.variants.index(variant)]
            assert reserved == held + allocated <= on_hand
            assert allocated == sum(order.get(variant, 0) for order in self.sold.values())

    def _new(self, person: Actor, lines: dict[UUID, int] | None = None) -> Actor:
        self.model[person] = lines or {}
        return person

    def _promise(self, person: Actor, written: Written) -> None:
        """Remember what a buyer was told: so many units, and the seconds for which they are theirs."""
        for line in written.lines:
            if line.reserved_until is not None:
                left_s = (line.reserved_until - datetime.now(UTC)).total_seconds()
                self.promised[person, line.variant_id] = (line.held + line.backordered, left_s)

    def _nothing_promised_to(self, person: Actor) -> None:
        self.promised = {line: promise for line, promise in self.promised.items() if line[0] != person}

    def _as_owner(self, statement: str) -> None:
        with psycopg.connect(urls.owner, autocommit=True) as connection:
            connection.execute(statement)  # pyright: ignore[reportArgumentType]


@pytest.fixture(params=["add", "checkout"])
def _place(request: pytest.FixtureRequest, database_urls: PostgresUrls, tmp_path: Path) -> Iterator[None]:
    global urls, folder
    urls, folder = database_urls, tmp_path
    Policy.hold_on = request.param
    yield
    Policy.hold_on = None
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        for _ in range(SWEEPS_MAX):  # no worker runs here, and the machine moved the clock past the ends of holds
            if not connection.execute("select * from inventory.sweep_holds(100)").fetchall():
                break
        connection.execute("select audit.seal_entries(1000000)")
    findings = [
        sentence for diagnosis in examine(database_urls.owner, load_checks()) for sentence in diagnosis.sentences
    ]
    assert findings == []


@pytest.mark.usefixtures("_place")
@pytest.mark.timeout(1500)
def test_people_shop_at_random(request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long")
    run_state_machine_as_test(
        Shopping,
        settings=settings(
            max_examples=EXAMPLES_LONG if long else EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not long,
            suppress_health_check=list(HealthCheck),
        ),
    )
