"""The key that personal data is sealed with: the one that was given, or the folder's own; other commands use the same or say so."""

from pathlib import Path

import pytest

from surehold.app.settings import SettingsError
from surehold.app.up.errors import StartError
from surehold.app.up.secret_key import BY_FILE, BY_VALUE, key_variables, settings_of

KEY, OTHER = "ab" * 32, "cd" * 32
SERVERS = {"SUREHOLD_DATABASE_URL": "postgresql://", "SUREHOLD_VALKEY_URL": "valkey://x", "SUREHOLD_DATA_DIR": "shop"}


def key_of(published: dict[str, str], **given: str) -> str:
    return settings_of({**SERVERS, **published}, given).core.secret_key.hex()


def test_without_a_given_key_the_folder_has_one_of_its_own(tmp_path: Path) -> None:
    first = key_variables(tmp_path, may_make=True, given={})
    assert first == {BY_FILE: str(tmp_path / "secret.key")} == key_variables(tmp_path, may_make=True, given={})
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert key_of(first, SUREHOLD_SECRET_KEY=OTHER) == (tmp_path / "secret.key").read_text().strip()


def test_a_given_file_is_used_and_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(KEY)
    monkeypatch.chdir(tmp_path)
    published = key_variables(tmp_path / "shop", may_make=True, given={BY_FILE: "key"})
    assert published == {BY_FILE: str(tmp_path / "key")}
    assert key_of(published) == key_of(published, SUREHOLD_SECRET_KEY=OTHER) == KEY
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_given_by_value_is_used_and_never_written(tmp_path: Path) -> None:
    published = key_variables(tmp_path, may_make=True, given={BY_VALUE: KEY, BY_FILE: "/nowhere"})
    assert KEY not in str(published)
    assert list(tmp_path.iterdir()) == []
    assert key_of(published, SUREHOLD_SECRET_KEY=KEY.upper()) == KEY
    with pytest.raises(SettingsError, match="given by SUREHOLD_SECRET_KEY: set the same"):
        key_of(published)
    with pytest.raises(SettingsError, match="another key"):
        key_of(published, SUREHOLD_SECRET_KEY=OTHER)
    (tmp_path / "key").write_text(KEY)
    assert key_of(published, SUREHOLD_SECRET_KEY_FILE=str(tmp_path / "key")) == KEY


def test_data_sealed_with_the_folders_key_is_not_left_unreadable(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(f"{KEY}\n")
    (tmp_path / "other").write_text(OTHER)
    for given in ({BY_VALUE: OTHER}, {BY_FILE: str(tmp_path / "other")}):
        with pytest.raises(StartError, match=r"another key than .*secret.key"):
            key_variables(tmp_path, may_make=True, given=given)
    assert BY_VALUE not in key_variables(tmp_path, may_make=True, given={BY_VALUE: KEY})


def test_for_a_shop_elsewhere_no_key_is_made(tmp_path: Path) -> None:
    assert key_variables(tmp_path, may_make=False, given={}) == {}
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SettingsError, match="SUREHOLD_SECRET_KEY_FILE is missing"):
        key_of({})
