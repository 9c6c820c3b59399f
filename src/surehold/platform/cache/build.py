"""Puts the parts of the cache together in the one order in which they fit."""

from collections.abc import Sequence

import msgspec

from surehold.platform.cache.bus import CacheBus
from surehold.platform.cache.keys import CachedRoute
from surehold.platform.cache.level2 import Level2
from surehold.platform.cache.reads import ReadCache
from surehold.platform.cache.settings import CacheSettings
from surehold.platform.cache.unsent import Unsent
from surehold.platform.valkey import ValkeyLink


class CacheParts(msgspec.Struct, frozen=True):
    """A process's cache. Start the bus, then the link; stop in the opposite order. `bus` is the Invalidator."""

    reads: ReadCache
    bus: CacheBus


def build_cache(link: ValkeyLink, routes: Sequence[CachedRoute], settings: CacheSettings | None = None) -> CacheParts:
    """The cache of an API process."""
    settings = settings or CacheSettings()
    unsent = Unsent()
    reads = ReadCache(routes, settings, level2=Level2(link, settings, unsent))
    return CacheParts(reads, CacheBus(link, settings, unsent, reads))


def build_invalidator(link: ValkeyLink, settings: CacheSettings | None = None) -> CacheBus:
    """The invalidator of a process that caches nothing itself: the worker, an import."""
    return CacheBus(link, settings or CacheSettings())
