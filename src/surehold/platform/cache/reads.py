"""The read cache of one process: finds, fills once per key, forgets, and goes on serving what it kept while the origin is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from surehold.platform.cache.entries import Answer, Entry, Header, make_entry
from surehold.platform.cache.epochs import Epochs
from surehold.platform.cache.keys import CachedRoute, CacheKey, RouteTable, make_key
from surehold.platform.cache.level2 import Level2Port, Stored
from surehold.platform.cache.memory import ByteStore
from surehold.platform.cache.settings import CacheSettings
from surehold.platform.cache.terms import Shown

Origin = Callable[[CacheKey], Awaitable[Answer]]
Clock = Callable[[], float]
Finish = Callable[[str, list[Header]], list[Header]]
"""Makes an answer's headers, by its path, those with which this process gives it out."""
AWAY = 503
FLIGHT_TRIES = 3


class Served(msgspec.Struct, frozen=True):
    """What to answer with; `stale` when it is old and the origin is away."""

    entry: Entry
    stale: bool = False


class Counts(msgspec.Struct):
    """What happened on one cached route since the process began."""

    hits: int = 0
    level2_hits: int = 0
    fills: int = 0
    raced: int = 0
    stale: int = 0
    passed: int = 0


class ReadCache:
    """Answers to public GETs. Runs on one event loop; nothing here is shared between threads."""

    def __init__(
        self,
        routes: Sequence[CachedRoute],
        settings: CacheSettings,
        *,
        level2: Level2Port | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.settings, self._level2, self._clock = settings, level2, clock
        self._table = RouteTable(routes)
        self._store = ByteStore(max_entries=settings.max_entries, max_bytes=settings.max_bytes)
        self._epochs = Epochs()
        self._aliases: dict[tuple[str, bytes, Shown], CacheKey] = {}
        self._flights: dict[str, tuple[int, asyncio.Task[Served | Answer]]] = {}
        self._writes: set[asyncio.Task[bool]] = set()
        self._trusted_until = 0.0
        self._origin_away_until = 0.0
        self._finish: Finish | None = None
        self.counts = {route.pattern: Counts() for route in routes}

    def finish_with(self, finish: Finish) -> None:
        """Finish entries of this process like this. What all processes share stays as the origin made it: they may differ."""
        self._finish = finish

    @property
    def size_bytes(self) -> int:
        """Bytes held by the first level."""
        return self._store.size_bytes

    def __len__(self) -> int:
        return len(self._store)

    # What invalidations do (EpochSink).

    def apply(self, tags: Iterable[str]) -> None:
        """These things changed: bump first, so that a fill under way is refused, then drop."""
        tags = list(tags)
        self._epochs.bump(tags)
        self._store.drop(tags)

    def apply_all(self) -> None:
        """Anything may have changed. Entries stay, unusable but for an outage."""
        self._epochs.bump_all()

    def trust(self, until: float) -> None:
        """Invalidations are heard until then."""
        self._trusted_until = until

    # What requests do.

    def key_of(self, path: str, raw_query: bytes, shown: Shown) -> CacheKey | None:
        """The key of a request, None when its path is not cached; InvalidInputError for parameters it does not know."""
        alias = (path, raw_query, shown)
        key = self._aliases.get(alias)
        if key is not None:
            return key
        route = self._table.match(path)
        if route is None:
            return None
        key = make_key(route, path, raw_query, shown)
        if len(self._aliases) >= self.settings.max_aliases:
            self._aliases.clear()
        self._aliases[alias] = key
        return key

    def hit(self, path: str, raw_query: bytes, shown: Shown) -> Entry | None:
        """The entry for a request as it came, if there is one and its spelling is known: the short way to an answer."""
        key = self._aliases.get((path, raw_query, shown))
        if key is None:
            return None
        entry = self.find(key)
        if entry is not None:
            self.counts[key.route.pattern].hits += 1
        return entry

    def find(self, key: CacheKey) -> Entry | None:
        """The entry, if it may be given out now."""
        entry = self._store.get(key.text)
        if entry is None or entry.born < self._epochs.floor:
            return None
        now = self._clock()
        if now >= entry.expires_at:
            return None
        if now >= self._trusted_until and now - entry.filled_at >= self.settings.untrusted_ttl_s:
            return None
        entry.used = True
        return entry

    async def fetch(self, key: CacheKey, origin: Origin) -> Served | Answer:
        """The entry, filled if need be; or the origin's answer as it is when it may not be cached."""
        for _ in range(FLIGHT_TRIES):
            if (entry := self.find(key)) is not None:
                return Served(entry)
            if self._leave_origin_alone() and (kept := self._kept(key)) is not None:
                return kept
            flight = self._flights.get(key.text)
            if flight is None:
                if len(self._flights) >= self.settings.max_flights:
                    break
                return await asyncio.shield(self._take_off(key, origin))
            noted, task = flight
            if noted == self._epochs.clock:
                return await asyncio.shield(task)
            # It began before something changed that we must see: wait for it, then look again.
            await asyncio.wait({task})
        return await self._fill(key, origin)

    async def warm(self, keys: Iterable[CacheKey], origin: Origin) -> int:
        """Fill both levels for these keys, one after the other; how many are cached afterwards."""
        served = [await self.fetch(key, origin) for key in keys]
        await self.settle()
        return sum(isinstance(one, Served) for one in served)

    async def settle(self) -> None:
        """Wait for second-level stores that are under way."""
        if self._writes:
            await asyncio.wait(self._writes)

    def _take_off(self, key: CacheKey, origin: Origin) -> "asyncio.Task[Served | Answer]":
        # A task of its own: the client that came first may go away, the others still want the answer.
        task = asyncio.create_task(self._fill(key, origin))
        self._flights[key.text] = (self._epochs.clock, task)
        task.add_done_callback(lambda _: self._flights.pop(key.text, None))
        return task

    async def _fill(self, key: CacheKey, origin: Origin) -> Served | Answer:
        counts = self.counts[key.route.pattern]
        noted = self._epochs.clock
        level2_noted: int | None = None
        if self._level2 is not None and key.route.level2:
            found = await self._level2.find(key.text)
            if isinstance(found, Stored):
                entry = self._entry(key, found.answer, noted, found.lives_s)
                if self._keep(entry):
                    counts.level2_hits += 1
                    return Served(entry)
            else:
                level2_noted = found
            noted = self._epochs.clock
        answer = await self._ask(key, origin)
        if answer.status == AWAY:
            self._origin_away_until = self._clock() + self.settings.outage_pause_s
            return self._kept(key) or answer
        self._origin_away_until = 0.0
        if not self._may_cache(answer):
            counts.passed += 1
            return answer
        entry = self._entry(key, answer, noted, key.route.ttl_s)
        if self._keep(entry):
            counts.fills += 1
            self._store_level2(key, level2_noted, answer)
        else:
            counts.raced += 1
        return Served(entry)

    def _leave_origin_alone(self) -> bool:
        """Whether it was away a moment ago. After the pause one request asks again; the others need not wait with it."""
        if not self._origin_away_until:
            return False
        now = self._clock()
        if now < self._origin_away_until:
            return True
        self._origin_away_until = now + self.settings.fill_timeout_s
        return False

    async def _ask(self, key: CacheKey, origin: Origin) -> Answer:
        try:
            async with asyncio.timeout(self.settings.fill_timeout_s):
                return await origin(key)
        except TimeoutError:
            return Answer(AWAY, [], b"")

    def _may_cache(self, answer: Answer) -> bool:
        return (
            answer.status == 200
            and not answer.sets_cookie
            and 0 < len(answer.tags) <= self.settings.max_tags_per_entry
            and len(answer.body) <= self.settings.max_entry_bytes
        )

    def _entry(self, key: CacheKey, answer: Answer, noted: int, lives_s: float) -> Entry:
        if self._finish is not None:
            answer = msgspec.structs.replace(answer, headers=self._finish(key.path, answer.headers))
        return make_entry(
            key=key.text,
            answer=answer,
            cache_control=_cache_control(key),
            vary=b"accept-language" if key.shown.locale else b"",
            born=noted,
            now=self._clock(),
            lives_s=min(lives_s, self.settings.process_ttl_s),
        )

    def _keep(self, entry: Entry) -> bool:
        if not self._epochs.unchanged_since(entry.born, entry.tags):
            return False
        self._store.put(entry)
        return True

    def _store_level2(self, key: CacheKey, noted: int | None, answer: Answer) -> None:
        if self._level2 is None or noted is None or len(self._writes) >= self.settings.level2_max_writes:
            return
        task = asyncio.create_task(self._level2.put(key.text, noted, answer, key.route.ttl_s))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    def _kept(self, key: CacheKey) -> Served | None:
        entry = self._store.get(key.text)
        if entry is None or self._clock() - entry.filled_at > self.settings.stale_keep_s:
            return None
        self.counts[key.route.pattern].stale += 1
        return Served(entry, stale=True)


def _cache_control(key: CacheKey) -> bytes:
    if key.shown.price_list:
        return b"private, no-cache"  # terms of one buyer: no shared cache may show them to another
    route = key.route
    return (
        f"public, max-age=0, s-maxage={route.shared_max_age_s}, stale-while-revalidate={route.stale_while_revalidate_s}"
    ).encode()
