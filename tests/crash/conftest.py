"""The card provider's stand-in, one per module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from surehold.platform.db import Database
from tests.support.card_provider import CardProvider, card_provider
from tests.support.shop import Shop, make_shop


@pytest.fixture(scope="module")
async def provider_of_cards(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CardProvider]:
    async with card_provider(tmp_path_factory.mktemp("cards")) as running:
        yield running


@pytest.fixture
async def cards(provider_of_cards: CardProvider) -> CardProvider:
    """The stand-in, without the trouble that an earlier test asked for."""
    await provider_of_cards.control(reset=True)
    return provider_of_cards


@pytest.fixture
def card_shop(db: Database, tmp_path: Path, cards: CardProvider) -> Shop:
    return make_shop(db, tmp_path, cards=cards.clients)
