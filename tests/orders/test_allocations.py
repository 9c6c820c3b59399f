"""From where an order is sent: the nearest location that has all of it, else the nearest per line, else split."""

import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
import pytest

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.support.goods import put_on_sale

Where = tuple[str, str, int]  # country, region, priority
PORTLAND = '{"country": "US", "region": "OR"}'
HERE, NEAR, FAR, ABROAD = ("US", "OR", 9), ("US", "CA", 1), ("US", "NY", 2), ("DE", "", 0)


class Places:
    """Locations of one test, and what is where."""

    def __init__(self, db: Database, owner_url: str) -> None:
        self._db, self._owner_url = db, owner_url
        self._ids: dict[str, UUID] = {}

    async def open(self, **places: Where) -> None:
        """Locations by name; those of earlier tests close, and have nothing of what this one sells."""
        await self._db.execute("update inventory.locations set active = false")
        for name, (country, region, priority) in places.items():
            code = f"{name}-{uuid.uuid4().hex[:8]}"
            row = await self._db.fetch_one(
                "select inventory.ensure_location(%s, %s, %s, %s, %s, %s)",
                (uuid.uuid4(), code, name, country, region, priority),
            )
            assert row is not None
            self._ids[name] = row[0]

    async def close(self, name: str) -> None:
        await self._db.execute("update inventory.locations set active = false where id = %s", (self._ids[name],))

    async def stock(self, *levels: Mapping[str, int]) -> list[UUID]:
        """A variant for each mapping of places to units."""
        variants = put_on_sale(self._owner_url, [0] * len(levels))
        for variant, level in zip(variants, levels, strict=True):
            with psycopg.connect(self._owner_url) as connection:
                connection.execute(
                    "select inventory.receive(%s, %s, %s, 'receipt', %s)",
                    (
                        [variant] * len(level),
                        [self._ids[name] for name in level],
                        list(level.values()),
                        str(uuid.uuid4()),
                    ),
                )
        return variants

    async def claim(self, wishes: Sequence[tuple[UUID, int]], destination: str = PORTLAND) -> UUID:
        """An order's units, taken from what is free."""
        order = uuid.uuid4()
        await self._db.fetch_all(
            "select inventory.claim_holds(%s, %s, %s::jsonb, %s, %s)",
            (uuid.uuid4(), order, destination, [wish[0] for wish in wishes], [wish[1] for wish in wishes]),
        )
        return order

    async def sent_from(self, order: UUID, variant: UUID) -> dict[str, int]:
        """Units of a variant by the place that an order gets them from."""
        names = {place: name for name, place in self._ids.items()}
        rows = await self._db.fetch_all(
            "select location_id, quantity from inventory.allocations where order_id = %s and variant_id = %s",
            (order, variant),
        )
        return {names[row[0]]: row[1] for row in rows}

    async def ship(self, *wishes: tuple[UUID, int], destination: str = PORTLAND) -> list[dict[str, int]]:
        """Where each of an order's lines comes from."""
        order = await self.claim(wishes, destination)
        return [await self.sent_from(order, variant) for variant, _ in wishes]


@pytest.fixture
def places(db: Database, database_urls: PostgresUrls) -> Places:
    return Places(db, database_urls.owner)


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ('{"country": "US", "region": "OR"}', [0, 1, 1, 2]),
        ('{"country": "US", "region": ""}', [1, 1, 1, 2]),
        ('{"country": "DE", "region": "BE"}', [2, 2, 2, 1]),
        ('{"country": "FR"}', [2, 2, 2, 2]),
        ("{}", [2, 2, 2, 2]),
    ],
)
async def test_distance(db: Database, places: Places, destination: str, expected: list[int]) -> None:
    await places.open(here=HERE, near=NEAR, far=FAR, abroad=ABROAD)
    rows = await db.fetch_all(
        "select inventory.distance(l, %s::jsonb) from inventory.locations l where l.active"
        " order by array_position(array['here', 'near', 'far', 'abroad'], l.title)",
        (destination,),
    )
    assert [row[0] for row in rows] == expected


async def test_the_nearest_with_everything_sends_it(places: Places) -> None:
    """The same region before the same country, whatever the priorities; those decide between equals."""
    await places.open(here=HERE, near=NEAR, far=FAR, abroad=ABROAD)
    everywhere = {"here": 3, "near": 3, "far": 3, "abroad": 3}
    one, two = await places.stock(everywhere, everywhere)
    assert await places.ship((one, 3), (two, 2)) == [{"here": 3}, {"here": 2}]
    assert await places.ship((one, 3), (two, 1)) == [{"near": 3}, {"near": 1}]
    assert await places.ship((one, 3)) == [{"far": 3}]
    assert await places.ship((one, 2)) == [{"abroad": 2}]


async def test_one_parcel_is_better_than_a_nearer_line(places: Places) -> None:
    """Only the farther location has all of the order: all of it comes from there."""
    await places.open(here=HERE, abroad=ABROAD)
    one, two = await places.stock({"here": 5, "abroad": 5}, {"abroad": 5})
    assert await places.ship((one, 1), (two, 1)) == [{"abroad": 1}, {"abroad": 1}]
    assert await places.ship((one, 1)) == [{"here": 1}]


async def test_where_nobody_has_all_each_line_comes_from_the_nearest_that_has_it(places: Places) -> None:
    await places.open(here=HERE, near=NEAR, far=FAR)
    one, two = await places.stock({"here": 5, "near": 5}, {"far": 5})
    assert await places.ship((one, 2), (two, 2)) == [{"here": 2}, {"far": 2}]


async def test_a_line_that_nobody_has_whole_is_split_nearest_first(places: Places) -> None:
    await places.open(here=HERE, near=NEAR, far=FAR)
    [one] = await places.stock({"far": 4, "near": 2, "here": 3})
    assert await places.ship((one, 7)) == [{"here": 3, "near": 2, "far": 2}]


async def test_a_farther_location_with_all_of_a_line_is_better_than_a_split(places: Places) -> None:
    await places.open(here=HERE, far=FAR)
    [one] = await places.stock({"here": 3, "far": 4})
    assert await places.ship((one, 4)) == [{"far": 4}]


async def test_a_closed_location_is_the_last_resort(places: Places) -> None:
    """It loses against a split over open ones, though it alone has everything, and gives only what they lack."""
    await places.open(closed=HERE, near=NEAR, far=FAR)
    await places.close("closed")
    one, two = await places.stock({"closed": 9, "near": 2, "far": 2}, {"closed": 9})
    assert await places.ship((one, 4)) == [{"near": 2, "far": 2}]
    assert await places.ship((one, 1), (two, 1)) == [{"closed": 1}, {"closed": 1}]
    [three] = await places.stock({"closed": 9, "near": 2})
    assert await places.ship((three, 5)) == [{"near": 2, "closed": 3}]


async def test_what_other_orders_have_is_not_there(places: Places) -> None:
    await places.open(here=HERE, near=NEAR)
    [one] = await places.stock({"here": 3, "near": 3})
    assert await places.ship((one, 2)) == [{"here": 2}]
    assert await places.ship((one, 2)) == [{"near": 2}]
    assert await places.ship((one, 2)) == [{"here": 1, "near": 1}]


async def test_a_cancelled_order_gives_each_place_its_units_back(db: Database, places: Places) -> None:
    await places.open(here=HERE, near=NEAR)
    [one] = await places.stock({"here": 3, "near": 3})
    order = await places.claim([(one, 5)])
    assert await places.sent_from(order, one) == {"here": 3, "near": 2}
    for _ in range(2):
        await db.fetch_all("select inventory.release_allocations(%s)", (order,))
    rows = await db.fetch_all("select allocated from inventory.stock_levels where variant_id = %s", (one,))
    assert [row[0] for row in rows] == [0, 0]
    assert await places.ship((one, 6)) == [{"here": 3, "near": 3}]
