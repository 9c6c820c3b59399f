"""Which paths are cached, and one key per distinct answer: unknown and repeated parameters are refused, the rest is sorted."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.platform.cache.terms import Shown

MAX_QUERY_BYTES = 2_048
MAX_SEGMENT_CHARS = 200
MAX_PARAMS = 32


class CachedRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A public GET that the edge answers from its cache.

    `pattern` has segments in braces for anything (`/v1/products/{id_or_slug}`); `params` are all query parameters it knows.
    `ttl_s` bounds the second level (a process keeps an answer 60 s at most); `shared_max_age_s` is what a CDN may keep it.
    """

    pattern: str
    params: frozenset[str] = frozenset()
    ttl_s: int = 1_800
    shared_max_age_s: int = 2
    stale_while_revalidate_s: int = 10
    level2: bool = True


class CacheKey(msgspec.Struct, frozen=True):
    """One distinct answer: `text` names it, `query` is the canonical query string to ask the inner application with."""

    text: str
    route: CachedRoute
    path: str
    query: bytes
    shown: Shown


class RouteTable:
    """Finds the cached route of a path."""

    def __init__(self, routes: Sequence[CachedRoute]) -> None:
        self._routes: dict[int, list[tuple[list[str], CachedRoute]]] = {}
        for route in routes:
            segments = route.pattern.split("/")
            self._routes.setdefault(len(segments), []).append((segments, route))

    def match(self, path: str) -> CachedRoute | None:
        """The first route whose pattern fits, if any."""
        segments = path.split("/")
        for pattern, route in self._routes.get(len(segments), ()):
            if all(_fits(part, segment) for part, segment in zip(pattern, segments, strict=True)):
                return route
        return None


def make_key(route: CachedRoute, path: str, raw_query: bytes, shown: Shown) -> CacheKey:
    """The key of a request; InvalidInputError for unknown, repeated or too many parameters."""
    pairs = _pairs(raw_query)
    names = [name for name, _ in pairs]
    for name in names:
        if name not in route.params:
            raise InvalidInputError(f"There is no query parameter {name[:40]!r} here.", parameter=name[:40])
        if names.count(name) > 1:
            raise InvalidInputError(f"The query parameter {name!r} is given more than once.", parameter=name)
    if currency := dict(pairs).get("currency"):
        shown = msgspec.structs.replace(shown, currency=currency)
    query = urlencode(sorted(pairs))
    text = f"{quote(path)}?{query}#{quote(shown.price_list)}#{quote(shown.currency)}#{shown.locale}"
    return CacheKey(text=text, route=route, path=path, query=query.encode(), shown=shown)


def _pairs(raw_query: bytes) -> list[tuple[str, str]]:
    if len(raw_query) > MAX_QUERY_BYTES:
        raise InvalidInputError(f"The query string is longer than {MAX_QUERY_BYTES} bytes.")
    try:
        return parse_qsl(raw_query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARAMS, errors="strict")
    except ValueError as error:
        raise InvalidInputError("The query string cannot be read as UTF-8 parameters.") from error


def _fits(part: str, segment: str) -> bool:
    if part.startswith("{"):
        return 0 < len(segment) <= MAX_SEGMENT_CHARS
    return part == segment
