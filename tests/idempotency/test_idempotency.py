import asyncio
import os
import sys
from collections.abc import AsyncIterator

import msgspec
import pytest

from surehold.kernel.errors import Kind, NotFoundError, ShopError, StaleVersionError, UnavailableError
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import ANONYMOUS, Actor, ActorKind
from surehold.platform.idempotency import (
    Idempotency,
    IdempotencyInFlightError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyMismatchError,
    StoredResponse,
)
from surehold.platform.sealed import SealedCodec

BUYER = Actor(kind=ActorKind.GUEST, guest_hash=os.urandom(32), request_id="r1")
CODEC = SealedCodec(os.urandom(32))
ROUTE = "orders.place"


class DeclinedError(ShopError):
    code = "DECLINED"
    kind = Kind.PAYMENT_REQUIRED


class Work:
    """Counts its runs; may wait, fail, or answer something new each time."""

    def __init__(self, *failures: BaseException) -> None:
        self.runs, self.failures = 0, list(failures)
        self.started, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def __call__(self) -> StoredResponse:
        self.runs += 1
        run = self.runs
        self.started.set()
        await self.go.wait()
        if self.failures:
            raise self.failures.pop(0)
        return StoredResponse(
            201, {"content-type": "application/json", "location": f"/v1/orders/{run}"}, b'{"run": %d}\n' % run
        )


@pytest.fixture
def first(db: Database) -> Idempotency:
    return Idempotency(db, CODEC)


@pytest.fixture
async def second(database_urls: PostgresUrls) -> AsyncIterator[Idempotency]:
    database = Database(database_urls.app)
    await database.open()
    yield Idempotency(database, CODEC)
    await database.close()


def key() -> str:
    return os.urandom(8).hex()


async def test_the_answer_is_given_again_byte_for_byte(first: Idempotency, second: Idempotency, db: Database) -> None:
    work, one = Work(), key()
    answer = await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    again = await second.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    assert (answer, work.runs) == (again, 1)
    row = await db.fetch_one("select body from platform.idempotency_keys where key = %s", (one,))
    assert row is not None
    assert answer.body not in row[0]  # kept sealed


async def test_the_same_key_at_the_same_moment_runs_once(first: Idempotency, second: Idempotency) -> None:
    for _ in range(10):
        work, one = Work(), key()
        work.go.clear()
        asked = [
            asyncio.create_task(who.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work))
            for who in (first, second) * 4
        ]
        done, waiting = await asyncio.wait(asked, return_when=asyncio.ALL_COMPLETED, timeout=0.2)
        assert len(waiting) == 1
        assert len(done) == 7
        assert all(isinstance(task.exception(), IdempotencyInFlightError) for task in done)
        work.go.set()
        answer = await waiting.pop()
        assert await second.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work) == answer
        assert work.runs == 1


async def test_other_content_or_another_target_is_refused(first: Idempotency) -> None:
    work, one = Work(), key()
    await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", target="a", handle=work)
    for body, target in ((b'{"x":1}', "a"), (b"{}", "b"), (b"\xff", "a")):
        with pytest.raises(IdempotencyMismatchError):
            await first.run(actor=BUYER, route=ROUTE, key=one, body=body, target=target, handle=work)
    assert work.runs == 1


async def test_a_key_belongs_to_its_actor_and_route(first: Idempotency) -> None:
    work, one = Work(), key()
    other = Actor(kind=ActorKind.GUEST, guest_hash=os.urandom(32))
    for actor, route in ((BUYER, ROUTE), (other, ROUTE), (BUYER, "orders.cancel")):
        await first.run(actor=actor, route=route, key=one, body=b"{}", handle=work)
    assert work.runs == 3


async def test_a_dead_owner_is_followed_after_its_lease(first: Idempotency, second: Idempotency, db: Database) -> None:
    slow, quick, one = Work(), Work(), key()
    slow.go.clear()
    owner = asyncio.create_task(first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=slow))
    await slow.started.wait()
    with pytest.raises(IdempotencyInFlightError):
        await second.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=quick)
    await db.execute(
        "update platform.idempotency_keys set claimed_at = claimed_at - interval '31 s' where key = %s", (one,)
    )
    with pytest.raises(IdempotencyMismatchError):
        await second.run(actor=BUYER, route=ROUTE, key=one, body=b"other", handle=quick)
    answer = await second.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=quick)
    slow.go.set()
    with pytest.raises(IdempotencyInFlightError):  # fenced: its answer must not replace the one that was given
        await owner
    assert await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=slow) == answer
    assert (slow.runs, quick.runs) == (1, 1)


async def test_a_killed_owner_is_followed_after_its_lease(
    first: Idempotency, second: Idempotency, db: Database
) -> None:
    killed, one = Work(), key()
    killed.go.clear()
    owner = asyncio.create_task(first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=killed))
    await killed.started.wait()
    owner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await owner
    with pytest.raises(IdempotencyInFlightError):
        await second.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=Work())
    await db.execute(
        "update platform.idempotency_keys set claimed_at = claimed_at - interval '31 s' where key = %s", (one,)
    )
    takers = [Work() for _ in range(6)]
    answers = await asyncio.gather(
        *(
            who.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
            for who, work in zip((first, second) * 3, takers, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(work.runs for work in takers) == 1
    given = {answer.body for answer in answers if isinstance(answer, StoredResponse)}
    assert given == {b'{"run": 1}\n'}


OWNER = """
import asyncio, sys
from surehold.platform.db import Database
from surehold.platform.http import Actor, ActorKind
from surehold.platform.idempotency import Idempotency
from surehold.platform.sealed import SealedCodec

async def work():
    print("claimed", flush=True)
    await asyncio.sleep(60)

async def main(url, guest, secret, key):
    db = Database(url)
    await db.open()
    actor = Actor(kind=ActorKind.GUEST, guest_hash=bytes.fromhex(guest))
    codec = SealedCodec(bytes.fromhex(secret))
    await Idempotency(db, codec).run(actor=actor, route="orders.place", key=key, body=b"{}", handle=work)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_that_is_killed_is_followed(database_urls: PostgresUrls, db: Database) -> None:
    guest, secret, one, work = os.urandom(32), os.urandom(32), key(), Work()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, database_urls.app, guest.hex(), secret.hex(), one),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"claimed\n"
    process.kill()
    await process.wait()
    actor = Actor(kind=ActorKind.GUEST, guest_hash=guest)
    here = Idempotency(db, SealedCodec(secret))
    with pytest.raises(IdempotencyInFlightError):
        await here.run(actor=actor, route=ROUTE, key=one, body=b"{}", handle=work)
    await lease_ends(db, one)
    answer = await here.run(actor=actor, route=ROUTE, key=one, body=b"{}", handle=work)
    assert await here.run(actor=actor, route=ROUTE, key=one, body=b"{}", handle=work) == answer
    assert work.runs == 1


async def lease_ends(db: Database, one: str) -> None:
    await db.execute(
        "update platform.idempotency_keys set claimed_at = claimed_at - interval '31 s' where key = %s", (one,)
    )


async def test_a_refusal_is_an_answer_and_is_kept(first: Idempotency) -> None:
    work, one = Work(DeclinedError("No.", reason="funds")), key()
    answer = await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    assert answer.status == 402
    assert msgspec.json.decode(answer.body)["reason"] == "funds"
    assert await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work) == answer
    assert work.runs == 1


@pytest.mark.parametrize("failure", [UnavailableError(), StaleVersionError(), RuntimeError("a bug, outcome unknown")])
async def test_what_may_pass_later_is_not_kept(first: Idempotency, failure: Exception) -> None:
    work, one = Work(failure), key()
    with pytest.raises(type(failure)):
        await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    with pytest.raises(IdempotencyMismatchError):
        await first.run(actor=BUYER, route=ROUTE, key=one, body=b"other", handle=work)
    answer = await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    assert (answer.status, work.runs) == (201, 2)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (None, IdempotencyKeyMissingError),
        ("", IdempotencyKeyMissingError),
        ("x" * 256, IdempotencyKeyInvalidError),
        ("ü", IdempotencyKeyInvalidError),
        ("a\x00b", IdempotencyKeyInvalidError),
    ],
)
async def test_a_key_is_needed(first: Idempotency, bad: str | None, error: type[ShopError]) -> None:
    work = Work()
    with pytest.raises(error):
        await first.run(actor=BUYER, route=ROUTE, key=bad, body=b"{}", handle=work)
    assert work.runs == 0


async def test_nobody_owns_nothing(first: Idempotency) -> None:
    work, one = Work(), key()
    with pytest.raises(NotFoundError):
        await first.run(actor=ANONYMOUS, route=ROUTE, key=one, body=b"{}", handle=work)
    await first.run(actor=ANONYMOUS, owner="order-token:ab", route=ROUTE, key=one, body=b"{}", handle=work)
    assert work.runs == 1


async def test_old_keys_are_purged_and_young_ones_stay(first: Idempotency, db: Database) -> None:
    work, old, young = Work(), key(), key()
    for one in (old, young):
        await first.run(actor=BUYER, route=ROUTE, key=one, body=b"{}", handle=work)
    await db.execute(
        "update platform.idempotency_keys set claimed_at = claimed_at - interval '49 h' where key = %s", (old,)
    )
    assert await first.purge() == 1
    rows = await db.fetch_all("select key from platform.idempotency_keys where key = any(%s)", ([old, young],))
    assert rows == [(young,)]
