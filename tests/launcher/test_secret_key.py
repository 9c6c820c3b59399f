"""The key that personal data is sealed with: the one that was given, or the folder's own; other commands use the same or say so."""

from pathlib import Path

import pytest

from surehold.app.settings import SettingsError
from surehold.app.up.errors import StartError
from surehold.app.up.secret_key import BY_COMMAND, BY_FILE, BY_VALUE, key_variables, settings_of, use_next_key
from surehold.platform.sealed import KeyRing

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


def test_a_key_that_waits_is_used_from_the_next_start_on(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    use_next_key(tmp_path, {})  # no shop yet
    file.write_text(f"{KEY}\n")
    use_next_key(tmp_path, {})
    assert file.read_text() == f"{KEY}\n"
    file.write_text(KeyRing(current=bytes.fromhex(KEY)).with_next(bytes.fromhex(OTHER)).text())
    use_next_key(tmp_path, {BY_VALUE: KEY})  # its keys are not in the file
    assert key_of({BY_FILE: str(file)}) == KEY
    use_next_key(tmp_path, {})
    assert key_of({BY_FILE: str(file)}) == OTHER
    core = settings_of({**SERVERS, BY_FILE: str(file)}, {}).core
    assert [key.hex() for key in core.key_ring.keys] == [OTHER, KEY]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.key"
    file.write_text(KeyRing(current=bytes.fromhex(KEY)).with_next(bytes.fromhex(OTHER)).text())
    (tmp_path / "secret.key.lock").mkdir()
    with pytest.raises(StartError, match="make that key the current one there"):
        use_next_key(tmp_path, {})
    file.write_text("next of all")
    with pytest.raises(StartError, match=r"secret.key: entry 1 must be"):
        use_next_key(tmp_path, {})


def test_keys_by_command_are_published_as_such(tmp_path: Path) -> None:
    script = tmp_path / "keys.sh"
    script.write_text(f"#!/bin/sh\necho {KEY}\n")
    script.chmod(0o700)
    published = key_variables(tmp_path, may_make=True, given={BY_COMMAND: str(script)})
    assert published == {BY_COMMAND: str(script)}
    assert key_of(published, SUREHOLD_SECRET_KEY=OTHER) == KEY
    (tmp_path / "secret.key").write_text(OTHER)
    with pytest.raises(StartError, match="SUREHOLD_KEY_COMMAND gives another key"):
        key_variables(tmp_path, may_make=True, given={BY_COMMAND: str(script)})


def test_a_given_ring_that_has_the_folders_key_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(f"{KEY}\n")
    later = KeyRing(current=bytes.fromhex(KEY)).with_next(bytes.fromhex(OTHER)).promoted()
    published = key_variables(tmp_path, may_make=True, given={BY_VALUE: later.text()})
    assert key_of(published, SUREHOLD_SECRET_KEY=later.text()) == OTHER
    with pytest.raises(SettingsError, match="another key"):
        key_of(published, SUREHOLD_SECRET_KEY=KEY)
