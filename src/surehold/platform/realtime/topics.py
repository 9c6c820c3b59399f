"""Topics as clients name them, and how far a client has come on each."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from surehold.platform.http import Actor
from surehold.platform.realtime.errors import TopicInvalidError, TopicRefusedError

_TOPIC = re.compile(r"[a-z][a-z_]{0,19}(:[A-Za-z0-9-]{1,64})?")
_EVENT_ID = re.compile(r"([0-9]{1,15})\.([0-9a-f]{8})\.((?:[0-9]{0,18}_)*[0-9]{0,18})")
_SINCE = re.compile(r"([^@]+)@([0-9]{1,18})")
MAX_TOPIC_CHARS = 85
_LOST = 0  # a moment before any that is remembered


class TopicAuthorizer(Protocol):
    """Says who may follow what."""

    async def resolve(self, actor: Actor, topic: str, headers: Mapping[bytes, bytes]) -> str | None:
        """The topic's full name (`cart:me` → `cart:ID`); None if it is not this actor's or there is none.

        `headers` are those of the request that opened the stream: a thing may have a token of its own.
        """
        ...


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """What a client knows already: versions by topic, and the moment (Unix milliseconds) up to which it was told everything."""

    versions: Mapping[str, int] = {}
    at_ms: int | None = None


def check_topics(names: Sequence[str], max_topics: int) -> tuple[str, ...]:
    """The topics, each once. TopicInvalidError if there are none, too many, or one is not well-formed."""
    unique = tuple(dict.fromkeys(names))
    if not 0 < len(unique) <= max_topics:
        raise TopicInvalidError(f"Name between 1 and {max_topics} topics.")
    for name in unique:
        if not _TOPIC.fullmatch(name):
            raise TopicInvalidError("A topic is a word, a colon and an id, such as `variant:ID` or `cart:me`.")
    return unique


async def authorize(
    authorizer: TopicAuthorizer, actor: Actor, names: Iterable[str], headers: Mapping[bytes, bytes]
) -> dict[str, str]:
    """Full names to the names the client uses. TopicRefusedError names all that are refused."""
    full_names: dict[str, str] = {}
    refused: list[str] = []
    for name in names:
        full_name = await authorizer.resolve(actor, name, headers)
        if full_name is None:
            refused.append(name)
        else:
            full_names.setdefault(full_name, name)
    if refused:
        raise TopicRefusedError("Nothing was subscribed: some topics are not yours or do not exist.", topics=refused)
    return full_names


def event_id(at_ms: int, names: Iterable[str], versions: Mapping[str, int]) -> str:
    """What a browser sends back as `Last-Event-ID`: how far it has come on each of the stream's topics."""
    ordered = sorted(names)
    return f"{at_ms}.{_digest(ordered)}.{'_'.join(str(versions.get(name, '')) for name in ordered)}"


def read_event_id(text: str, names: Iterable[str]) -> Since:
    """What an id says about these topics; one of other topics, or of somebody else's making, says that anything may be missing."""
    ordered = sorted(names)
    match = _EVENT_ID.fullmatch(text)
    if match is None or match[2] != _digest(ordered):
        return Since(at_ms=_LOST)
    versions = match[3].split("_")
    if len(versions) != len(ordered):
        return Since(at_ms=_LOST)
    known = {name: int(version) for name, version in zip(ordered, versions, strict=True) if version}
    return Since(versions=known, at_ms=int(match[1]))


def read_since(text: str) -> Since:
    """`cart:me@12,variant:ID@4`: the versions that a client has read by other means."""
    versions: dict[str, int] = {}
    for part in text.split(","):
        match = _SINCE.fullmatch(part)
        if match is None:
            raise TopicInvalidError("`since` is a list such as `cart:me@12,variant:ID@4`.")
        versions[match[1]] = int(match[2])
    return Since(versions=versions)


def _digest(ordered: Sequence[str]) -> str:
    return hashlib.blake2s("\n".join(ordered).encode(), digest_size=4).hexdigest()
