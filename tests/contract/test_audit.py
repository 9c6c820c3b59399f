"""Who did what: every write of staff's leaves an entry with its author, and so does what happens to orders and money."""

import copy
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import httpx
import psycopg
import pytest
from pyotp.totp import TOTP

from surehold.app.container import open_tools
from surehold.app.routing import handlers_of
from surehold.app.work import reactions_of
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import sync_subscriptions
from surehold.platform.http import Role
from surehold.platform.http.edge.asgi import ASGIApp
from tests.contract.requests import UNSAFE, Operation, operations_of
from tests.contract.seeds import make_things, name_things
from tests.support.api import client_of, make_staff, settings_of, sign_in, sign_up

POLICIES = {handler.operation_id: handler.opt["policy"] for handler in handlers_of(())}
STAFF_WRITES = sorted(
    handler.operation_id
    for handler in handlers_of(())
    if handler.opt["policy"].roles and handler.http_methods & {method.upper() for method in UNSAFE}
)
FIRST: Mapping[str, tuple[str, ...]] = {"remove_group_member": ("set_group_members",)}
"""What has to be done before, for there to be something to do."""


@dataclass(frozen=True)
class Desk:
    """An admin at work, and the log."""

    admin: httpx.AsyncClient
    actor: str
    customer: str
    document: dict[str, Any]
    owner_url: str

    def rows(self, sql: LiteralString, *params: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(sql, params).fetchall()

    def last_entry(self) -> int:
        return self.rows("select coalesce(max(seq), 0) from audit.entries")[0][0]

    def entries_since(self, seq: int) -> list[tuple[str, str]]:
        return self.rows("select actor, action from audit.entries where seq > %s order by seq", seq)  # pyright: ignore[reportReturnType]

    def bury(self) -> str:
        """A letter whose delivery was given up; out goes its id."""
        [(event, consumer)] = self.rows(
            "update platform.deliveries set dead_at = clock_timestamp(), attempts = 10, last_error = 'ValueError'"
            " where (event_id, consumer) = (select event_id, consumer from platform.deliveries"
            " where dead_at is null and consumer like 'notifications.%%' order by event_id desc limit 1)"
            " returning event_id, consumer"
        )
        return f"delivery:{event}:{consumer}"


@pytest.fixture
async def desk(
    app: ASGIApp,
    database_urls: PostgresUrls,
    valkey_url: str,
    document: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Desk]:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("staff"))
    async with open_tools(settings) as tools:
        await sync_subscriptions(tools.db, [one for part in reactions_of(tools.parts).values() for one in part])
    async with client_of(app) as admin, client_of(app) as customer:
        await sign_in(admin, *await make_staff(settings, Role.ADMIN))
        account = (await admin.get("/v1/me")).json()["id"]
        await sign_up(customer)
        buyer = (await customer.get("/v1/me")).json()["id"]
        secret = (await customer.post("/v1/me/totp")).json()["secret"]
        assert (await customer.put("/v1/me/totp", json={"code": TOTP(secret).now()})).is_success
        yield Desk(admin, f"account:{account}", buyer, document, database_urls.owner)


async def named_operations(desk: Desk) -> tuple[dict[str, Operation], dict[str, Any]]:
    """All operations by name, on things made for them; and those things."""
    things = await make_things(desk.admin)
    things["letter_id"] = desk.bury()
    things["customer_id"] = desk.customer
    described = copy.deepcopy(desk.document)
    name_things(described, things)
    return {operation.name: operation for operation in operations_of(described, POLICIES)}, things


async def perform(desk: Desk, operation: Operation, things: Mapping[str, Any]) -> httpx.Response:
    body: Any = _fresh(operation.example())
    if operation.name == "mend_dead_letter":
        letter = (await desk.admin.get(f"/v1/admin/dead-letters/{things['letter_id']}")).json()
        body = {"payload": letter["payload"]}
    values = {item["name"]: item["example"] for item in operation.path_parameters}
    if operation.name in {"impersonate", "take_totp_away"}:
        values["account_id"] = things["customer_id"]
    return await operation.send(desk.admin, body=body, path=operation.path.format(**values))


def _fresh(value: Any, name: str = "") -> Any:
    """An example whose own names are taken by nothing yet, and whose amounts are no thing's already."""
    if isinstance(value, dict):
        return {key: _fresh(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_fresh(item, name) for item in value]
    if name in {"code", "sku"}:
        return f"{value}-{uuid.uuid4().hex[:8]}"
    return value + 1 if name == "amount" else value


@pytest.mark.parametrize("name", STAFF_WRITES)
async def test_a_write_of_staffs_names_its_author(desk: Desk, name: str) -> None:
    operations, things = await named_operations(desk)
    for earlier in FIRST.get(name, ()):
        assert (await perform(desk, operations[earlier], things)).is_success
    before = desk.last_entry()
    answer = await perform(desk, operations[name], things)
    assert answer.is_success, answer.text
    assert desk.actor in {actor for actor, _ in desk.entries_since(before)}, desk.entries_since(before)


async def test_staff_signing_in_is_noted_and_a_customer_is_not(
    desk: Desk, app: ASGIApp, database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("more"))
    email, password = await make_staff(settings, Role.SUPPORT)
    async with client_of(app) as member, client_of(app) as customer:
        before = desk.last_entry()
        await sign_in(member, email, password)
        actor = f"account:{(await member.get('/v1/me')).json()['id']}"
        assert desk.entries_since(before) == [(actor, "identity.staff_signed_in")]
        [(subject, request_id)] = desk.rows(
            "select subject_id::text, request_id from audit.entries where seq > %s", before
        )
        assert f"account:{subject}" == actor
        assert request_id
        before = desk.last_entry()
        await sign_up(customer)
        assert [action for _, action in desk.entries_since(before)] == ["identity.account_registered"]


async def test_an_order_its_money_and_its_end_are_noted(desk: Desk) -> None:
    """Each state of an order and each move of money, by whoever caused it."""
    before = desk.last_entry()
    things = await make_things(desk.admin)
    path = f"/v1/orders/{things['order_id']}/cancel"
    assert (await desk.admin.post(path, json={}, headers={"idempotency-key": uuid.uuid4().hex})).is_success
    noted = desk.rows(
        "select action from audit.entries where seq > %s and actor = %s and subject_type in ('order', 'payment')"
        " order by seq",
        before,
        desk.actor,
    )
    orders = [action for (action,) in noted if action.startswith("orders.")]
    history = desk.rows("select to_status from orders.history where order_id = %s", things["order_id"])
    assert orders == ["orders.order_placed", "orders.order_confirmed", "orders.order_cancelled"]
    assert len(orders) == len(history)
    assert next(action for (action,) in noted if action.startswith("payments.")) == "payments.payment_opened"
