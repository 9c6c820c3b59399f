import os
from collections.abc import Iterator

import pytest

from surehold.modules.identity import IdentityService, Passwords, PasswordSettings
from surehold.platform.db import Database
from surehold.platform.sealed import SealedCodec

CHEAP = PasswordSettings(memory_kib=64, passes=1, at_once=4)


class QuietWaker:
    """Counts the wake-ups."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture(scope="module")
def codec() -> SealedCodec:
    return SealedCodec(os.urandom(32))


@pytest.fixture
def identity(db: Database, codec: SealedCodec) -> Iterator[IdentityService]:
    service = IdentityService(db, codec, QuietWaker(), Passwords(CHEAP))
    yield service
    service.close()
