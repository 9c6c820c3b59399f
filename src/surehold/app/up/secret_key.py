"""The keys that personal data is sealed with: those that were given, else the shop's own, made once. Losing them loses that data."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from os import environ
from pathlib import Path

from surehold.app.settings import PREFIX, Settings, SettingsError, key_source, read_settings
from surehold.app.up.errors import StartError
from surehold.app.up.files import write_private
from surehold.app.up.key_file import promote_next
from surehold.platform.sealed import KEY_BYTES, FileKeys, KeyRing, KeyRingError, key_id

SECRET_KEY_FILE = "secret.key"  # noqa: S105  a file name
BY_VALUE, BY_FILE, BY_COMMAND = "SUREHOLD_SECRET_KEY", "SUREHOLD_SECRET_KEY_FILE", "SUREHOLD_KEY_COMMAND"
FINGERPRINT = "SECRET_KEY_FINGERPRINT"
"""Published in place of a key that was given by value, which is never written to disk."""


def key_variables(data_dir: Path, *, may_make: bool, given: Mapping[str, str] = environ) -> dict[str, str]:
    """What processes of the shop and other commands are told of its keys; nothing when there are none and none may be made.

    StartError when keys are given and the folder holds another one, which the data in it may be sealed with.
    """
    own = data_dir / SECRET_KEY_FILE
    if variables := given_key(given):
        _require_same(own, given)
        return variables
    if not own.exists():
        if not may_make:
            return {}
        write_private(own, secrets.token_hex(KEY_BYTES) + "\n")
    return {BY_FILE: str(own)}


def given_key(given: Mapping[str, str] = environ) -> dict[str, str]:
    """The variables of the keys that were given, and of no other: for a shop beside the folder's. Nothing when none were given."""
    if given.get(BY_VALUE):
        ring = _given_ring(given)
        return {FINGERPRINT: "" if ring is None else ring.fingerprint()}
    if given.get(BY_FILE):
        return {BY_FILE: str(_file(given))}
    return {BY_COMMAND: given[BY_COMMAND]} if given.get(BY_COMMAND) else {}


def key_file(data_dir: Path, given: Mapping[str, str] = environ) -> Path | None:
    """The file that the shop of a folder has its keys in; None where they come from elsewhere.

    `given`: our environment, or what the running shop published.
    """
    if FINGERPRINT in given:  # what a running shop published
        return None
    variables = given_key(given) or {BY_FILE: str(data_dir.expanduser().resolve() / SECRET_KEY_FILE)}
    return Path(variables[BY_FILE]) if BY_FILE in variables else None


def use_next_key(data_dir: Path, given: Mapping[str, str] = environ) -> None:
    """Make the next key of the shop's file the current one: called while no process of the shop runs. StartError."""
    file = key_file(data_dir, given)
    if file is None or not file.exists():
        return
    try:
        promote_next(file)
    except KeyRingError as error:
        raise StartError(f"A setting is wrong: the secret key does not fit: {str(error).rstrip('.')}.") from error
    except OSError as error:
        raise StartError(
            f"{file} holds a next key and cannot be written ({error.strerror}): make that key the current one there."
        ) from error


def settings_of(environment: Mapping[str, str], given: Mapping[str, str] = environ) -> Settings:
    """The settings of the shop that an environment describes, ours below. SettingsError, also when its key is not at hand."""
    has_fingerprint = FINGERPRINT in environment
    if has_fingerprint and not any(given.get(name) for name in (BY_VALUE, BY_FILE, BY_COMMAND)):
        raise SettingsError(f"the shop runs with a key that was given by {BY_VALUE}: set the same for this command")
    is_told = BY_FILE in environment or BY_COMMAND in environment
    ours = {name: value for name, value in given.items() if not is_told or name not in {BY_VALUE, BY_FILE, BY_COMMAND}}
    settings = read_settings({**ours, **environment})
    if has_fingerprint and settings.core.key_ring.fingerprint() != environment[FINGERPRINT]:
        raise SettingsError(f"the shop runs with another key than this command was given: set the same {BY_VALUE}")
    return settings


def _file(given: Mapping[str, str]) -> Path:
    return Path(given[BY_FILE]).expanduser().resolve()


def _require_same(own: Path, given: Mapping[str, str]) -> None:
    kept, ring = _read(own), _given_ring(given)
    if kept is None or ring is None:
        return
    missing = [key_id(key).hex() for key in kept.keys if key not in ring.keys]
    if missing or kept.index_key != ring.index_key:
        name = next(name for name in (BY_VALUE, BY_FILE, BY_COMMAND) if given.get(name))
        raise StartError(
            f"{name} gives another key than {own}, which this shop's personal data may be sealed with. Unset it, "
            "or move that file away if nothing was sealed with it."
        )


def _read(file: Path) -> KeyRing | None:
    """The keys of a file; None where there are none to compare with."""
    with suppress(KeyRingError):
        return FileKeys(file).read()
    return None


def _given_ring(given: Mapping[str, str]) -> KeyRing | None:
    """The keys that were given; None where they cannot be read (what is wrong with them, the settings say)."""
    named = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX) and value}
    with suppress(KeyRingError, SettingsError):
        return key_source(named).read()
    return None
