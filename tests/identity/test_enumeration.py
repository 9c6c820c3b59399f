"""Who has an account is not told: the same answer for the same work, counted in statements and hashes, and measured."""

import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.wire import Wire, counted_wire

from surehold.kernel.errors import ShopError
from surehold.modules.identity import (
    EmailTakenError,
    IdentityService,
    IdentitySettings,
    Passwords,
    PasswordSettings,
    WrongCredentialsError,
)
from surehold.platform.db import Database, PoolSettings
from surehold.platform.events import SilentWaker
from surehold.platform.http import Actor, ActorKind
from surehold.platform.sealed import SealedCodec

PASSWORD, WRONG = "correct horse battery", "incorrect zebra charger"
TRIES = 300
CLOSE_S = 0.005
PATIENT = IdentitySettings(
    free_per_account=10**6, free_per_network=10**6, free_letters=10**6, free_letters_per_network=10**6
)


class Counting(Passwords):
    """Counts the hashes that are made and looked at."""

    hashes = 0

    async def _run(self, work: Callable[..., object], *arguments: str) -> object:  # type: ignore[override]
        self.hashes += 1
        return await super()._run(work, *arguments)


@dataclass(frozen=True)
class Counted:
    """Identity behind a counting wire."""

    identity: IdentityService
    passwords: Counting
    wire: Wire

    async def cost(self, asked: Awaitable[object]) -> tuple[type[ShopError] | None, int, int]:
        """How it ended, the round trips to the database, and the hashes."""
        before, hashes = self.wire.round_trips, self.passwords.hashes
        try:
            await asked
            ended = None
        except ShopError as error:
            ended = type(error)
        return ended, self.wire.round_trips - before, self.passwords.hashes - hashes


@pytest.fixture
async def counted(database_url: str, codec: SealedCodec) -> AsyncIterator[Counted]:
    with tempfile.TemporaryDirectory(prefix="wire") as short:
        async with counted_wire(database_url, Path(short)) as wire:
            db = Database(wire.url, PoolSettings(min_size=1, max_size=1))
            await db.open()
            passwords = Counting(PasswordSettings(memory_kib=1_024, passes=1))
            yield Counted(IdentityService(db, codec, SilentWaker(), passwords, PATIENT), passwords, wire)
            passwords.close()
            await db.close()


def somebody() -> Actor:
    return Actor(kind=ActorKind.ANONYMOUS, network="192.0.2.0/24", request_id="r1")


def new_email() -> str:
    return f"ada-{uuid.uuid4().hex[:12]}@example.org"


async def known_address(counted: Counted) -> str:
    email = new_email()
    await counted.identity.sign_up(somebody(), email, PASSWORD, "Ada", "en")
    for action in (sign_in, reset, sign_up):  # statements are prepared, connections are warm
        for each in (email, new_email()):
            await counted.cost(action(counted, each))
    return email


def sign_in(counted: Counted, email: str) -> Awaitable[object]:
    return counted.identity.sign_in(somebody(), email, WRONG)


def reset(counted: Counted, email: str) -> Awaitable[object]:
    return counted.identity.recovery.ask_reset(somebody(), email)


def sign_up(counted: Counted, email: str) -> Awaitable[object]:
    return counted.identity.sign_up(somebody(), email, WRONG, "Ada", "en")


async def test_known_and_unknown_addresses_cost_the_same_work(counted: Counted) -> None:
    known = await known_address(counted)
    for _ in range(5):
        assert await counted.cost(sign_in(counted, known)) == (WrongCredentialsError, 2, 1)
        assert await counted.cost(sign_in(counted, new_email())) == (WrongCredentialsError, 2, 1)
        assert await counted.cost(reset(counted, known)) == (None, 2, 0)
        assert await counted.cost(reset(counted, new_email())) == (None, 2, 0)


async def test_signing_up_costs_one_hash_whether_the_address_is_taken_or_not(counted: Counted) -> None:
    """That it is taken is told, and who made an account waits for more; but neither makes us hash more than the other."""
    known = await known_address(counted)
    taken, free = await counted.cost(sign_up(counted, known)), await counted.cost(sign_up(counted, new_email()))
    assert (taken[0], taken[2]) == (EmailTakenError, 1)
    assert (free[0], free[2]) == (None, 1)


@pytest.mark.parametrize("action", [sign_in, reset])
@pytest.mark.timeout(120)
async def test_known_and_unknown_addresses_take_the_same_time(
    counted: Counted, action: Callable[[Counted, str], Awaitable[object]]
) -> None:
    """Taken in turns, so that whatever else the machine does meets both."""
    known = await known_address(counted)
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(TRIES):
        for is_known in (True, False):
            email = known if is_known else new_email()
            before = time.perf_counter()
            await counted.cost(action(counted, email))
            times[is_known].append(time.perf_counter() - before)
    medians = {is_known: statistics.median(taken) for is_known, taken in times.items()}
    assert abs(medians[True] - medians[False]) < CLOSE_S, medians
