"""There is one length of a hold and one set of caps: what a checkout holds obeys the cart's settings."""

from pathlib import Path

import msgspec
import pytest

from surehold.modules.cart import CartSettings, HoldLimitError
from surehold.platform.db import Database
from tests.support.shop import make_shop

NETWORK = "203.0.113.0/24"
SHORT = CartSettings(hold_s=900, max_hold_s=900, max_network_units_per_variant=2)


async def test_a_checkout_holds_as_long_as_the_cart_says(db: Database, tmp_path: Path) -> None:
    shop = make_shop(db, tmp_path, cart_settings=SHORT)
    [variant] = await shop.variants(1, 5, hold_on="checkout")
    visitor = await shop.guest_with([(variant, 2)])
    await shop.checked_out(visitor)
    row = await db.fetch_one(
        "select extract(epoch from h.expires_at - clock_timestamp())::int from inventory.hold_ends h"
        " where h.variant_id = %s",
        (variant,),
    )
    assert row is not None
    assert 800 < row[0] <= 900


async def test_a_checkout_has_the_carts_caps(db: Database, tmp_path: Path) -> None:
    shop = make_shop(db, tmp_path, cart_settings=SHORT)
    [variant] = await shop.variants(1, 5, hold_on="checkout")
    visitor = await shop.guest_with([(variant, 3)])
    with pytest.raises(HoldLimitError):
        await shop.checked_out(msgspec.structs.replace(visitor, network=NETWORK))
    assert await shop.held(variant) == 0
