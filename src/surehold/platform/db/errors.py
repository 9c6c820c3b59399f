"""What PostgreSQL says, in our words."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import msgspec
import psycopg
import psycopg_pool

from surehold.kernel.errors import ShopError, UnavailableError

RULE_VIOLATION_STATE = "SH001"
_RETRYABLE_STATES = frozenset({"40001", "40P01", "55P03"})


class RuleViolationError(Exception):
    """A SQL function refused: `code` names the rule, `detail` carries its JSON members.

    Functions raise it with `platform.refuse(code, detail jsonb)`; services turn it into their own errors.
    """

    def __init__(self, code: str, detail: Mapping[str, object]) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def is_retryable(error: BaseException) -> bool:
    """Whether the statement was rolled back whole by a lock or serialisation conflict, and may simply run again."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _RETRYABLE_STATES


@contextmanager
def translated() -> Generator[None]:
    """Raise our errors in place of the driver's: refusals as RuleViolationError, an absent server as UnavailableError."""
    try:
        yield
    except psycopg_pool.PoolTimeout as error:
        raise UnavailableError("The database is busy or away; please try again.", retry_after_s=1) from error
    except psycopg.Error as error:
        if error.sqlstate == RULE_VIOLATION_STATE:
            detail = error.diag.message_detail
            raise RuleViolationError(
                error.diag.message_primary or "", msgspec.json.decode(detail) if detail else {}
            ) from error
        if isinstance(error, psycopg.OperationalError) and not is_retryable(error):
            raise UnavailableError("The database is away; please try again.", retry_after_s=1) from error
        raise


@contextmanager
def translate(errors: Mapping[str, type[ShopError]]) -> Generator[None]:
    """Turn refusals into a module's own errors, by code; the refusal's detail becomes the error's extra members.

    Works inside a unit of work as well, where the driver's errors are still raw.
    """
    try:
        with translated():
            yield
    except RuleViolationError as refusal:
        error_type = errors.get(refusal.code)
        if error_type is None:
            raise
        extra = dict(refusal.detail)
        detail = str(extra.pop("detail", ""))
        raise error_type(detail, retry_after_s=None, **extra) from refusal
