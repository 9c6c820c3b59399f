"""The key that personal data is sealed with: the one that was given, else the shop's own, made once. Losing it loses that data."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from surehold.app.settings import Settings, SettingsError, read_settings
from surehold.app.up.errors import StartError
from surehold.app.up.files import write_private

SECRET_KEY_BYTES = 32
SECRET_KEY_FILE = "secret.key"  # noqa: S105  a file name
BY_VALUE, BY_FILE = "SUREHOLD_SECRET_KEY", "SUREHOLD_SECRET_KEY_FILE"
FINGERPRINT = "SECRET_KEY_FINGERPRINT"
"""Published in place of a key that was given by value, which is never written to disk."""


def key_variables(data_dir: Path, *, may_make: bool, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What processes of the shop and other commands are told of its key; nothing when there is none and none may be made.

    StartError when a key is given and the folder holds another one, which the data in it may be sealed with.
    """
    own = data_dir / SECRET_KEY_FILE
    if variables := given_key(given):
        _require_same(own, given)
        return variables
    if not own.exists():
        if not may_make:
            return {}
        write_private(own, secrets.token_hex(SECRET_KEY_BYTES) + "\n")
    return {BY_FILE: str(own)}


def given_key(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of the key that was given, and of no other: for a shop beside the folder's. Nothing when none was given."""
    if given.get(BY_VALUE):
        return {FINGERPRINT: _fingerprint(given[BY_VALUE])}
    return {BY_FILE: str(_file(given))} if given.get(BY_FILE) else {}


def settings_of(environment: Mapping[str, str], given: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the shop that an environment describes, ours below. SettingsError, also when its key is not at hand."""
    fingerprint = environment.get(FINGERPRINT)
    if fingerprint and not given.get(BY_VALUE) and not given.get(BY_FILE):
        raise SettingsError(f"the shop runs with a key that was given by {BY_VALUE}: set the same for this command")
    ours = {name: value for name, value in given.items() if name != BY_VALUE or BY_FILE not in environment}
    settings = read_settings({**ours, **environment})
    if fingerprint and _fingerprint(settings.core.secret_key.hex()) != fingerprint:
        raise SettingsError(f"the shop runs with another key than this command was given: set the same {BY_VALUE}")
    return settings


def _file(given: Mapping[str, str]) -> Path:
    return Path(given[BY_FILE]).expanduser().resolve()


def _require_same(own: Path, given: Mapping[str, str]) -> None:
    name = BY_VALUE if given.get(BY_VALUE) else BY_FILE
    key, kept = given[BY_VALUE] if name == BY_VALUE else _read(_file(given)), _read(own)
    if kept is not None and key is not None and kept.lower() != key.strip().lower():
        raise StartError(
            f"{name} gives another key than {own}, which this shop's personal data may be sealed with. Unset it, "
            "or move that file away if nothing was sealed with it."
        )


def _read(file: Path) -> str | None:
    """A key; None where there is none to compare with (whether a file that was named can be read, the settings say)."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _fingerprint(key: str) -> str:
    return hashlib.sha256(b"surehold key " + key.strip().lower().encode()).hexdigest()[:16]
