"""Servers of your own instead of the embedded ones."""

from pathlib import Path

import pytest

from surehold.app.up.engines import Engines
from surehold.app.up.errors import StartError
from surehold.app.up.options import ServerUrls
from surehold.app.up.reach import require_postgres, without_password
from surehold.platform.embedded import PostgresUrls


def test_servers_of_your_own_are_used_and_not_stopped(
    postgres_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    engines = Engines(tmp_path, ServerUrls(postgres_urls.app, postgres_urls.owner, None, valkey_url))
    assert engines.start_postgres() == PostgresUrls(postgres_urls.owner, postgres_urls.app, postgres_urls.app)
    assert engines.start_valkey() == valkey_url
    assert engines.tend() == []
    engines.stop()
    assert list(tmp_path.iterdir()) == []
    require_postgres(postgres_urls.app)  # it still answers


def test_a_wrong_password_is_told_and_not_shown(postgres_urls: PostgresUrls) -> None:
    wrong = postgres_urls.app.replace(":", ":x", 2).replace("postgresql:x", "postgresql:")
    with pytest.raises(StartError, match="password authentication failed") as refused:
        require_postgres(wrong)
    assert "surehold_app:…@" in str(refused.value)


def test_passwords_are_cut_out_of_what_is_shown() -> None:
    assert without_password("rediss://:geheim@cache.example:6380/0") == "rediss://:…@cache.example:6380/0"
    assert without_password("postgresql://db.example/shop") == "postgresql://db.example/shop"
