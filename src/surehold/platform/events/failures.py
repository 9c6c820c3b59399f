"""What went wrong, said without personal data: an error's message may quote a row, so it never goes into a table."""

import traceback
from pathlib import PurePath

import psycopg

from surehold.kernel.errors import ShopError
from surehold.platform.db import RuleViolationError

MAX_CHARS = 300
_OURS = "surehold"


def describe_error(error: BaseException) -> str:
    """The kind of an error and where it came from: class, stable code, SQL state and constraint, our innermost line."""
    parts = [type(error).__name__, *_codes(error)]
    place = _place(error)
    return (" ".join(parts) + (f" at {place}" if place else ""))[:MAX_CHARS]


def _codes(error: BaseException) -> list[str]:
    if isinstance(error, (ShopError, RuleViolationError)):
        return [error.code]
    if isinstance(error, psycopg.Error):
        return [part for part in (error.sqlstate, error.diag.constraint_name) if part]
    return []


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OURS in PurePath(frame.filename).parts]
    if not ours:
        return ""
    path = PurePath(ours[-1].filename)
    start = len(path.parts) - 1 - path.parts[::-1].index(_OURS)
    return f"{PurePath(*path.parts[start + 1 :])}:{ours[-1].lineno}"
