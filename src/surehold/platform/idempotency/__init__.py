"""Writes that a client may safely repeat: one key, one effect, one answer."""

from surehold.platform.idempotency.errors import (
    IdempotencyInFlightError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyMismatchError,
)
from surehold.platform.idempotency.keys import Idempotency, IdempotencySettings, StoredResponse, purge_job
from surehold.platform.idempotency.store import SEALED_COLUMNS

__all__ = [
    "SEALED_COLUMNS",
    "Idempotency",
    "IdempotencyInFlightError",
    "IdempotencyKeyInvalidError",
    "IdempotencyKeyMissingError",
    "IdempotencyMismatchError",
    "IdempotencySettings",
    "StoredResponse",
    "purge_job",
]
