"""Two units of work that lock the same rows in opposite order: PostgreSQL ends one of them, and it is done again."""

import asyncio

import psycopg.errors
import pytest

from surehold.platform.db import Database, RuleViolationError, Unit

LOCK = "select pg_advisory_xact_lock(%s)"


async def lock_both(unit: Unit, mine: int, other: int, has: asyncio.Event, others: asyncio.Event) -> None:
    """Lock one of two things, and the other once somebody else has that: a deadlock, the first time."""
    await unit.execute(LOCK, (mine,))
    has.set()
    await others.wait()
    await unit.execute(LOCK, (other,))


async def test_a_unit_that_a_deadlock_undid_is_done_again(db: Database) -> None:
    told: list[str] = []
    first, second = asyncio.Event(), asyncio.Event()

    async def work(unit: Unit, name: str, mine: int, other: int, has: asyncio.Event, others: asyncio.Event) -> str:
        unit.after_commit(lambda: told.append(name))
        await lock_both(unit, mine, other, has, others)
        return name

    answers = await asyncio.gather(
        db.in_unit(lambda unit: work(unit, "here", 1, 2, first, second)),
        db.in_unit(lambda unit: work(unit, "there", 2, 1, second, first)),
    )
    assert answers == ["here", "there"]
    assert sorted(told) == ["here", "there"], "what was undone tells nobody"


async def test_a_unit_that_was_opened_as_a_block_is_not_repeated(db: Database) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def block(mine: int, other: int, has: asyncio.Event, others: asyncio.Event) -> None:
        async with db.unit() as unit:
            await lock_both(unit, mine, other, has, others)

    answers = await asyncio.gather(block(3, 4, first, second), block(4, 3, second, first), return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [psycopg.errors.DeadlockDetected]


async def test_a_refusal_is_not_repeated(db: Database) -> None:
    tries = 0

    async def refuse(unit: Unit) -> None:
        nonlocal tries
        tries += 1
        await unit.execute("select platform.refuse('NO', '{}')")

    with pytest.raises(RuleViolationError, match="NO"):
        await db.in_unit(refuse)
    assert tries == 1
