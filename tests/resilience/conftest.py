"""One whole shop for these tests, in processes that they may kill: it comes through all of it, one test after the other."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.buyers import Buyer, History
from tests.support.running_shop import RunningShop, running_shop


@pytest.fixture(scope="package")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    async with running_shop(tmp_path_factory.mktemp("resilience") / "shop") as running:
        yield running


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def buyers(shop: RunningShop, history: History) -> Iterator[list[Buyer]]:
    """A dozen guests."""
    crowd = [Buyer(shop.target, history) for _ in range(12)]
    yield crowd
    for buyer in crowd:
        buyer.close()
