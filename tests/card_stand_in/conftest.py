"""One stand-in for the tests of a module, and its client."""

from collections.abc import Iterator

import pytest
import stripe

from tests.card_stand_in.process import StandIn, running_stand_in


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("cards")) as running:
        yield running


@pytest.fixture
def client(stand_in: StandIn) -> stripe.StripeClient:
    stand_in.control(reset=True)
    return stand_in.client()
