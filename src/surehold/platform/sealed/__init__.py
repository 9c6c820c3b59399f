"""Sealed fields: personal data is stored encrypted, bound to its place, findable by a blind index; its keys can be changed."""

from surehold.platform.sealed.codec import SealedCodec, SealedError, key_id_of
from surehold.platform.sealed.columns import SealedColumn
from surehold.platform.sealed.index_guard import require_index_key
from surehold.platform.sealed.reseal import Resealed, Tell, count_by_key, count_rows, reseal_column
from surehold.platform.sealed.ring import KEY_BYTES, KeyRing, KeyRingError, Secrets, derive, key_id, parse_ring
from surehold.platform.sealed.sources import CommandKeys, FileKeys, GivenKeys, KeySource

__all__ = [
    "KEY_BYTES",
    "CommandKeys",
    "FileKeys",
    "GivenKeys",
    "KeyRing",
    "KeyRingError",
    "KeySource",
    "Resealed",
    "SealedCodec",
    "SealedColumn",
    "SealedError",
    "Secrets",
    "Tell",
    "count_by_key",
    "count_rows",
    "derive",
    "key_id",
    "key_id_of",
    "parse_ring",
    "require_index_key",
    "reseal_column",
]
