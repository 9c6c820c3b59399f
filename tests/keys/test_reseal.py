"""Sealing anew beside writers: values that change meanwhile, rows that are held, values that do not open."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from surehold.app.sealed_columns import SEALED_COLUMNS
from surehold.kernel.ids import uuid7
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.sealed import (
    KeyRing,
    KeyRingError,
    SealedCodec,
    SealedColumn,
    count_by_key,
    key_id,
    require_index_key,
    reseal_column,
)
from tests.support.shop import KEY, make_shop

NEW = os.urandom(32)
RING = KeyRing(current=KEY).with_next(NEW).promoted()
CODEC = SealedCodec(RING)
OLD_ID, NEW_ID = key_id(KEY).hex(), key_id(NEW).hex()
CONTACT = next(column for column in SEALED_COLUMNS if str(column) == "orders.orders.contact")
NAME = next(column for column in SEALED_COLUMNS if str(column) == "identity.accounts.name_sealed")


async def nothing(_: int) -> None:
    """Nobody listens."""


@pytest.fixture
async def names(db: Database) -> AsyncIterator[list[UUID]]:
    """Accounts, all sealed with the old key; more than one page of them."""
    codec, ids = SealedCodec(KEY), sorted(uuid7() for _ in range(450))
    for one in ids:
        email = codec.seal(b"e", context=f"identity.accounts.email:{one}")
        name = codec.seal(str(one).encode(), context=f"identity.accounts.name:{one}")
        await db.execute(
            "insert into identity.accounts (id, email_index, email_sealed, name_sealed, password_hash)"
            " values (%s, %s, %s, %s, 'x')",
            (one, one.bytes, email, name),
        )
    yield ids
    await db.execute("delete from identity.accounts")


async def name_of(db: Database, account: UUID) -> tuple[str, str]:
    """The key and the plain name."""
    row = await db.fetch_one("select name_sealed from identity.accounts where id = %s", (account,))
    assert row is not None
    return bytes(row[0][1:9]).hex(), CODEC.open(row[0], context=f"identity.accounts.name:{account}").decode()


async def test_every_value_is_the_same_under_the_new_key(db: Database, names: list[UUID]) -> None:
    looked_at: list[int] = []

    async def tell(rows: int) -> None:
        looked_at.append(rows)

    done = await reseal_column(db, CODEC, NAME, tell)
    assert (done.changed, done.busy, done.unopened) == (450, 0, 0)
    assert looked_at == [200, 200, 50]
    assert await count_by_key(db, NAME) == {NEW_ID: 450}
    assert [await name_of(db, one) for one in names[::50]] == [(NEW_ID, str(one)) for one in names[::50]]
    assert (await reseal_column(db, CODEC, NAME, nothing)).changed == 0


class Interrupted(SealedCodec):
    """Seals as the codec does; while it seals one account's name anew, somebody else writes another name."""

    def __init__(self, ring: KeyRing, account: UUID, url: str) -> None:
        super().__init__(ring)
        self.account, self.url, self.times = account, url, 0

    def reseal(self, sealed: bytes, *, context: str) -> bytes:
        if context.endswith(str(self.account)) and self.times == 0:
            self.times += 1
            newer = self.seal(b"newer", context=context)
            with psycopg.connect(self.url, autocommit=True) as other:
                other.execute("update identity.accounts set name_sealed = %s where id = %s", (newer, self.account))
        return super().reseal(sealed, context=context)


async def test_what_was_written_meanwhile_stays(db: Database, names: list[UUID], database_url: str) -> None:
    codec = Interrupted(RING, names[-1], database_url)
    done = await reseal_column(db, codec, NAME, nothing)
    assert (codec.times, done.changed, done.busy) == (1, 449, 0)
    assert await name_of(db, names[-1]) == (NEW_ID, "newer")


async def test_a_held_row_is_left_and_told(db: Database, names: list[UUID], database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.owner) as holder:
        holder.execute("select 1 from identity.accounts where id = %s for update", (names[0],))
        done = await reseal_column(db, CODEC, NAME, nothing)
        assert (done.changed, done.busy) == (449, 1)
    assert await count_by_key(db, NAME) == {NEW_ID: 449, OLD_ID: 1}
    assert (await reseal_column(db, CODEC, NAME, nothing)).changed == 1


async def test_what_does_not_open_is_named_and_not_touched(db: Database, names: list[UUID]) -> None:
    foreign = SealedCodec(os.urandom(32)).seal(b"x", context="c")
    moved = SealedCodec(KEY).seal(b"x", context="identity.accounts.name:somebody else")
    for value, account in zip((foreign, moved), names, strict=False):
        await db.execute("update identity.accounts set name_sealed = %s where id = %s", (value, account))
    done = await reseal_column(db, CODEC, NAME, nothing)
    assert (done.changed, done.unopened, len(done.named)) == (448, 2, 2)
    assert str(names[0]) in done.named[0]
    rows = await db.fetch_all("select name_sealed from identity.accounts where id = any(%s) order by id", (names[:2],))
    assert [bytes(row[0]) for row in rows] == [foreign, moved]


async def test_a_key_of_several_parts(db: Database) -> None:
    column = next(one for one in SEALED_COLUMNS if one.table == "platform.idempotency_keys")
    codec = SealedCodec(KEY)
    for number in range(250):
        parts = ("account:x", "checkout.place", f"key-{number % 7}-{number}")
        body = codec.seal(b"answer", context=column.context_of(parts))
        await db.execute(
            "insert into platform.idempotency_keys (actor, route, key, request_hash, claim_token, status, headers, body,"
            " completed_at) values (%s, %s, %s, '\\x00', %s, 200, '{}', %s, clock_timestamp())",
            (*parts, uuid7(), body),
        )
    assert (await reseal_column(db, CODEC, column, nothing)).changed == 250
    assert await count_by_key(db, column) == {NEW_ID: 250}


async def test_orders_and_payments_of_a_shop_that_sells(db: Database, tmp_path: Path) -> None:
    """The contexts that modules seal with are those that the columns declare."""
    shop = make_shop(db, tmp_path)
    [variant] = await shop.variants(1, 10)
    for method in ("scripted", "pay_on_delivery"):
        actor, checkout_id = await shop.ready([(variant, 1)], method)
        await shop.place.place(actor, checkout_id, None)
    changed = {str(c): (await reseal_column(db, CODEC, c, nothing)).changed for c in SEALED_COLUMNS}
    sold = {"orders.orders.contact": 2, "checkout.checkouts.contact": 2, "payments.payments.provider_ref": 1}
    assert {place: changed[place] for place in sold} == sold
    again = [await reseal_column(db, CODEC, column, nothing) for column in SEALED_COLUMNS]
    assert sum(one.changed + one.unopened for one in again) == 0


def test_a_context_names_its_row() -> None:
    column = SealedColumn(table="a.b", column="c", context="a.b.c:{}:{}", key=(("x", "text"), ("y", "text")))
    assert column.context_of(("1", "2")) == "a.b.c:1:2"
    assert (
        SealedColumn(table="a.b", column="c", context="a.b.c:{1}", key=column.key).context_of(("1", "2")) == "a.b.c:2"
    )


async def test_another_index_key_is_refused_before_anybody_is_not_found(db: Database) -> None:
    await require_index_key(db, KeyRing(current=KEY))
    await require_index_key(db, RING)
    with pytest.raises(KeyRingError, match="index key"):
        await require_index_key(db, KeyRing(current=NEW))
