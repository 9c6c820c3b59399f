"""Trouble on demand: what goes wrong with the next calls, asked for by the control endpoint or by a test token."""

import re
from typing import Annotated

import msgspec

from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.errors import Json
from surehold.app.card_stand_in.methods import TROUBLE_PREFIX

SLOW_MAX_S = 120.0
NEXT_MAX = 1000
DEEDS = r"(slow|slow_after):[0-9]{1,3}(\.[0-9]{1,3})?|lost_before|lost_after|status:(4|5)[0-9]{2}|decline:[a-z_]{1,40}|pending"
_TOKEN = re.compile(TROUBLE_PREFIX + r"(slow|slow_after|status|decline|lost_before|lost_after)(?:_([a-z0-9_.]{1,40}))?")


class Next(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the next `times` calls of an operation.

    `op`: its whole name (`payment_intents.capture`), its last word (`capture`), or `*`. `do`:
    `slow:S` waits, then acts; `slow_after:S` acts, then waits; `lost_before` cuts the line without acting; `lost_after` acts, then
    cuts it; `status:N` answers an error without acting (500 belongs to the key from then on, as with the real service);
    `decline:CODE` is the issuer's no; `pending` leaves a refund pending until it is settled by the control endpoint.
    """

    op: Annotated[str, msgspec.Meta(pattern=r"^(\*|[a-z_.]{1,60})$")]
    do: Annotated[str, msgspec.Meta(pattern=f"^({DEEDS})$")]
    times: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1

    def fits(self, op: str) -> bool:
        """Whether a call is meant."""
        return self.op in {"*", op} or op.endswith(f".{self.op}")


class Deed(msgspec.Struct, frozen=True):
    """One thing that goes wrong: its word, and its number or code."""

    word: str
    value: str = ""

    @property
    def seconds(self) -> float:
        """How long a slow one takes."""
        return min(float(self.value), SLOW_MAX_S)


class Trouble:
    """The queue of what was asked for; it survives a restart with the books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._next: list[Next] = books.setting("next", [], list[Next])

    @property
    def waiting(self) -> list[Next]:
        """What has not happened yet."""
        return list(self._next)

    def ask(self, more: list[Next]) -> None:
        """Add to the queue; within a unit."""
        self._set([*self._next, *more])

    def clear(self) -> None:
        """Ask for nothing more; within a unit."""
        self._set([])

    def take(self, op: str, params: Json, key: str | None) -> Deed | None:
        """What goes wrong with this call, if anything; it is used up. In no unit."""
        token = self._token(params, key)
        if token is not None:
            return token
        place = next((n for n, one in enumerate(self._next) if one.fits(op)), None)
        if place is None:
            return None
        one = self._next[place]
        rest = [msgspec.structs.replace(one, times=one.times - 1)] if one.times > 1 else []
        with self._books.unit():
            self._set([*self._next[:place], *rest, *self._next[place + 1 :]])
        return Deed(*one.do.split(":", 1))

    def _token(self, params: Json, key: str | None) -> Deed | None:
        """What a token such as `pm_trouble_lost_after` or `pm_trouble_slow_3` asks for: once a key, so that a replay gets through."""
        named = params.get("payment_method")
        match = _TOKEN.fullmatch(named) if isinstance(named, str) else None
        if match is None or (key and self._books.rows("select 1 from calls where key = ? limit 1", key)):
            return None
        deed = f"{match[1]}:{match[2]}" if match[2] else match[1]
        return Deed(*deed.split(":", 1)) if re.fullmatch(DEEDS, deed) else None

    def _set(self, new: list[Next]) -> None:
        self._books.keep_setting("next", new[:NEXT_MAX])
        self._next = new[:NEXT_MAX]
