"""Orders that take from several locations at once leave every location, and the pool, exact to the unit."""

import random
import uuid

import psycopg
import pytest

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.support.goods import put_on_sale
from tests.support.people import all_at_once

pytestmark = pytest.mark.race
Owner = psycopg.Connection[tuple[object, ...]]
ROUNDS, CLAIMS = 6, 30
LEVELS = (13, 9, 7)

_WRONG = """
select s.variant_id from inventory.stock s
where s.reserved <> (
    select coalesce(sum(a.quantity), 0) from inventory.allocations a where a.variant_id = s.variant_id and a.state = 'open')
  or exists (
    select 1 from inventory.stock_levels t
    where t.variant_id = s.variant_id and t.allocated <> (
      select coalesce(sum(a.quantity), 0) from inventory.allocations a
      where a.variant_id = t.variant_id and a.location_id = t.location_id and a.state = 'open'))
"""


async def test_parallel_claims_over_several_locations(
    crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    rng = random.Random(5)
    for _ in range(ROUNDS):
        variants = put_on_sale(database_urls.owner, [LEVELS[0]] * 3, locations=("first", "second", "third"))
        for code, units in zip(("second", "third"), LEVELS[1:], strict=True):
            owner.execute(
                "select inventory.receive(%s, (select array_agg(l.id) from inventory.locations l, generate_series(1, 3)"
                " where l.code = %s), %s, 'receipt', %s)",
                (variants, code, [units] * 3, str(uuid.uuid4())),
            )
        orders = [uuid.uuid4() for _ in range(CLAIMS)]
        wishes = [[(variant, rng.randint(1, 4)) for variant in rng.sample(variants, 2)] for _ in orders]
        claims = [
            crowd.fetch_all(
                'select inventory.claim_holds(%s, %s, \'{"country": "US"}\', %s, %s)',
                (uuid.uuid4(), order, [v for v, _ in wish], [q for _, q in wish]),
            )
            for order, wish in zip(orders, wishes, strict=True)
        ]
        claimed = await all_at_once(claims)
        won = [index for index, answer in enumerate(claimed) if not isinstance(answer, BaseException)]
        assert all("INSUFFICIENT_INVENTORY" in str(a) for a in claimed if isinstance(a, BaseException)), claimed
        assert owner.execute(_WRONG).fetchall() == []
        for variant in variants:
            sold = sum(q for index in won for v, q in wishes[index] if v == variant)
            row = owner.execute("select reserved from inventory.stock where variant_id = %s", (variant,)).fetchone()
            assert row == (sold,)
            assert sold <= sum(LEVELS)
        released = await all_at_once(
            crowd.fetch_all("select inventory.release_allocations(%s)", (orders[index],)) for index in won * 2
        )
        assert [answer for answer in released if isinstance(answer, BaseException)] == []
        assert owner.execute(_WRONG).fetchall() == []
