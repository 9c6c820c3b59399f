"""`./surehold keys` where it changes keys: in the shop's file, or in words where they are kept elsewhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.up.environment import publish
from surehold.platform.sealed import FileKeys, KeyRing, key_id, parse_ring

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def no_keys_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "SECRET_KEY_FILE", "PREVIOUS_KEYS", "KEY_COMMAND", "DATA_DIR", "DATABASE_URL"):
        monkeypatch.delenv(f"SUREHOLD_{name}", raising=False)


def keys(folder: Path, *words: str) -> tuple[int, str]:
    said = CliRunner().invoke(build(["keys"]), ["keys", *words, "--data-dir", str(folder)])
    return said.exit_code, said.output


def test_a_new_key_waits_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    assert keys(tmp_path, "add")[0] == 1  # no shop, no key
    assert not file.exists()
    file.write_text(f"{KEY.hex()}\n")
    assert "There is no next key" in keys(tmp_path, "promote")[1]
    code, said = keys(tmp_path, "add")
    ring = FileKeys(file).read()
    assert (code, ring.current) == (0, KEY)
    assert ring.next is not None
    assert key_id(ring.next).hex() in said
    assert not any(key.hex() in said for key in ring.keys)
    code, said = keys(tmp_path, "add")
    assert (code, "waits to be used already" in said) == (1, True)
    assert keys(tmp_path, "promote")[0] == 0
    assert FileKeys(file).read().keys == (ring.next, KEY)


def test_beside_up_no_key_is_made_current_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text(KeyRing(current=KEY).with_next(b"n" * 32).text())
    publish(tmp_path, {"SUREHOLD_SECRET_KEY_FILE": str(file)})
    code, said = keys(tmp_path, "promote")
    assert (code, "restart it" in said) == (1, True)
    assert FileKeys(file).read().current == KEY


def test_keys_that_are_kept_elsewhere_are_printed_as_they_are_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREHOLD_SECRET_KEY", KEY.hex())
    code, said = keys(tmp_path, "add")
    assert code == 0
    entries = "\n".join(line for line in said.splitlines() if line.startswith(("current ", "next ", "blind-index ")))
    ring = parse_ring(entries)
    assert (ring.current, len(ring.keys), ring.index_key) == (KEY, 2, KeyRing(current=KEY).index_key)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text("current of sorts")
    code, said = keys(tmp_path, "add")
    assert (code, "The keys do not fit: in" in said) == (1, True)
    assert file.read_text() == "current of sorts"
