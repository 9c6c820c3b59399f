"""Fills a running shop's cache before a rush, through the public API like any visitor: whatever is cached is what buyers will get.

Every answer lands in the second level as well, so one reader warms all processes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final
from urllib.parse import quote

import msgspec

from surehold.app.retail.caller import Caller
from surehold.app.retail.wire import Connection, Target

PAGE_SIZE: Final = 100
MAX_PRODUCTS: Final = 1_000_000
MAX_CONCURRENCY: Final = 64


class _Card(msgspec.Struct):
    slug: str


class _Page(msgspec.Struct):
    items: list[_Card]
    next_cursor: str | None


class Warmth(msgspec.Struct):
    """What was read: pages of the listing, products, and what was not there any more."""

    pages: int = 0
    products: int = 0
    missing: int = 0


class UnreadableShopError(Exception):
    """What answers there is no shop of ours."""


async def warm(target: Target, top: int, concurrency: int, told: Callable[[Warmth], None]) -> Warmth:
    """Read the first `top` products as the shop lists them; `told` hears of progress. ShopGoneError when the shop stops answering."""
    warmth = Warmth()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=2 * PAGE_SIZE)
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_read_products(target, queue, warmth, told))
        async for slug in _slugs(target, top, warmth):
            await queue.put(slug)
        for _ in range(concurrency):
            await queue.put(None)
    return warmth


async def _slugs(target: Target, top: int, warmth: Warmth) -> AsyncIterator[str]:
    connection = Connection(target)
    caller, path, left = Caller(connection), f"/v1/products?limit={PAGE_SIZE}", top
    try:
        while left > 0:
            answer = await caller.repeatable("GET", path, {})
            try:
                page = msgspec.json.decode(answer.body, type=_Page)
            except msgspec.MsgspecError as error:
                raise UnreadableShopError(
                    f"{path} answered {answer.status}, and that is no list of products"
                ) from error
            warmth.pages += 1
            for card in page.items[:left]:
                yield card.slug
            left -= len(page.items)
            if page.next_cursor is None:
                return
            path = f"/v1/products?limit={PAGE_SIZE}&cursor={quote(page.next_cursor)}"
    finally:
        connection.close()


async def _read_products(
    target: Target, queue: asyncio.Queue[str | None], warmth: Warmth, told: Callable[[Warmth], None]
) -> None:
    connection = Connection(target)
    caller = Caller(connection)
    try:
        while (slug := await queue.get()) is not None:
            answer = await caller.repeatable("GET", f"/v1/products/{quote(slug)}", {})
            if answer.status == 200:
                warmth.products += 1
            else:
                warmth.missing += 1  # unpublished or renamed since it was listed
            told(warmth)
    finally:
        connection.close()


def first_reason(group: ExceptionGroup[Exception]) -> Exception:
    """What went wrong first in a group of tasks: the others were cancelled because of it."""
    reason: Exception = group
    while isinstance(reason, ExceptionGroup):
        reason = reason.exceptions[0]
    return reason
