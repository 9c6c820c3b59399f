"""Where pictures are kept is known to every process and command of a shop."""

from pathlib import Path

import pytest

from surehold.app.settings import read_media_settings
from surehold.app.up.engines import EngineUrls
from surehold.app.up.environment import shop_environment
from surehold.app.up.options import ServerUrls, UpOptions
from surehold.platform.embedded import PostgresUrls


def test_a_command_that_works_on_a_shop_knows_its_bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUREHOLD_MEDIA_STORE", "s3")
    monkeypatch.setenv("SUREHOLD_MEDIA_S3_BUCKET", "pictures")
    urls = EngineUrls(PostgresUrls("postgresql://", "postgresql://", "postgresql://"), "valkey://")
    given = shop_environment(UpOptions(tmp_path, "127.0.0.1", 8000, 1, ServerUrls()), urls, key={})
    monkeypatch.undo()
    settings = read_media_settings(given)
    assert (settings.store, settings.s3_bucket) == ("s3", "pictures")
