"""The replay: workers that take invoices off the schedule and buy them, each over its own connection."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec

from surehold.app.retail.caller import Caller, Sleep
from surehold.app.retail.measures import Measures
from surehold.app.retail.notes import Notes
from surehold.app.retail.plan import Invoice
from surehold.app.retail.purchase import CURRENCY, Desk, Purchase, RefusedError
from surehold.app.retail.schedule import Schedule
from surehold.app.retail.together import together
from surehold.app.retail.wire import Connection, Target

MAX_CONCURRENCY = 64
MAX_MOVES = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay. `factor` as in Schedule; `limit` is how many invoices at most; `sleep` waits between tries."""

    target: Target
    concurrency: int
    factor: float | None = None
    limit: int | None = None
    sleep: Sleep = asyncio.sleep


@dataclass(slots=True)
class Outcome:
    """What came of it. `refused` is (invoice, reason)."""

    measures: Measures = field(default_factory=Measures)
    placed: int = 0
    lines: int = 0
    units: int = 0
    earlier: int = 0
    seconds: float = 0.0
    refused: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class Ears:
    """Hears what happens; a screen overrides what it shows."""

    def looking_up(self, done: int, total: int) -> None:
        """Products were found."""

    def bought(self, outcome: Outcome, invoice: Invoice) -> None:
        """An invoice is done, one way or the other."""


def to_buy(invoices: Iterator[Invoice], notes: Notes, outcome: Outcome, limit: int | None) -> list[Invoice]:
    """The invoices that are no orders yet, in order, at most `limit`; the others are counted."""

    def unplaced() -> Iterator[Invoice]:
        for invoice in invoices:
            if notes.is_placed(invoice.number):
                outcome.earlier += 1
            else:
                yield invoice

    return list(islice(unplaced(), limit))


async def replay(
    invoices: Sequence[Invoice],
    slugs: Mapping[str, str],
    notes: Notes,
    password: Callable[[str], str],
    options: Options,
    outcome: Outcome,
    ears: Ears,
) -> None:
    """Buy the invoices. `slugs` are the products' addresses by code; `outcome` grows as it goes. ShopGoneError ends it early."""
    codes = sorted({code for invoice in invoices for code, _ in invoice.lines})
    variants = await look_up(codes, slugs, options, ears)
    desk = Desk(variants, notes, outcome.measures, password, {}, options.sleep)
    schedule = Schedule(iter(invoices), options.factor)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def work() -> None:
        caller = Caller(Connection(options.target), options.sleep)
        try:
            while (invoice := await schedule.take()) is not None:
                await _buy(Purchase(desk, caller, invoice), invoice, outcome)
                outcome.seconds = loop.time() - began
                ears.bought(outcome, invoice)
                await schedule.done(invoice)
        finally:
            caller.close()

    await together(work for _ in range(options.concurrency))


async def look_up(codes: Sequence[str], slugs: Mapping[str, str], options: Options, ears: Ears) -> Mapping[str, UUID]:
    """The variants of stock codes, as the shop's product pages tell them; a code that is not sold has none."""
    found: dict[str, UUID] = {}
    waiting = iter([code for code in codes if code in slugs])
    done = 0

    async def work() -> None:
        nonlocal done
        caller = Caller(Connection(options.target), options.sleep)
        try:
            for code in waiting:
                variant = await _variant(caller, slugs[code], code)
                if variant is not None:
                    found[code] = variant
                done += 1
                ears.looking_up(done, len(codes))
        finally:
            caller.close()

    await together(work for _ in range(options.concurrency))
    return found


def read_slugs(products: Path) -> dict[str, str]:
    """Addresses by stock code, from the product file of the import."""
    slugs: dict[str, str] = {}
    with products.open("rb") as file:
        for line in file:
            document = msgspec.json.decode(line)
            slugs.update({variant["sku"]: document["slug"] for variant in document["variants"]})
    return slugs


async def _buy(purchase: Purchase, invoice: Invoice, outcome: Outcome) -> None:
    try:
        await purchase.run()
    except RefusedError as error:
        outcome.refused.append((invoice.number, str(error)))
        return
    outcome.placed += 1
    outcome.lines += len(invoice.lines)
    outcome.units += sum(units for _, units in invoice.lines)


async def _variant(caller: Caller, slug: str, code: str) -> UUID | None:
    path = f"/v1/products/{quote(slug)}?currency={CURRENCY}"
    for _ in range(MAX_MOVES):
        answer = await caller.repeatable("GET", path, {})
        if answer.status == 200:
            page = msgspec.json.decode(answer.body, type=_Page)
            return next((variant.id for variant in page.variants if variant.sku == code), None)
        if answer.status != 301:
            return None
        path = answer.headers.get("location", path)
    return None


class _Variant(msgspec.Struct):
    id: UUID
    sku: str


class _Page(msgspec.Struct):
    variants: list[_Variant]
