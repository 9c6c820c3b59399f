"""Named points at which a test may kill, stall or fail the process; without SUREHOLD_FAILPOINTS each is a no-op.

`SUREHOLD_FAILPOINTS="name=kill; other=stall:5; third=error"`; `@N` acts at the Nth hit only, `*P` with probability P, as in
`name=kill@3` or `name=error*0.1`. A stall leaves a mark, a file of its name in the folder SUREHOLD_FAILPOINT_MARKS if that is
set, and is over when somebody takes the mark away. Refused unless SUREHOLD_ENV=test, so that no shop ever runs with one.
"""

import asyncio
import itertools
import os
import random
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SPEC = re.compile(r"^(kill|error|stall:(\d+(?:\.\d+)?))(?:@(\d+)|\*(0?\.\d+|1(?:\.0)?))?$")

LOOK_EVERY_S = 0.02


class FailpointError(Exception):
    """What an `error` failpoint raises."""


class FailpointConfigError(Exception):
    """SUREHOLD_FAILPOINTS cannot be used; the text says why."""


@dataclass(slots=True)
class _Armed:
    """One failpoint that acts."""

    action: str
    stall_s: float
    at_hit: int | None
    probability: float
    hits: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fires(self) -> bool:
        """Whether this hit is one that acts."""
        hit = next(self.hits)
        if self.at_hit is not None:
            return hit == self.at_hit
        return self.probability >= 1 or random.random() < self.probability  # noqa: S311  fault injection, no secret


def parse(environment: Mapping[str, str]) -> dict[str, _Armed]:
    """The failpoints that an environment arms, by name; FailpointConfigError outside of tests or for a bad spec."""
    text = environment.get("SUREHOLD_FAILPOINTS", "").strip()
    if not text:
        return {}
    if environment.get("SUREHOLD_ENV") != "test":
        raise FailpointConfigError("SUREHOLD_FAILPOINTS is for tests: unset it, or set SUREHOLD_ENV=test")
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return dict(_parse_one(part) for part in parts)


def _parse_one(part: str) -> tuple[str, _Armed]:
    name, _, spec = part.partition("=")
    match = _SPEC.match(spec.strip())
    if match is None:
        raise FailpointConfigError(
            f"{part!r}: say name=kill, name=stall:SECONDS or name=error, then @N or *P if wanted"
        )
    action, stall_s, at_hit, probability = match.groups()
    return name.strip(), _Armed(
        action=action.partition(":")[0],
        stall_s=float(stall_s or 0),
        at_hit=int(at_hit) if at_hit else None,
        probability=float(probability or 1),
    )


_ARMED = parse(os.environ)


async def failpoint(name: str, armed: Mapping[str, _Armed] = _ARMED) -> None:
    """A point where this process may be made to die, hang or fail. `name` is a literal, so that tests can list them all."""
    point = armed.get(name)
    if point is None or not point.fires():
        return
    if point.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if point.action == "stall":
        await _stall(name, point.stall_s)
        return
    raise FailpointError(name)


async def _stall(name: str, at_most_s: float) -> None:
    folder = os.environ.get("SUREHOLD_FAILPOINT_MARKS")
    if not folder:
        await asyncio.sleep(at_most_s)
        return
    mark, deadline = Path(folder, name), time.monotonic() + at_most_s
    await asyncio.to_thread(mark.touch)
    while await asyncio.to_thread(mark.exists) and time.monotonic() < deadline:  # noqa: ASYNC110  a file has no event
        await asyncio.sleep(LOOK_EVERY_S)
