"""A shop per test."""

from pathlib import Path

import pytest

from surehold.platform.db import Database
from tests.support.shop import Shop, make_shop


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)
