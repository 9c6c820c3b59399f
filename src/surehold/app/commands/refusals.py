"""Why a command that works on a shop could not: every expected reason, as one line that says what to do."""

from pathlib import Path

import psycopg

from surehold.app.schema import OTHER_VERSION
from surehold.app.settings import SettingsError
from surehold.app.up.errors import StartError, from_os_error
from surehold.kernel.errors import ShopError
from surehold.platform.db.migrations import MigrationError
from surehold.platform.embedded import EmbeddedError

REFUSALS = (EmbeddedError, StartError, MigrationError, SettingsError, ShopError, psycopg.Error, OSError)


def in_words(error: Exception, data_dir: Path) -> str:
    """The line for one of REFUSALS (or for another error that carries its own)."""
    if isinstance(error, SettingsError):
        return f"A setting is wrong: {str(error).rstrip('.?')}."
    if isinstance(error, OSError):
        return str(from_os_error(error, place=data_dir))
    if not isinstance(error, psycopg.Error):
        return str(error)
    said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    if isinstance(error, OTHER_VERSION):
        return f"The database is not that of this version ({said}). Start the shop with ./surehold up, which brings it there."
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"This role may not do that ({said}). Name the one that migrates with --database-owner-url."
    return f"The database refuses: {said}."
