"""The limits of the read cache, each with its name."""

import msgspec


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of both levels and of the talk between processes; seconds unless the name says otherwise."""

    max_entries: int = 20_000
    max_bytes: int = 64 * 1024 * 1024
    max_entry_bytes: int = 512 * 1024
    max_tags_per_entry: int = 512
    max_aliases: int = 50_000
    process_ttl_s: float = 60.0
    untrusted_ttl_s: float = 2.0  # how old an answer may get while invalidations cannot be heard
    stale_keep_s: float = 86_400.0  # how long an expired answer may still serve while PostgreSQL is away
    fill_timeout_s: float = 10.0
    outage_pause_s: float = 1.0  # after an outage was seen, stale answers go out at once for this long
    max_flights: int = 1_000
    level2_max_ttl_s: float = 1_800.0
    level2_timeout_s: float = 0.25
    level2_pause_s: float = 1.0
    level2_max_writes: int = 256  # second-level stores under way at once; beyond, a fill stays in the process only
    coalesce_s: float = 0.025
    max_pending_tags: int = 2_000  # more at once become one "everything"
    heartbeat_s: float = 0.4
    silence_s: float = 1.8
    max_publishers: int = 1_000
    prefix: str = "surehold:{cache}"
