"""Names, addresses and guests' carts are nowhere to be read: not in a dump, the data files, the write-ahead log, Valkey or a log.

What the mail sink keeps are the letters themselves, as their readers get them; it is a tool of `up`, and its files are the one
place where personal data lies open. Of these only the names and the Message-IDs are searched.
"""

import asyncio
import base64
import json
import quopri
import re
import subprocess
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
import valkey

from surehold.platform.embedded import home_of, tool
from tests.support.buyers import Buyer, document, order_of
from tests.support.canaries import Search
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually, running_shop

COMMAND_TIMEOUT_S = 60.0
LETTER_TIMEOUT_S = 30.0
CANARIES = {
    "e-mail": "Wren.Siskin@canary-aviary.example",
    "guest's e-mail": "dunnock.hedge@canary-aviary.example",
    "changed e-mail": "whinchat.moor@canary-aviary.example",
    "mistyped e-mail": "firecrest.pine@@canary-aviary.example",
    "name": "Serinus Zoë Canarienne",
    "changed name": "Emberiza Quillfeather",
    "recipient": "Linnet Goldfinch-Weaver",
    "company": "Nightjar & Hoopoe Fowlers",
    "line": "1742 Yellowhammer Loop",
    "second line": "Turret of Kestrels 9",
    "city": "Chaffinchborough",
    "postcode": "97201-4242",
    "phone": "+1 503-555-0142",
    "password": "Bullfinch-Redpoll-Twite-88",
    "device": "CanaryBrowser/7.31 (Sparrowhawk)",
}
OPEN = {"thing on sale": "Marker Osprey Cormorant", "cache entry": "Marker Avocet Lapwing"}
"""What is not secret, put where the canaries must not be: it is found, or the search is blind."""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[RunningShop]:
    async with running_shop(tmp_path / "shop") as running:
        yield running


def address() -> dict[str, str]:
    return {
        "name": CANARIES["recipient"],
        "company": CANARIES["company"],
        "line1": CANARIES["line"],
        "line2": CANARIES["second line"],
        "city": CANARIES["city"],
        "region": "OR",
        "postcode": CANARIES["postcode"],
        "country": "US",
        "phone": CANARIES["phone"],
    }


async def told(
    buyer: Buyer, expected: int, method: str, path: str, body: object = None, *, key: str | None = None
) -> dict[str, object]:
    """A request by the canary's browser, and its answer."""
    answer = await buyer.send(method, path, body, key, **{"user-agent": CANARIES["device"]})
    assert answer is not None
    assert answer.status == expected, (path, answer.status, answer.body)
    return document(answer) if answer.body else {}


async def place(buyer: Buyer, email: str, variant: uuid.UUID) -> str:
    """An order, placed twice with one key; out goes its id."""
    await told(buyer, 200, "POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": 1})
    steps = {"shipping": {"email": email, "address": address()}, "payment": {"method": "pay_on_delivery"}}
    checkout = await told(buyer, 200, "POST", "/v1/checkouts", steps)
    path, key = f"/v1/checkouts/{checkout['id']}/place", str(uuid.uuid4())
    placed = await buyer.persist("POST", path, {}, key)
    assert (await buyer.persist("POST", path, {}, key)).body == placed.body
    return order_of(placed)


async def live(shop: RunningShop, variant: uuid.UUID) -> None:
    """Everything by which a person's data comes in: what succeeds, what is refused, and what staff look up."""
    with (
        closing(Buyer(shop.target)) as owner,
        closing(Buyer(shop.target)) as guest,
        closing(Buyer(shop.target)) as staff,
    ):
        await shop_around(shop, variant, owner, guest, staff)


async def shop_around(shop: RunningShop, variant: uuid.UUID, owner: Buyer, guest: Buyer, staff: Buyer) -> None:
    password = {"password": CANARIES["password"]}
    account = {"email": CANARIES["e-mail"], "name": CANARIES["name"], **password}
    await told(owner, 201, "POST", "/v1/accounts", account)
    await told(owner, 201, "POST", "/v1/me/addresses", {"address": address(), "is_default": True})
    order = await place(owner, CANARIES["e-mail"], variant)
    await told(owner, 200, "POST", f"/v1/orders/{order}/cancel", {"reason": "changed_mind"}, key=str(uuid.uuid4()))
    await told(owner, 200, "POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": 2})
    await told(owner, 200, "POST", "/v1/checkouts", {"shipping": {"email": CANARIES["e-mail"], "address": address()}})
    await told(owner, 200, "GET", "/v1/cart")

    await told(guest, 200, "POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": 1})
    await told(
        guest, 422, "POST", "/v1/checkouts", {"shipping": {"email": CANARIES["mistyped e-mail"], "address": address()}}
    )
    await place(guest, CANARIES["guest's e-mail"], variant)
    await told(guest, 200, "POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": 1})
    await told(guest, 422, "POST", "/v1/accounts", {**account, "surname": CANARIES["name"]})
    await told(guest, 401, "POST", "/v1/session", {"email": CANARIES["changed e-mail"], **password})
    await told(guest, 401, "POST", "/v1/session", {"email": CANARIES["e-mail"], "password": CANARIES["password"] + "!"})

    shop.rows("update identity.accounts set roles = '{customer,admin}' returning id")  # staff who look people up
    await told(staff, 200, "POST", "/v1/session", {"email": CANARIES["e-mail"], **password})
    for path in ("/v1/admin/orders", "/v1/admin/accounts"):
        await told(staff, 200, "GET", f"{path}?email={CANARIES['e-mail'].lower()}")
    me = await owner.persist("GET", "/v1/me")
    assert document(me)["name"] == CANARIES["name"]
    changed = await owner.send(
        "PATCH", "/v1/me", {"name": CANARIES["changed name"]}, **{"if-match": me.headers["etag"]}
    )
    assert changed is not None
    assert document(changed)["name"] == CANARIES["changed name"]


def dump(shop: RunningShop, folder: Path) -> Path:
    """A backup as the command makes it, and the same as text: within it everything is compressed."""
    folder.mkdir()
    saved, text = folder / "shop.dump", folder / "shop.sql"
    process = shop.spawn("db", "backup", str(saved))
    assert process.wait(COMMAND_TIMEOUT_S) == 0
    subprocess.run([tool("pg_restore"), "--file", text, saved], check=True, timeout=COMMAND_TIMEOUT_S)
    return text


async def everything_on_disk(shop: RunningShop) -> None:
    """What memory still holds is written out."""
    for name in ("api", "worker"):
        await shop.pause(name)
    await shop.on_supervisor(shop.valkey().stop)
    await shop.on_supervisor(lambda: shop.postgres().stop())


async def test_canaries_are_found_nowhere(shop: RunningShop, tmp_path: Path) -> None:
    [variant] = put_on_sale(shop.urls.owner, [100])
    shop.rows("update catalog.products set title = %s returning id", OPEN["thing on sale"])
    await eventually(_subscribed(shop), LETTER_TIMEOUT_S, "the worker does not work")
    await live(shop, variant)
    await shop.settled()
    client = valkey.Valkey.from_url(shop.valkey_url)
    client.set("surehold:marker", OPEN["cache entry"])
    copies = list(client.scan_iter("surehold:cart:*"))
    assert copies
    bodies = [cast("bytes | None", client.hget(key, "body")) for key in copies]
    assert any(bodies)
    assert not any(str(variant).encode() in body for body in bodies if body)  # what a guest's cart holds
    client.close()
    text = await asyncio.to_thread(dump, shop, tmp_path / "dump")
    letters = shop.letters()
    assert len(letters) >= 2
    await everything_on_disk(shop)

    secret, known = Search(CANARIES), Search(OPEN)
    home, mails = home_of(shop.folder), shop.folder / "mail"
    folders = {home, shop.folder, text.parent}
    assert secret.in_folders(folders, but=[mails]) == {}
    found = known.in_folders(folders, but=[mails])
    places = ("base/", "pg_wal/", "shop.sql", "valkey/")
    assert [place for place in places if not any(place in path for path in found)] == []
    for letter in letters:
        assert secret.in_bytes(str(letter["message_id"]).encode()) == set()
    names = [str(file.relative_to(mails)).encode() for file in mails.rglob("*")]
    assert names
    assert secret.in_bytes(b"\n".join(names)) == set()
    assert secret.in_folders([mails]) != {}  # the letters themselves


def _subscribed(shop: RunningShop) -> Callable[[], Awaitable[bool]]:
    async def subscribed() -> bool:
        return bool(shop.rows("select 1 from platform.subscriptions limit 1"))

    return subscribed


@pytest.mark.parametrize("word", ["Serinus Zoë Canarienne", "wren.siskin@canary-aviary.example"])
def test_the_search_knows_a_word_however_it_is_written(word: str, tmp_path: Path) -> None:
    search = Search({"name": word})
    plain = f"x{word}y".encode()
    written = [
        plain,
        word.encode("utf-16"),
        quopri.encodestring(plain),
        plain.hex().encode(),
        json.dumps(word).encode(),
    ]
    written += [base64.b64encode(b"z" * shift + plain) for shift in range(3)]
    assert [raw for raw in written if not search.in_bytes(raw)] == []
    assert search.in_bytes(re.sub(rb"[sc]", b"-", plain)) == set()
    file = tmp_path / "long"
    for before in range((1 << 20) - 40, (1 << 20) + 1, 8):  # across the edge of a chunk
        file.write_bytes(b"." * before + plain)
        assert search.in_file(file)
