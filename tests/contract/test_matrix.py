"""Every operation by every role with foreign, missing and malformed ids, and what no operation may take; refused changes nothing."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from surehold.app.routing import handlers_of
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import ACCOUNT, PUBLIC, Role, scope_of, scopes_of
from surehold.platform.http.edge.asgi import ASGIApp
from tests.contract.requests import UNSAFE, Operation, body_ids, integers, operations_of, replaced
from tests.support.api import client_of, make_staff, problem, settings_of, sign_in, sign_up
from tests.support.fingerprint import fingerprint
from tests.support.goods import put_on_sale

STAFF = (Role.SUPPORT, Role.CATALOGUE, Role.OPERATIONS, Role.ADMIN)
MACHINE = Role.OPERATIONS
NOT_FACTS = frozenset({"identity.sessions", "identity.api_keys", "platform.idempotency_keys"})
"""When somebody was last seen, and the refusals that are kept to be given again: nothing of the shop."""
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}
ELSEWHERE = {
    ("add_address", ("id",)),
    ("sync_cart", ("cart_id",)),
    ("sync_cart", ("operations", 0, "id")),
    ("sync_cart", ("operations", 0, "variant_id")),
}
"""Names that the asker gives to new things, operations that are answered one by one, and the cart that an offline client knew last,
which opens nothing (another than its own only means that it knows nothing of this one): they have tests of their own."""
SHIPPING = {"email": "ada@example.com", "address": ADDRESS, "method": "standard"}
BUYERS = frozenset({"anonymous", "guest", "customer", "catalogue"})
pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class World:
    """People, and what a victim owns that is nobody else's business."""

    app: ASGIApp
    people: Mapping[str, httpx.AsyncClient]
    foreign: Mapping[str, str]
    owner_url: str
    operations: list[Operation]
    document: Mapping[str, Any]
    scopes: frozenset[str]

    def facts(self) -> dict[str, str]:
        return fingerprint(self.owner_url, NOT_FACTS)


@pytest.fixture(scope="module")
async def world(
    app: ASGIApp,
    database_urls: PostgresUrls,
    valkey_url: str,
    document: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("staff"))
    (variant,) = put_on_sale(database_urls.owner, [1000])
    policies = {handler.operation_id: handler.opt["policy"] for handler in handlers_of(())}
    async with AsyncExitStack() as stack:

        async def somebody(**headers: str) -> httpx.AsyncClient:
            return await stack.enter_async_context(client_of(app, **headers))

        people = {"anonymous": await somebody(), "guest": await somebody(), "customer": await somebody()}
        await sign_up(people["customer"])
        for name in ("guest", "customer"):
            added = await people[name].post("/v1/cart/lines", json={"variant_id": str(variant)})
            assert added.status_code == 200, added.text
        for role in STAFF:
            people[role.value] = await somebody()
            await sign_in(people[role.value], *await make_staff(settings, role))
        key = await people["admin"].post("/v1/admin/api-keys", json={"name": "matrix", "roles": [MACHINE.value]})
        people["machine"] = await somebody(authorization=f"Bearer {key.json()['secret']}")
        foreign = await _possessions(await somebody(), str(variant)) | await _merged(await somebody(), str(variant))
        operations = list(operations_of(document, policies))
        scopes = scopes_of(handlers_of(()))
        yield World(app, people, foreign, database_urls.owner, operations, document, scopes)


async def _possessions(victim: httpx.AsyncClient, variant: str) -> dict[str, str]:
    await sign_up(victim)
    address = await victim.post("/v1/me/addresses", json={"address": ADDRESS})
    assert address.status_code == 201, address.text
    sessions = (await victim.get("/v1/me/sessions")).json()["sessions"]
    ordered = await _open(victim, variant)
    placed = await victim.post(f"/v1/checkouts/{ordered}/place", headers={"idempotency-key": uuid.uuid4().hex})
    assert placed.status_code == 201, placed.text
    return {
        "address_id": address.json()["id"],
        "session_id": sessions[0]["id"],
        "order_id": placed.json()["order"]["id"],
        "checkout_id": await _open(victim, variant),
        "cart_id": (await victim.get("/v1/cart")).json()["id"],
    }


async def _merged(victim: httpx.AsyncClient, variant: str) -> dict[str, str]:
    """A merge that the victim may still undo: a guest's cart of the same browser went into the account's."""
    email, password = f"{uuid.uuid4().hex}@shop.test", uuid.uuid4().hex
    assert (await victim.post("/v1/accounts", json={"email": email, "password": password})).status_code == 201
    await victim.post("/v1/cart/lines", json={"variant_id": variant, "quantity": 1})
    await victim.delete("/v1/session")
    victim.cookies.clear()
    await victim.post("/v1/cart/lines", json={"variant_id": variant, "quantity": 3})
    back = await victim.post("/v1/session", json={"email": email, "password": password})
    return {"merge_id": back.json()["merge"]["merge_id"]}


async def _open(victim: httpx.AsyncClient, variant: str) -> str:
    await victim.post("/v1/cart/lines", json={"variant_id": variant, "quantity": 2})
    opened = await victim.post("/v1/checkouts", json={"shipping": SHIPPING, "payment": {"method": "pay_on_delivery"}})
    assert opened.status_code == 200, opened.text
    return str(opened.json()["id"])


def expected_refusal(operation: Operation, who: str) -> tuple[int, str] | None:
    """What the policy alone says: 401 to strangers, 403 to those who lack the role."""
    policy = operation.policy
    if not policy.needs_account:
        return None
    if who in {"anonymous", "guest"}:
        return 401, "UNAUTHENTICATED"
    if policy == ACCOUNT:
        return (403, "FORBIDDEN") if who == "machine" else None
    held = MACHINE if who == "machine" else Role(who)
    return None if held in policy.roles else (403, "FORBIDDEN")


async def test_policies_hold_for_every_role_and_change_nothing(world: World) -> None:
    before, checked = world.facts(), 0
    for operation in world.operations:
        for who, client in world.people.items():
            if (expected := expected_refusal(operation, who)) is None:
                continue
            answer = await operation.send(client, lambda name: world.foreign.get(name, str(uuid.uuid4())))
            assert (answer.status_code, problem(answer)["code"]) == expected, (operation.name, who, answer.text)
            checked += 1
    assert checked > 350
    assert world.facts() == before


async def test_a_narrowed_key_reaches_nothing_but_its_scopes(world: World) -> None:
    """Every scope by every operation that is not everybody's: a key for orders changes no price, one that reads writes nothing."""
    async with AsyncExitStack() as stack:
        keys = {scope: await stack.enter_async_context(await _key_for(world, scope)) for scope in sorted(world.scopes)}
        before, refused, allowed = world.facts(), 0, set[str]()
        for operation in [operation for operation in world.operations if operation.policy != PUBLIC]:
            needed = scope_of(operation.said["tags"], {operation.method.upper()})
            for scope, client in keys.items():
                if scope != needed:
                    answer = await operation.send(client, lambda name: world.foreign.get(name, str(uuid.uuid4())))
                    assert (answer.status_code, problem(answer)["code"]) == (403, "FORBIDDEN"), (operation.name, scope)
                    refused += 1
            if operation.method == "get" and operation.policy.roles:
                answer = await operation.send(keys[needed])
                assert answer.status_code in {200, 404}, (operation.name, answer.text)
                allowed.add(needed)
        assert refused > 1_000
        assert len(allowed) > 6
        assert world.facts() == before


async def test_a_key_is_narrowed_to_scopes_that_there_are(world: World) -> None:
    body = {"name": "typo", "roles": ["operations"], "scopes": ["order:read", "orders:read"]}
    answer = await world.people["admin"].post("/v1/admin/api-keys", json=body)
    assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), answer.text
    assert [error["message"] for error in problem(answer)["errors"]] == ["order:read is no scope"]
    assert "orders:write" in problem(answer)["detail"]


async def _key_for(world: World, scope: str) -> httpx.AsyncClient:
    """A machine with an admin's role and one scope."""
    body = {"name": scope, "roles": ["admin"], "scopes": [scope], "lives_days": 1}
    made = await world.people["admin"].post("/v1/admin/api-keys", json=body)
    assert made.status_code == 201, made.text
    listed = (await world.people["admin"].get("/v1/admin/api-keys")).json()["api_keys"]
    assert next(key["scopes"] for key in listed if key["id"] == made.json()["id"]) == [scope]
    return client_of(world.app, authorization=f"Bearer {made.json()['secret']}")


async def test_foreign_missing_and_malformed_ids_look_alike_and_change_nothing(world: World) -> None:
    before, checked, misfits = world.facts(), 0, []
    for operation in [operation for operation in world.operations if operation.path_parameters]:
        for who, client in world.people.items():
            if expected_refusal(operation, who) is not None or _may_see_all(operation, who):
                continue
            missing = await operation.send(client)
            if missing.status_code not in _not_there(operation):
                misfits.append((operation.name, who, missing.status_code, missing.text[:200]))
            if set(operation.id_names) & set(world.foreign):
                foreign = await operation.send(client, lambda name: world.foreign.get(name, str(uuid.uuid4())))
                assert foreign.status_code == missing.status_code, (operation.name, who, foreign.text)
                if foreign.status_code >= 400:
                    assert problem(foreign) == problem(missing), (operation.name, who)
            if operation.id_names:
                malformed = await operation.send(client, lambda _: "not-an-id")
                assert malformed.status_code == 404, (operation.name, who, malformed.text)
            checked += 1
    assert misfits == []
    assert checked > 100
    assert world.facts() == before


async def test_ids_in_bodies_are_checked_like_those_in_paths(world: World) -> None:
    """Something of somebody else's, something that is not there: refused in the same words. No id at all: 422."""
    before, checked = world.facts(), 0
    for operation, place in _named_in_bodies(world):
        for who, client in world.people.items():
            if expected_refusal(operation, who) is not None or (operation.name, place) in ELSEWHERE:
                continue
            missing = await _refusal(operation, client, place, str(uuid.uuid4()))
            assert 400 <= missing[0] < 500, (operation.name, place, who, missing)
            for kind, thing in world.foreign.items():
                foreign = await _refusal(operation, client, place, thing)
                assert foreign == missing, (operation.name, place, who, kind)
            checked += 1
    assert checked > 20
    assert world.facts() == before


@pytest.mark.parametrize("wrong", ["not-an-id", "", "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c1", 7, True, {}, []])
async def test_what_is_no_id_is_refused_in_bodies(world: World, wrong: Any) -> None:
    before, checked = world.facts(), 0
    for operation, place in _named_in_bodies(world):
        client = world.people[_who_may(operation)]
        answer = await operation.send(client, body=_naming(operation, place, wrong))
        assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), (operation.name, answer.text)
        assert str(place[0]) in {error["field"].partition("[")[0] for error in problem(answer)["errors"]}
        checked += 1
    assert checked > 10
    assert world.facts() == before


async def test_an_address_under_somebody_elses_id_is_refused(world: World) -> None:
    before, client = world.facts(), world.people["customer"]
    answer = await client.post("/v1/me/addresses", json={"address": ADDRESS, "id": world.foreign["address_id"]})
    assert (answer.status_code, problem(answer)["code"]) == (404, "ADDRESS_NOT_FOUND"), answer.text
    assert world.facts() == before


async def test_operations_on_what_is_not_there_are_refused_one_by_one(world: World) -> None:
    """And an operation's id is the cart's own: somebody else's outcome is not given to who happens to use it again."""
    client, other, one = world.people["customer"], world.people["guest"], str(uuid.uuid4())
    before = (await client.get("/v1/cart")).json()["lines"]
    outcomes = [await _sync(client, str(uuid.uuid4()), thing) for thing in (str(uuid.uuid4()), *world.foreign.values())]
    assert {(outcome["status"], outcome["code"]) for outcome in outcomes} == {("refused", "VARIANT_NOT_FOUND")}
    assert (await client.get("/v1/cart")).json()["lines"] == before
    variant = before[0]["variant_id"]
    for person in (client, other):
        applied = await _sync(person, one, variant)
        assert (applied["status"], applied["replayed"]) == ("applied", False)
    assert (await _sync(other, one, variant))["replayed"] is True


async def test_a_sync_against_somebody_elses_cart_changes_ones_own_alone(world: World) -> None:
    """`cart_id` says what the client's version is one of. It opens nothing: the cart is that of who asks."""
    client = world.people["customer"]
    own = (await client.get("/v1/cart")).json()
    variant = own["lines"][0]["variant_id"]
    for cart in (world.foreign["cart_id"], str(uuid.uuid4())):
        sent = {"id": str(uuid.uuid4()), "kind": "set", "variant_id": variant, "quantity": 7}
        answer = await client.post("/v1/cart/sync", json={"cart_id": cart, "base_version": 10**6, "operations": [sent]})
        assert (answer.status_code, answer.json()["cart_id"]) == (200, own["id"]), answer.text
        assert [outcome["status"] for outcome in answer.json()["outcomes"]] == ["conflict"]
    assert (await client.get("/v1/cart")).json()["lines"] == own["lines"]


async def _sync(client: httpx.AsyncClient, operation: str, variant: str) -> dict[str, Any]:
    sent = {"id": operation, "kind": "add", "variant_id": variant, "quantity": 1}
    answer = await client.post("/v1/cart/sync", json={"base_version": 0, "operations": [sent]})
    assert answer.status_code == 200, answer.text
    return answer.json()["outcomes"][0]


def _named_in_bodies(world: World) -> list[tuple[Operation, tuple[Any, ...]]]:
    return [(one, place) for one in world.operations for place in body_ids(world.document, one)]


def _naming(operation: Operation, place: tuple[Any, ...], value: Any) -> Any:
    """The example with something else, or something more, named at a place."""
    if operation.name == "add_cart_lines" and place[0] == "lines":
        return {"lines": [{"variant_id": value, "quantity": 1}]}
    return replaced(operation.example(), place, value)


async def _refusal(
    operation: Operation, client: httpx.AsyncClient, place: tuple[Any, ...], value: str
) -> tuple[int, str]:
    """Status and words of an answer, whatever id they name."""
    answer = await operation.send(client, body=_naming(operation, place, value))
    told = problem(answer) if answer.status_code >= 400 else answer.json()
    return answer.status_code, str(told).replace(value, "ID")


def _may_see_all(operation: Operation, who: str) -> bool:
    """Rules of addresses are there for everybody; staff reads and cancels any order."""
    return operation.name == "read_address_rules" or (
        operation.path.endswith(("/orders/{order_id}", "/orders/{order_id}/cancel")) and who not in BUYERS
    )


def _not_there(operation: Operation) -> set[int]:
    """Taking away what is not there is no error where the description says so."""
    return {
        404,
        *(int(status) for status in operation.said["responses"] if operation.method == "delete" and status < "3"),
    }


async def test_no_operation_takes_unknown_parameters_or_members(world: World) -> None:
    before = world.facts()
    for operation in world.operations:
        client = world.people[_who_may(operation)]
        answer = await operation.send(client, query={"no_such_parameter": "1"})
        assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), (operation.name, answer.text)
        if operation.has_body:
            body = {**operation.example(), "no_such_member": 1}
            answer = await operation.send(client, body=body)
            assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), (
                operation.name,
                answer.text,
            )
            assert problem(answer)["errors"][0]["field"] == "no_such_member", operation.name
    assert world.facts() == before


@pytest.mark.parametrize("wrong", [-(10**18), 10**18, 1.5, "3", True, [], {}])
async def test_whole_numbers_are_whole_and_within_bounds(world: World, wrong: Any) -> None:
    before, checked = world.facts(), 0
    for operation in world.operations:
        for place in integers(operation.example()):
            if place[-1] == "average":
                continue  # no whole number
            body = replaced(operation.example(), place, wrong)
            answer = await operation.send(world.people[_who_may(operation)], body=body)
            assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), (
                operation.name,
                place,
                answer.text,
            )
            checked += 1
    assert checked > 15
    assert world.facts() == before


@pytest.mark.parametrize("quantity", [-1, 0, 1.5, 10**9, "3"])
async def test_quantities_that_nobody_can_buy(world: World, quantity: Any) -> None:
    before, client, variant = world.facts(), world.people["customer"], str(uuid.uuid4())
    bodies = {
        "/v1/cart/lines": [
            {"variant_id": variant, "quantity": quantity},
            {"lines": [{"variant_id": variant, "quantity": quantity}]},
        ]
    }
    for path, sent in bodies.items():
        for body in sent:
            answer = await client.post(path, json=body)
            assert (answer.status_code, problem(answer)["code"]) == (422, "INVALID_INPUT"), answer.text
    if quantity != 0:  # which removes the line
        answer = await client.put(f"/v1/cart/lines/{variant}", json={"quantity": quantity})
        assert answer.status_code == 422, answer.text
        operation = {"id": str(uuid.uuid4()), "kind": "add", "variant_id": variant, "quantity": quantity}
        answer = await client.post("/v1/cart/sync", json={"base_version": 0, "operations": [operation]})
        assert answer.status_code == 422, answer.text
    assert world.facts() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://other.shop.test"},
    ],
)
async def test_no_write_comes_from_another_site(world: World, headers: dict[str, str]) -> None:
    before = world.facts()
    for operation in [operation for operation in world.operations if operation.method in UNSAFE]:
        answer = await operation.send(world.people[_who_may(operation)], headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (403, "CSRF_REFUSED"), (operation.name, answer.text)
    assert world.facts() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_no_write_comes_from_a_form(world: World, kind: str) -> None:
    before = world.facts()
    for operation in [operation for operation in world.operations if operation.has_body]:
        answer = await operation.send(world.people[_who_may(operation)], headers={"content-type": kind})
        assert (answer.status_code, problem(answer)["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE"), (
            operation.name,
            answer.text,
        )
    assert world.facts() == before


def _who_may(operation: Operation) -> str:
    return "admin" if operation.policy.roles else "customer"
