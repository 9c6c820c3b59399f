"""The books over HTTP: what staff books is booked once and never below what is promised; what buyers see is of this moment."""

from typing import Any
from uuid import UUID

import psycopg
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient

from surehold.kernel.ids import uuid7
from surehold.modules.inventory.routes import HANDLERS
from tests.inventory.conftest import Desk
from tests.support.people import all_at_once, guest_with

Client = AsyncTestClient[Litestar]
Owner = psycopg.Connection[tuple[object, ...]]


async def book(client: Client, reason: str, ref: str, *changes: tuple[UUID, UUID, int]) -> tuple[int, dict[str, Any]]:
    body = {
        "reason": reason,
        "ref": ref,
        "changes": [{"variant_id": str(v), "location_id": str(place), "delta": delta} for v, place, delta in changes],
    }
    answer = await client.post("/v1/admin/stock/changes", json=body)
    return answer.status_code, answer.json()


async def stock(client: Client, variant: UUID) -> dict[str, Any]:
    answer = await client.get(f"/v1/admin/stock/{variant}")
    assert answer.status_code == 200
    return answer.json()


async def live(client: Client, variant: UUID) -> dict[str, Any]:
    answer = await client.get(f"/v1/variants/{variant}/live")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return answer.json()


def test_every_route_states_its_policy_and_documents_itself() -> None:
    for handler in HANDLERS:
        assert handler.opt["policy"] is not None
        assert handler.summary
        assert ("/v1/admin/" in next(iter(handler.paths))) == bool(handler.opt["policy"].roles)


async def test_a_booking_is_made_once_for_its_paper(client: Client, desk: Desk) -> None:
    [variant], place = desk.on_sale(0), await desk.location()
    assert await book(client, "receipt", "PO-4711", (variant, place, 40)) == (200, {"changed": 1})
    assert await book(client, "receipt", "PO-4711", (variant, place, 40)) == (200, {"changed": 0})
    assert await book(client, "count", "PO-4711", (variant, place, -2)) == (200, {"changed": 1})
    found = await stock(client, variant)
    assert (found["on_hand"], found["available"]) == (38, 38)
    assert [(level["code"], level["on_hand"]) for level in found["levels"]] == [("here", 38)]
    entries = (await client.get(f"/v1/admin/stock/{variant}/ledger")).json()["entries"]
    assert [(entry["reason"], entry["ref"], entry["delta"]) for entry in entries] == [
        ("count", "PO-4711", -2),
        ("receipt", "PO-4711", 40),
    ]
    audited = await desk.rows(
        "select actor, facts ->> 'ref' from audit.entries where action = 'inventory.on_hand_changed' and subject_id = %s",
        variant,
    )
    assert audited == [(desk.actor.key, "PO-4711")] * 2


async def test_a_booking_sent_by_many_at_once_is_made_once(client: Client, desk: Desk) -> None:
    for round_ in range(10):
        [variant], place = desk.on_sale(1), await desk.location()
        answers = await all_at_once(
            book(client, "receipt", f"PO-RACED-{round_}", (variant, place, 5)) for _ in range(6)
        )
        assert sorted(answer[1]["changed"] for answer in answers if isinstance(answer, tuple)) == [0, 0, 0, 0, 0, 1]
        assert (await stock(client, variant))["on_hand"] == 6


async def test_what_carts_hold_cannot_be_taken_from_the_shelf(client: Client, desk: Desk) -> None:
    variant, other = desk.on_sale(5, 5)
    place = await desk.location()
    await guest_with(desk.carts, [(variant, 3)])
    status, problem = await book(client, "damage", "D-1", (other, place, -1), (variant, place, -3))
    assert (status, problem["code"]) == (409, "STOCK_RESERVED")
    assert [(await stock(client, v))["on_hand"] for v in (variant, other)] == [5, 5]
    assert await book(client, "damage", "D-1", (other, place, -1), (variant, place, -2)) == (200, {"changed": 2})
    found = await stock(client, variant)
    assert (found["on_hand"], found["reserved"], found["available"]) == (3, 3, 0)


async def test_nothing_leaves_a_place_where_it_never_was(client: Client, desk: Desk) -> None:
    [variant], here, there = desk.on_sale(5), await desk.location(), await desk.location("elsewhere")
    status, problem = await book(client, "adjustment", "A-1", (variant, there, -1))
    assert (status, problem["code"]) == (409, "NOT_AT_LOCATION")
    status, problem = await book(client, "adjustment", "A-2", (variant, uuid7(), 1))
    assert (status, problem["code"]) == (404, "LOCATION_NOT_FOUND")
    status, problem = await book(client, "adjustment", "A-3", (variant, here, -6))
    assert (status, problem["code"]) == (409, "STOCK_RESERVED")
    assert (await stock(client, variant))["on_hand"] == 5
    assert await desk.rows("select 1 from inventory.ledger where ref in ('A-1', 'A-2', 'A-3')") == []


async def test_what_is_new_cannot_begin_below_nothing(client: Client, desk: Desk) -> None:
    new, here, there = uuid7(), await desk.location(), await desk.location("elsewhere")
    status, problem = await book(client, "adjustment", "N-1", (new, here, -1))
    assert (status, problem["code"]) == (409, "NOT_AT_LOCATION")
    status, problem = await book(client, "receipt", "N-2", (new, here, 5), (new, there, -2))
    assert (status, problem["code"]) == (409, "NOT_AT_LOCATION")
    assert await desk.rows("select 1 from inventory.stock where variant_id = %s", new) == []
    assert await book(client, "receipt", "N-3", (new, here, 5), (new, here, -2), (new, there, 1)) == (
        200,
        {"changed": 1},
    )
    found = await stock(client, new)
    assert (found["on_hand"], sorted(level["on_hand"] for level in found["levels"])) == (4, [1, 3])


async def test_how_many_carts_hold_a_variant_now(client: Client, desk: Desk, owner: Owner) -> None:
    variant, other = desk.on_sale(9, 9)
    assert (await live(client, variant))["carts_holding"] == 0
    first = await guest_with(desk.carts, [(variant, 2), (other, 1)])
    await guest_with(desk.carts, [(variant, 3)])
    await guest_with(desk.carts, [(other, 1)])
    seen = await live(client, variant)
    assert (seen["carts_holding"], seen["available"], seen["state"]) == (2, 4, "in_stock")
    await desk.carts.remove(first, [variant])
    seen = await live(client, variant)
    assert (seen["carts_holding"], seen["available"]) == (1, 6)
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )
    assert (await live(client, variant))["carts_holding"] == 0
    unknown = await client.get(f"/v1/variants/{uuid7()}/live")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "STOCK_NOT_FOUND")


async def test_of_two_who_edit_a_location_the_second_is_told(client: Client, desk: Desk) -> None:
    body = {"code": "leeds", "title": "Leeds", "country": "GB", "region": "LDS", "priority": 5, "active": True}
    made = await client.post("/v1/admin/locations", json=body)
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    taken = await client.post("/v1/admin/locations", json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "LOCATION_EXISTS")
    path = f"/v1/admin/locations/{made.json()['id']}"

    async def change(version: int | None, **changes: object) -> Response:
        headers = {} if version is None else {"if-match": f'"v{version}"'}
        return await client.put(path, json={**body, **changes}, headers=headers)

    assert (await change(None)).status_code == 428
    renamed = await change(1, code="york", title="Leeds North", active=False)
    assert (renamed.status_code, renamed.headers["etag"]) == (200, '"v2"')
    assert (renamed.json()["code"], renamed.json()["title"], renamed.json()["active"]) == (
        "leeds",
        "Leeds North",
        False,
    )
    stale = await change(1, title="Lost")
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (
        412, "VERSION_CONFLICT", renamed.json(),
    )  # fmt: skip
    listed = (await client.get("/v1/admin/locations")).json()["locations"]
    assert [place for place in listed if place["code"] == "leeds"] == [renamed.json()]
    absent = await client.put(f"/v1/admin/locations/{uuid7()}", json=body, headers={"if-match": "*"})
    assert (absent.status_code, absent.json()["code"]) == (404, "LOCATION_NOT_FOUND")
    audited = await desk.rows(
        "select action from audit.entries where subject_id = %s order by seq", UUID(made.json()["id"])
    )
    assert [row[0] for row in audited] == ["inventory.location_added", "inventory.location_changed"]


async def test_of_two_who_set_a_policy_the_second_is_told_and_holds_are_in_nobodys_way(
    client: Client, desk: Desk
) -> None:
    [variant] = desk.on_sale(9)
    path = f"/v1/admin/stock/{variant}/policy"
    read = await client.get(path)
    assert (read.json()["backorder_limit"], read.headers["etag"]) == (0, '"v1"')
    body = {"backorder_limit": 20, "promised_on": "2031-12-10", "low_stock_threshold": 3}
    assert (await client.put(path, json=body)).status_code == 428
    await guest_with(desk.carts, [(variant, 1)])
    first = await client.put(path, json=body, headers={"if-match": read.headers["etag"]})
    assert (first.status_code, first.headers["etag"], first.json()["promised_on"]) == (200, '"v2"', "2031-12-10")
    second = await client.put(path, json={**body, "low_stock_threshold": 9}, headers={"if-match": '"v1"'})
    assert (second.status_code, second.json()["code"], second.json()["current"]) == (
        412, "VERSION_CONFLICT", first.json(),
    )  # fmt: skip
    assert (await stock(client, variant))["low_stock_threshold"] == 3
    dateless = await client.put(path, json={"backorder_limit": 5}, headers={"if-match": '"v2"'})
    assert (dateless.status_code, dateless.json()["code"]) == (422, "BACKORDERS_PROMISED")
    imported = "select inventory.set_policies(%s::uuid[], array[7], array[null::date], array[null::integer])"
    await desk.rows(imported, [variant])
    assert (await client.get(path)).headers["etag"] == '"v3"'
    assert (await client.get(f"/v1/admin/stock/{uuid7()}/policy")).status_code == 404


async def test_what_runs_low_is_listed(client: Client, desk: Desk) -> None:
    low, plenty = desk.on_sale(3, 50)
    for variant in (low, plenty):
        await desk.set_threshold(variant, 3)
    listed: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = (
            await client.get("/v1/admin/low-stock", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        listed += page["variants"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {"variant_id": str(low), "available": 3, "threshold": 3} in listed
    assert str(plenty) not in {row["variant_id"] for row in listed}
