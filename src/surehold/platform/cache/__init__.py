"""Cached public reads: bytes in this process and in Valkey, forgotten everywhere when what they were made from changes."""

from surehold.platform.cache.build import CacheParts, build_cache, build_invalidator
from surehold.platform.cache.bus import CacheBus
from surehold.platform.cache.entries import Answer, Entry
from surehold.platform.cache.invalidator import Invalidator, NoInvalidator
from surehold.platform.cache.keys import CachedRoute, CacheKey
from surehold.platform.cache.reads import Counts, ReadCache, Served
from surehold.platform.cache.settings import CacheSettings
from surehold.platform.cache.terms import Shown, shown_of, sign_terms, verify_terms

__all__ = [
    "Answer",
    "CacheBus",
    "CacheKey",
    "CacheParts",
    "CacheSettings",
    "CachedRoute",
    "Counts",
    "Entry",
    "Invalidator",
    "NoInvalidator",
    "ReadCache",
    "Served",
    "Shown",
    "build_cache",
    "build_invalidator",
    "shown_of",
    "sign_terms",
    "verify_terms",
]
