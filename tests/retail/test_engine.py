"""The replay against a shop that misbehaves: whatever breaks, each invoice is one order with exactly its lines."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from surehold.app.retail import caller as caller_module
from surehold.app.retail.caller import ShopGoneError
from surehold.app.retail.engine import Ears, Options, Outcome, look_up, replay, to_buy
from surehold.app.retail.notes import Note, Notes
from surehold.app.retail.plan import Invoice
from surehold.app.retail.schedule import Schedule
from tests.retail.fake_shop import FakeShop, Fault, variant_of

AT = datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001  the books tell no zone
CODES = [f"{10000 + number}" for number in range(40)]
SLUGS = {code: f"slug-{code}" for code in CODES}


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def invoices(count: int) -> list[Invoice]:
    """Of seven accounts and guests in turn, some with many lines."""
    return [
        Invoice(
            number=str(536000 + number),
            at=AT + timedelta(minutes=number),
            country="United Kingdom" if number % 3 else "USA",
            lines=[(code, 1 + number) for code in CODES[: 1 + (number * 7) % 40]],
            account=None if number % 4 == 0 else f"customer-{17000 + number % 7}@replay.example",
            is_wholesale=number % 4 != 0,
        )
        for number in range(count)
    ]


async def run(shop: FakeShop, notes: Notes, wanted: Sequence[Invoice], concurrency: int = 4) -> Outcome:
    outcome = Outcome()
    todo = to_buy(iter(wanted), notes, outcome, None)
    options = Options(shop.target, concurrency, sleep=no_wait)
    await replay(todo, SLUGS, notes, lambda email: f"password of {email}", options, outcome, Ears())
    return outcome


def bought(shop: FakeShop) -> dict[str, dict[str, int]]:
    """Lines by invoice; guests are known by their e-mail address, accounts by the lines alone."""
    return {checkout: order["lines"] for checkout, order in shop.orders.items()}


def expected(wanted: Sequence[Invoice]) -> list[dict[str, int]]:
    return [{variant_of(code): units for code, units in invoice.lines} for invoice in wanted]


def by_size(orders: Sequence[dict[str, int]]) -> list[list[tuple[str, int]]]:
    return sorted(sorted(order.items()) for order in orders)


async def test_each_invoice_becomes_one_order(tmp_path: Path):
    wanted = invoices(30)
    async with FakeShop().running() as shop:
        with Notes(tmp_path / "notes") as notes:
            outcome = await run(shop, notes, wanted)
    assert (outcome.placed, outcome.refused) == (30, [])
    assert (outcome.lines, outcome.units) == (
        sum(len(invoice.lines) for invoice in wanted),
        sum(units for invoice in wanted for _, units in invoice.lines),
    )
    assert by_size(list(bought(shop).values())) == by_size(expected(wanted))
    assert len(shop.accounts) == 7
    assert sum(path == "/v1/accounts" for _, path in shop.seen) == 7
    assert outcome.measures.count("place") == 30
    assert 0 < outcome.measures.percentile_ms("place", 50) <= outcome.measures.percentile_ms("place", 99)


async def test_a_second_replay_buys_nothing(tmp_path: Path):
    async with FakeShop().running() as shop:
        for placed, earlier in ((12, 0), (0, 12)):
            with Notes(tmp_path / "notes") as notes:
                outcome = await run(shop, notes, invoices(12))
            assert (outcome.placed, outcome.earlier) == (placed, earlier)
    assert len(shop.orders) == 12


@pytest.mark.parametrize("seed", range(6))
async def test_lost_requests_and_answers_change_nothing(tmp_path: Path, seed: int):
    chance, wanted = random.Random(seed), invoices(20)

    def fault(_method: str, _path: str) -> str | None:
        return chance.choice(["drop", "lose", "503", "429", "500"]) if chance.random() < 0.2 else None

    async with FakeShop(fault).running() as shop:
        with Notes(tmp_path / "notes") as notes:
            outcome = await run(shop, notes, wanted)
    assert outcome.refused == []
    assert by_size(list(bought(shop).values())) == by_size(expected(wanted))


@pytest.mark.parametrize("seed", range(6))
async def test_a_replay_that_dies_anywhere_goes_on_where_it_was(tmp_path: Path, seed: int):
    chance, wanted = random.Random(seed), invoices(20)
    deaths = 0
    async with FakeShop().running() as shop:
        while deaths < 40:
            with Notes(tmp_path / "notes") as notes:
                task = asyncio.create_task(run(shop, notes, wanted))
                shop.fault = _dies_at(chance.randint(40, 90), task, chance.choice(["drop", "lose"]))
                await asyncio.wait([task])
            if not task.cancelled():
                break
            deaths += 1
    assert task.result().refused == []
    assert 0 < deaths < 40
    assert by_size(list(bought(shop).values())) == by_size(expected(wanted))


def _dies_at(request: int, task: asyncio.Task[Outcome], how: str) -> Fault:
    left = request

    def fault(_method: str, _path: str) -> str | None:
        nonlocal left
        left -= 1
        if left == 0:
            task.cancel()
            return how
        return None

    return fault


async def test_a_refusal_is_told_and_the_others_go_on(tmp_path: Path):
    wanted = invoices(8)
    missing = Invoice(number="999", at=AT, country="United Kingdom", lines=[("gone", 1)])
    async with FakeShop().running() as shop:
        with Notes(tmp_path / "notes") as notes:
            outcome = await run(shop, notes, [missing, *wanted])
            assert notes.of("999") == Note(invoice="999", state="refused", reason="the shop does not sell gone")
    assert outcome.refused == [("999", "the shop does not sell gone")]
    assert outcome.placed == 8


async def test_a_cart_after_a_refusal_is_emptied_before_the_next_purchase(tmp_path: Path):
    account = "customer-1@replay.example"
    first, second = (
        Invoice(number=number, at=AT, country="United Kingdom", lines=[(code, 1)], account=account)
        for number, code in (("1", CODES[0]), ("2", CODES[1]))
    )
    refusals = iter(["404"])
    async with FakeShop(
        lambda _method, path: next(refusals, None) if path == "/v1/checkouts" else None
    ).running() as shop:
        with Notes(tmp_path / "notes") as notes:
            outcome = await run(shop, notes, [first, second])
    assert outcome.refused == [("1", "checkout: 404 TROUBLE")]
    assert list(bought(shop).values()) == [{variant_of(CODES[1]): 1}]


async def test_a_shop_that_is_gone_ends_the_replay(tmp_path: Path):
    async with FakeShop(lambda _method, path: "503" if path == "/v1/checkouts" else None).running() as shop:
        with Notes(tmp_path / "notes") as notes, pytest.raises(ShopGoneError, match=f"{caller_module.MAX_TRIES} times"):
            await run(shop, notes, invoices(8))


async def test_products_that_are_not_sold_have_no_variant():
    async with FakeShop().running() as shop:
        found = await look_up(
            ["10000", "gone"], {"10000": "slug-10000", "gone": "slug-gone"}, Options(shop.target, 2), Ears()
        )
    assert {code: str(variant) for code, variant in found.items()} == {"10000": variant_of("10000")}


async def test_the_schedule_keeps_the_order_of_a_buyer_and_the_pace_of_then():
    now = 0.0
    schedule = Schedule(iter(invoices(12)), factor=60.0, clock=lambda: now)
    first = await schedule.take()
    assert first is not None
    assert first.number == "536000"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await schedule.take()
    now = 1.0
    second = await schedule.take()
    assert second is not None
    assert second.number == "536001"


async def test_one_buyer_buys_one_after_the_other():
    schedule, taken = Schedule(iter(invoices(12))), []
    while len(taken) < 7:
        invoice = await schedule.take()
        assert invoice is not None
        taken.append(invoice)
    lanes = [invoice.account or "guest" for invoice in taken]
    assert len(set(lanes)) == len(lanes)


def test_half_a_note_is_no_note(tmp_path: Path):
    path = tmp_path / "notes"
    with Notes(path) as notes:
        notes.write(Note(invoice="1", state="placed", order="x"))
        notes.write(Note(invoice="2", state="placed", order="y"))
    path.write_bytes(path.read_bytes()[:-9])
    with Notes(path) as notes:
        assert (notes.is_placed("1"), notes.is_placed("2")) == (True, False)
        notes.write(Note(invoice="3", state="placed", order="z"))
    with Notes(path) as notes:
        assert notes.is_placed("3")
        assert path.stat().st_mode & 0o077 == 0
