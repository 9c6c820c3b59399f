"""Keys as text and from every source, what follows from them through a change, and refusals that never show a key."""

import stat
import sys
from pathlib import Path

import pytest

from surehold.app.settings import SettingsError, read_settings
from surehold.app.up.files import write_private
from surehold.app.up.key_file import promote_next
from surehold.platform.cache import sign_terms, verify_terms
from surehold.platform.http import CursorCodec
from surehold.platform.sealed import (
    CommandKeys,
    FileKeys,
    GivenKeys,
    KeyRing,
    KeyRingError,
    KeySource,
    SealedCodec,
    SealedError,
    derive,
    key_id,
    parse_ring,
)

OLD, NEW, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))
SERVERS = {"SUREHOLD_DATABASE_URL": "postgresql://", "SUREHOLD_VALKEY_URL": "valkey://x", "SUREHOLD_DATA_DIR": "shop"}


def changed() -> KeyRing:
    return KeyRing(current=OLD).with_next(NEW).promoted()


def printing(folder: Path, text: str, more: str = "") -> str:
    """A command that prints a text."""
    script = folder / "keys.py"
    script.write_text(f"print({text!r}, end='')\n{more}")
    return f"{sys.executable} {script}"


def test_one_key_is_written_as_every_version_reads_it() -> None:
    assert KeyRing(current=OLD).text() == f"{OLD.hex()}\n"
    assert parse_ring(f"  {OLD.hex().upper()}\n").current == OLD


def test_a_ring_comes_back_from_its_text_also_from_one_line() -> None:
    ring = KeyRing(current=OLD).with_next(NEW).promoted().with_next(THIRD)
    for text in (ring.text(), ring.text().replace("\n", ","), f"# the shop's keys\n\n{ring.text()}"):
        back = parse_ring(text)
        assert (back.keys, back.kept) == (ring.keys, ring.kept)


@pytest.mark.parametrize(
    "text",
    ["", "ab", OLD.hex()[:-2], f"{OLD.hex()}\n{NEW.hex()}", f"previous {OLD.hex()}", f"{OLD.hex()},previous {NEW.hex()}",
     f"{OLD.hex()}\nnext {OLD.hex()}", f"{OLD.hex()}\nnext {NEW.hex()}\nnext {THIRD.hex()}", f"? {OLD.hex()}",
     "\n".join(f"previous {number:064x}" for number in range(101))],
)  # fmt: skip
def test_what_are_no_keys_is_refused_without_showing_any(text: str) -> None:
    with pytest.raises(KeyRingError) as refusal:
        parse_ring(text)
    assert not any(key.hex()[:8] in str(refusal.value) for key in (OLD, NEW, THIRD))
    assert OLD.hex() not in repr(KeyRing(current=OLD))


def test_a_key_is_known_before_it_is_used_and_opens_after() -> None:
    before, known = SealedCodec(OLD), SealedCodec(KeyRing(current=OLD).with_next(NEW))
    after = SealedCodec(changed())
    assert known.seal(b"x", context="t.c:1")[1:9] == key_id(OLD)
    assert after.seal(b"x", context="t.c:1")[1:9] == key_id(NEW)
    for sealer in (before, known, after):
        for opener in (known, after):
            assert opener.open(sealer.seal(b"name", context="t.c:1"), context="t.c:1") == b"name"
    with pytest.raises(SealedError):
        before.open(after.seal(b"name", context="t.c:1"), context="t.c:1")


def test_blind_indexes_stay_when_their_key_is_retired() -> None:
    index = SealedCodec(OLD).blind_index("ada@example.com", purpose="p")
    retired = changed().without(OLD, ("order-access",))
    for ring in (changed(), retired, retired.with_next(THIRD).promoted(), parse_ring(retired.text())):
        assert SealedCodec(ring).blind_index("ada@example.com", purpose="p") == index
    assert OLD not in retired.keys
    assert OLD.hex() not in retired.text()
    with pytest.raises(SealedError):
        SealedCodec(retired).open(SealedCodec(OLD).seal(b"x", context="c"), context="c")


def test_what_an_old_key_signed_is_known_until_it_is_retired() -> None:
    for ring, holds in ((changed(), True), (changed().without(OLD, ()), False)):
        secrets = ring.secrets("terms")
        assert verify_terms(secrets, sign_terms(derive(NEW, "terms"), "wholesale")) == "wholesale"
        assert (verify_terms(secrets, sign_terms(derive(OLD, "terms"), "wholesale")) == "wholesale") is holds
        assert verify_terms(secrets, sign_terms(derive(THIRD, "terms"), "wholesale")) is None


def test_a_cursor_of_before_the_change_goes_on() -> None:
    cursor = CursorCodec(derive(OLD, "cursors")).encode("orders", [7])
    secret, *previous = changed().secrets("cursors")
    assert CursorCodec(secret, previous).decode("orders", cursor, list[int]) == [7]


def test_lasting_secrets_are_left_behind() -> None:
    assert changed().without(OLD, ("order-access",)).secrets("order-access") == (
        derive(NEW, "order-access"), derive(OLD, "order-access"),
    )  # fmt: skip


def test_every_source_gives_the_same_ring(tmp_path: Path) -> None:
    ring = changed()
    (tmp_path / "keys").write_text(ring.text())
    others = ring.text().partition("\n")[2]
    sources: list[KeySource] = [
        GivenKeys(NEW.hex(), others),
        GivenKeys(ring.text()),
        FileKeys(tmp_path / "keys"),
        CommandKeys(printing(tmp_path, ring.text())),
    ]
    assert {source.read().fingerprint() for source in sources} == {ring.fingerprint()}


@pytest.mark.parametrize(
    ("more", "said"),
    [("raise SystemExit(3)", "ended with code 3"), ("import time; time.sleep(60)", "gave no keys within"),
     ("print('x' * 70000)", "no list of keys"), ("print('é')", "not text of hexadecimal digits")],
)  # fmt: skip
def test_a_command_that_gives_no_keys_is_told(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(KeyRingError, match=said) as refusal:
        CommandKeys(printing(tmp_path, OLD.hex() + "\n", more), timeout_s=3 if "sleep" in more else 20).read()
    assert OLD.hex()[:8] not in str(refusal.value)


def test_a_command_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    for command, said in (
        ("", "is empty"),
        ("'", "is not one"),
        (str(tmp_path / "no"), "No such"),
        (str(tmp_path / "plain"), "denied"),
    ):
        with pytest.raises(KeyRingError, match=said):
            CommandKeys(command).read()


def test_settings_read_keys_from_every_source(tmp_path: Path) -> None:
    ring = changed()
    (tmp_path / "keys").write_text(ring.text())
    others = ring.text().partition("\n")[2].replace("\n", ", ")
    command = printing(tmp_path, ring.text())
    for given in (
        {"SUREHOLD_SECRET_KEY": NEW.hex(), "SUREHOLD_PREVIOUS_KEYS": others},
        {"SUREHOLD_SECRET_KEY_FILE": str(tmp_path / "keys")},
        {"SUREHOLD_KEY_COMMAND": command},
    ):
        core = read_settings({**SERVERS, **given}).core
        assert (core.secret_key, core.key_ring.fingerprint()) == (NEW, ring.fingerprint())
    with pytest.raises(SettingsError, match="KEY_COMMAND gives all keys: unset SUREHOLD_SECRET_KEY"):
        read_settings({**SERVERS, "SUREHOLD_KEY_COMMAND": command, "SUREHOLD_SECRET_KEY": NEW.hex()})
    with pytest.raises(SettingsError, match="blind-index"):
        read_settings({**SERVERS, "SUREHOLD_SECRET_KEY": NEW.hex(), "SUREHOLD_PREVIOUS_KEYS": OLD.hex()})


def test_a_key_file_stays_private(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    write_private(file, KeyRing(current=OLD).with_next(NEW).text())
    assert promote_next(file).current == NEW == FileKeys(file).read().current
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert promote_next(file).text() == file.read_text()
