"""Stock is never promised twice, whoever comes at the same time as whom."""

import random
import uuid
from collections import Counter
from uuid import UUID

import psycopg
import pytest

from surehold.modules.cart import CartService, InsufficientInventoryError, ReservationExpiredError
from surehold.platform.db import Database, RuleViolationError
from surehold.platform.embedded import PostgresUrls
from tests.race.conftest import Holding, Person, make_carts
from tests.support.goods import put_on_sale
from tests.support.people import account, all_at_once, stranger

pytestmark = pytest.mark.race
Owner = psycopg.Connection[tuple[object, ...]]
ENDS = (
    "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity') where true",
    (
        "with due as (update inventory.holders set sweep_at = '-infinity')"
        " update inventory.holds set latest_until = clock_timestamp() - interval '1 second' where true"
    ),
)
"""Both ways in which a hold ends: its cart was not touched for too long, or it is as old as a hold may get."""


def stock(owner: Owner, variant: UUID) -> tuple[int, int]:
    row = owner.execute("select on_hand, reserved from inventory.stock where variant_id = %s", (variant,)).fetchone()
    assert row is not None
    return row[0], row[1]


def assert_books_agree(owner: Owner) -> None:
    """What is reserved is what carts hold and orders own, for every variant; and no cart is swept later than its first hold ends."""
    wrong = owner.execute(
        """select s.variant_id, s.reserved, coalesce(h.q, 0), coalesce(a.q, 0) from inventory.stock s
           left join (select variant_id, sum(quantity) q from inventory.holds group by 1) h using (variant_id)
           left join (select variant_id, sum(quantity) q from inventory.allocations where state = 'open' group by 1) a
             using (variant_id)
           where s.reserved <> coalesce(h.q, 0) + coalesce(a.q, 0)"""
    ).fetchall()
    assert wrong == []
    late = owner.execute(
        """select o.* from inventory.holders o
           where o.placing_until is null and o.sweep_at > (
             select min(least(o.held_until, h.latest_until)) from inventory.holds h where h.cart_id = o.cart_id)"""
    ).fetchall()
    assert late == []


async def arrivals(holding: Holding, count: int, variant: UUID) -> list[Person]:
    """So many people who want one unit each."""
    return [await holding.arrive([(variant, 1)]) for _ in range(count)]


async def test_the_last_unit_goes_to_one_of_many(holding: Holding, database_urls: PostgresUrls, owner: Owner) -> None:
    for _ in range(20):
        [variant] = put_on_sale(database_urls.owner, [1])
        people = await arrivals(holding, 20, variant)
        answers = await all_at_once(holding.take(person) for person in people)
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert all(isinstance(error, InsufficientInventoryError) and error.extra["available"] == 0 for error in refused)
        assert stock(owner, variant) == (1, 1)
    assert_books_agree(owner)


async def test_two_hundred_want_twenty(holding: Holding, database_urls: PostgresUrls, owner: Owner) -> None:
    [variant] = put_on_sale(database_urls.owner, [20])
    people = await arrivals(holding, 200, variant)
    answers = await all_at_once(holding.take(person) for person in people)
    outcomes = Counter(type(answer).__name__ for answer in answers)
    assert outcomes == {"NoneType": 20, "InsufficientInventoryError": 180}
    assert stock(owner, variant) == (20, 20)
    assert_books_agree(owner)


async def test_two_lines_of_one_variant_are_one_wish(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [3])
    with pytest.raises(InsufficientInventoryError) as refusal:
        await carts.add(stranger(), [(variant, 2), (variant, 2)])
    assert refusal.value.extra["available"] == 3
    assert stock(owner, variant) == (3, 0)
    written, _ = await carts.add(stranger(), [(variant, 2), (variant, 1)])
    assert [(line.quantity, line.held) for line in written.lines] == [(3, 3)]


async def test_carts_in_opposite_order_do_not_block_each_other(
    holding: Holding, carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    variants = put_on_sale(database_urls.owner, [500] * 8)
    rng = random.Random(7)

    async def shop() -> None:
        actor = account()
        for _ in range(6):
            wishes = rng.sample(variants, 5)
            await carts.add(actor, [(variant, 1) for variant in wishes])
            await holding.hold(actor)
            await carts.remove(actor, wishes[:2])

    answers = await all_at_once(shop() for _ in range(30))
    assert [answer for answer in answers if answer is not None] == []
    assert_books_agree(owner)


async def test_adds_to_one_cart_from_many_devices_all_count(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [500])
    actor = account()
    answers = await all_at_once(carts.add(actor, [(variant, 1)]) for _ in range(60))
    assert all(not isinstance(answer, BaseException) for answer in answers)
    cart, _ = await carts.read(actor)
    assert [line.quantity for line in cart.lines] == [60]
    assert cart.version == 60
    assert stock(owner, variant) == (500, 60)


async def test_an_expired_hold_never_hides_a_free_unit(
    holding: Holding, carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    lost = ReservationExpiredError if holding.policy == "add" else InsufficientInventoryError
    for end in ENDS:
        [variant] = put_on_sale(database_urls.owner, [5])
        people = await arrivals(holding, 10, variant)
        late = await holding.holder([(variant, 5)])
        owner.execute(end)
        answers = await all_at_once(holding.take(person) for person in people)
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 5
        cart, _ = await carts.read(late)
        assert [(line.quantity, line.held) for line in cart.lines] == [(5, 0)]
        with pytest.raises(lost):
            await holding.touch(late, variant, 5)
    assert_books_agree(owner)


async def test_a_renewal_and_a_buyer_who_needs_the_unit_agree(
    holding: Holding, carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    """Whoever is told that the unit is held has it; the other one is told that it is gone."""
    for number in range(40):
        variant, other = put_on_sale(database_urls.owner, [1, 50])
        [person] = await arrivals(holding, 1, variant)
        late = await holding.holder([(variant, 1)])
        owner.execute(ENDS[number % len(ENDS)])
        touched, taken = await all_at_once([holding.touch(late, variant, 1), holding.take(person)])
        assert isinstance(touched, BaseException) != isinstance(taken, BaseException)
        renewed = not isinstance(touched, BaseException)
        cart, _ = await carts.read(late)
        assert (cart.lines[0].held == 1) == renewed
        await carts.add(late, [(other, 1)])
    assert_books_agree(owner)


async def test_the_sweeper_and_renewals_agree(
    holding: Holding, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    variants = put_on_sale(database_urls.owner, [100] * 4)
    people = [await holding.holder([(variant, 2) for variant in variants]) for _ in range(10)]
    for number in range(10):
        owner.execute(ENDS[number % len(ENDS)] + " and random() < 0.5")
        sweeps = [crowd.fetch_all("select * from inventory.sweep_holds(100)") for _ in range(2)]
        touches = [holding.touch(person, random.choice(variants), 2) for person in people]
        answers = await all_at_once([*sweeps, *touches])
        assert [answer for answer in answers if isinstance(answer, BaseException)] == []
        assert_books_agree(owner)


async def test_expiry_against_claim(
    holding: Holding, carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    """An order claims its units while they expire and somebody else wants them: exactly one of the two gets them."""
    for number in range(30):
        [variant] = put_on_sale(database_urls.owner, [1])
        [person] = await arrivals(holding, 1, variant)
        buyer = await holding.holder([(variant, 1)])
        cart, _ = await carts.read(buyer)
        owner.execute(ENDS[number % len(ENDS)])
        order = uuid.uuid4()
        claim = crowd.fetch_one(
            'select inventory.claim_holds(%s, %s, \'{"country": "US"}\', %s, %s)', (cart.cart_id, order, [variant], [1])
        )
        claimed, taken = await all_at_once([claim, holding.take(person)])
        assert isinstance(claimed, RuleViolationError) != isinstance(taken, BaseException)
        assert stock(owner, variant) == (1, 1)
    assert_books_agree(owner)


async def test_claiming_twice_changes_nothing(
    holding: Holding, carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    variants = put_on_sale(database_urls.owner, [10, 10])
    buyer = await holding.holder([(variant, 3) for variant in variants])
    cart, _ = await carts.read(buyer)
    order = uuid.uuid4()
    claims = [
        crowd.fetch_one("select inventory.claim_holds(%s, %s, '{}', %s, %s)", (cart.cart_id, order, variants, [3, 3]))
        for _ in range(8)
    ]
    assert [answer for answer in await all_at_once(claims) if isinstance(answer, BaseException)] == []
    assert [stock(owner, variant) for variant in variants] == [(10, 3), (10, 3)]
    releases = [crowd.fetch_all("select inventory.release_allocations(%s)", (order,)) for _ in range(8)]
    assert [answer for answer in await all_at_once(releases) if isinstance(answer, BaseException)] == []
    assert [stock(owner, variant) for variant in variants] == [(10, 0), (10, 0)]
    assert_books_agree(owner)


async def test_backorders_never_exceed_their_limit(holding: Holding, database_urls: PostgresUrls, owner: Owner) -> None:
    [variant] = put_on_sale(database_urls.owner, [3])
    owner.execute("select inventory.set_policy(%s, 5, current_date + 10, 0)", (variant,))
    people = await arrivals(holding, 20, variant)
    answers = await all_at_once(holding.take(person) for person in people)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 8
    row = owner.execute(
        "select on_hand, reserved, backordered from inventory.stock where variant_id = %s", (variant,)
    ).fetchone()
    assert row == (3, 3, 5)


async def test_a_network_cannot_hoard(database_urls: PostgresUrls, crowd: Database, owner: Owner) -> None:
    carts = make_carts(crowd, max_network_units_per_variant=4)
    [variant] = put_on_sale(database_urls.owner, [50])
    for _ in range(4):
        await carts.add(stranger("203.0.113.0/24"), [(variant, 1)])
    with pytest.raises(Exception, match="held from your network"):
        await carts.add(stranger("203.0.113.0/24"), [(variant, 1)])
    await carts.add(stranger("198.51.100.0/24"), [(variant, 1)])
    await carts.add(account(), [(variant, 5)])
    assert stock(owner, variant) == (50, 10)


async def test_hold_on_checkout_holds_nothing_yet(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [2], hold_on="checkout")
    answers = await all_at_once(carts.add(stranger(), [(variant, 2)]) for _ in range(5))
    assert all(not isinstance(answer, BaseException) for answer in answers)
    assert stock(owner, variant) == (2, 0)
    with pytest.raises(InsufficientInventoryError):
        await carts.add(stranger(), [(variant, 3)])
