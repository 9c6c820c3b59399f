"""A cart belongs to its owner and not to a session: it outlives sessions, and is the same on every device."""

from uuid import UUID

from tests.support.buyers import Buyer
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop

PASSWORD = "correct horse battery staple"


async def sign_up(buyer: Buyer) -> None:
    answer = await buyer.persist("POST", "/v1/accounts", {"email": buyer.email, "password": PASSWORD})
    assert answer.status == 201, answer


async def sign_in(device: Buyer, email: str) -> None:
    answer = await device.persist("POST", "/v1/session", {"email": email, "password": PASSWORD})
    assert answer.status in {200, 201}, answer


def end_newest_session(shop: RunningShop) -> None:
    """Time passes: the session that was begun last has run out."""
    ended = shop.rows(
        "update identity.sessions set created_at = created_at - interval '1 year',"
        " last_seen_at = last_seen_at - interval '1 year', expires_at = expires_at - interval '1 year'"
        " where id = (select id from identity.sessions order by created_at desc limit 1) returning 1"
    )
    assert ended == [(1,)]


async def test_an_expired_session_leaves_the_cart_intact(shop: RunningShop) -> None:
    first, second = put_on_sale(shop.urls.owner, [10, 10])
    phone, laptop = Buyer(shop.target), Buyer(shop.target)
    await phone.fill(first, 2)
    await sign_up(phone)
    await phone.sync(second, 1)
    end_newest_session(shop)
    assert await phone.cart() == {}  # whoever has the phone now is nobody: they see no account's cart
    await sign_in(laptop, phone.email)
    assert await laptop.cart() == {str(first): 2, str(second): 1}
    await sign_in(phone, phone.email)
    assert await phone.cart() == {str(first): 2, str(second): 1}
    assert held(shop, first) == 2
    for device in (phone, laptop):
        device.close()


async def test_what_one_device_adds_another_sees(shop: RunningShop) -> None:
    first, second = put_on_sale(shop.urls.owner, [10, 10])
    phone, laptop = Buyer(shop.target), Buyer(shop.target)
    await sign_up(phone)
    await phone.fill(first)
    await laptop.fill(second)  # as a guest, then signed in: the carts become one
    await sign_in(laptop, phone.email)
    assert await phone.cart() == await laptop.cart() == {str(first): 1, str(second): 1}
    answer = await laptop.persist("PUT", f"/v1/cart/lines/{first}", {"quantity": 4})
    assert answer.status == 200, answer
    assert await phone.cart() == {str(first): 4, str(second): 1}
    for device in (phone, laptop):
        device.close()


def held(shop: RunningShop, variant: UUID) -> int:
    [(units,)] = shop.rows("select coalesce(sum(quantity), 0)::int from inventory.holds where variant_id = %s", variant)
    return units
