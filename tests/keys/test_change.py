"""A change of keys in a shop that is open: processes of their own, buyers at work, a rotation that is killed on its way."""

import asyncio
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from surehold.app.retail.wire import Answer
from surehold.app.sealed_columns import SEALED_COLUMNS
from surehold.platform.sealed import FileKeys, KeyRing, key_id
from tests.support.buyers import SHIPPING, Buyer, History, assert_true_to_their_word, document, load, order_of
from tests.support.goods import put_on_sale
from tests.support.running_shop import ROOT, RunningShop, eventually, running_shop

COMMAND_TIMEOUT_S = 90.0
PASSWORD = "correct horse battery staple"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[RunningShop]:
    async with running_shop(tmp_path / "shop") as running:
        yield running


class Operator:
    """Runs `./surehold keys` on a shop."""

    def __init__(self, shop: RunningShop) -> None:
        self.shop, self.file = shop, shop.folder / "secret.key"

    @property
    def ring(self) -> KeyRing:
        return FileKeys(self.file).read()

    async def keys(self, *words: str, **more: str) -> tuple[int, str]:
        """A command's exit code and what it printed."""
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "surehold.app.cli", "keys", *words],
            env={**self.shop.environment, "COLUMNS": "250", **more}, cwd=ROOT, capture_output=True, text=True,
            check=False, timeout=COMMAND_TIMEOUT_S,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    async def must(self, *words: str) -> str:
        code, said = await self.keys(*words)
        assert code == 0, said
        return said

    async def restart(self) -> None:
        """All processes read their keys anew."""
        for name in ("worker", "api"):
            await self.shop.pause(name)
            await self.shop.resume(name)
        await self.shop.ready()

    async def uses(self) -> dict[str, list[int]]:
        """How many values each key seals, in the order of the table's columns, by place."""
        said = await self.must("list")
        rows = re.findall(r"^ ?((?:[a-z_]+\.){2}[a-z_]+|copies of carts in Valkey)((?: +\d+)+) *$", said, re.MULTILINE)
        assert len(rows) == len(SEALED_COLUMNS) + 1, said
        return {place: [int(number) for number in numbers.split()] for place, numbers in rows}


async def live(shop: RunningShop, variant: uuid.UUID) -> tuple[Buyer, Answer, tuple[str, dict[str, Any], str]]:
    """Somebody with an account, an address, an order, a checkout and a cart; out go they, the order, and how it was asked for."""
    buyer = Buyer(shop.target)
    account = {"email": buyer.email, "password": PASSWORD, "name": "Ada Byron"}
    assert (await buyer.persist("POST", "/v1/accounts", account)).status == 201
    assert (await buyer.persist("POST", "/v1/me/addresses", {"address": SHIPPING["address"]})).status == 201
    assert (await buyer.fill(variant)).status == 200
    steps = {"shipping": {**SHIPPING, "email": buyer.email}, "payment": {"method": "pay_on_delivery"}}
    checkout = document(await buyer.persist("POST", "/v1/checkouts", steps))["id"]
    asked = (f"/v1/checkouts/{checkout}/place", {}, str(uuid.uuid4()))
    placed = await buyer.persist("POST", *asked)
    assert placed.status == 201
    assert (await buyer.fill(variant)).status == 200
    assert (await buyer.persist("POST", "/v1/checkouts", steps)).status == 200
    assert (await buyer.persist("GET", "/v1/cart")).status == 200
    return buyer, placed, asked


async def test_keys_are_changed_while_the_shop_is_open(shop: RunningShop) -> None:
    operator = Operator(shop)
    first, *variants = put_on_sale(shop.urls.owner, [100_000] * 4)
    buyer, placed, asked = await live(shop, first)
    await shop.settled()
    old = operator.ring.current
    assert operator.file.read_text() == f"{old.hex()}\n"
    used = {place: counts for place, counts in (await operator.uses()).items() if counts != [0]}
    assert used.keys() >= {
        "identity.accounts.email_sealed",
        "platform.idempotency_keys.body",
        "copies of carts in Valkey",
    }

    await operator.must("add")
    assert (operator.ring.current, len(operator.ring.keys)) == (old, 2)
    assert (await operator.keys("add"))[0] == 1  # one at a time
    assert "is the next one" in (await operator.keys("retire", key_id(operator.ring.keys[1]).hex()))[1]
    await operator.restart()  # everybody knows it before anybody uses it
    await operator.must("promote")
    new = operator.ring.current
    assert new != old

    crowd = [Buyer(shop.target, History()) for _ in range(4)]
    async with load(crowd, variants) as orders:
        for name in ("worker", "api"):  # some seal with the new key while others still do with the old one
            await shop.pause(name)
            await shop.resume(name)
        await shop.ready()
        code, said = await operator.keys("retire", key_id(old).hex())
        assert code == 1, said
        assert "still seals values" in said
        killed = await operator.keys("rotate", SUREHOLD_ENV="test", SUREHOLD_FAILPOINTS="keys.rotate.batch=kill@3")
        assert killed[0] == -9
        assert any(counts[1] for counts in (await operator.uses()).values())
        await operator.must("rotate")
        before = len(orders)

        async def still_buying() -> bool:
            return len(orders) > before + 4

        await eventually(still_buying, COMMAND_TIMEOUT_S, "nobody buys")
    assert {counts[1] for counts in (await operator.uses()).values()} == {0}
    await operator.must("retire", key_id(old).hex())
    await operator.restart()
    assert operator.ring.keys == (new,)
    assert old.hex() not in operator.file.read_text()

    elsewhere = Buyer(shop.target)
    signed_in = await elsewhere.persist("POST", "/v1/session", {"email": buyer.email, "password": PASSWORD})
    assert signed_in.status == 200
    again = await buyer.persist("POST", *asked)
    assert (again.status, again.body) == (placed.status, placed.body)  # kept answers, byte for byte
    other_key = await buyer.persist("POST", asked[0], {}, str(uuid.uuid4()))
    assert document(other_key)["order_token"] == document(placed)["order_token"]
    stranger = Buyer(shop.target)
    path = f"/v1/orders/{order_of(placed)}"
    assert (await stranger.send("GET", path)).status == 404  # pyright: ignore[reportOptionalMemberAccess]
    shown = await stranger.send("GET", path, **{"order-token": document(placed)["order_token"]})
    assert shown is not None
    assert document(shown)["address"]["name"] == "Ada Byron"
    addresses = document(await buyer.persist("GET", "/v1/me/addresses"))
    assert "12 Harbour Street" in str(addresses)
    assert [one for one in shop.log_of("api").splitlines() if "SealedError" in one] == []
    await assert_true_to_their_word(shop, crowd, orders, variants[0])
    for one in (buyer, elsewhere, stranger, *crowd):
        one.close()
