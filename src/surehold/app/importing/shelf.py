"""The pictures that a product file names: found beside it, put into the store once, and named as the store names them."""

from asyncio import Task, create_task, gather, to_thread
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from surehold.app.importing.source import Fault, Item, Parsed
from surehold.modules.catalog import (
    PICTURE_BYTES_MAX,
    PictureDraft,
    PictureLibrary,
    PictureRefusedError,
    ProductDraft,
    VariantDraft,
)
from surehold.platform.http.actor import SYSTEM

FOLDER = "pictures"
PRODUCTS_AHEAD = 8  # whose pictures are being made while those of an earlier one are waited for


class PictureShelf:
    """Looks for pictures in the file's folder and in `pictures` beside it. Names in the store may be used as well.

    One that `keeps` nothing says what would be wrong with them, and stores none.
    """

    def __init__(self, store: PictureLibrary, folder: Path, *, keeps: bool = True) -> None:
        self._store, self._folder, self._keeps = store, folder, keeps
        self._stored: dict[str, str] = {}
        self._taking: dict[str, Task[str | None]] = {}

    async def fill_each(self, items: AsyncIterable[Item]) -> AsyncGenerator[Item]:
        """The items in their order, each with its pictures stored, while those of the next few are being made."""
        waiting: deque[Task[Item]] = deque()
        try:
            async for item in items:
                if not waiting and (isinstance(item, Fault) or not _names_in(item.draft)):
                    yield item  # most files name no pictures: they cost nothing
                    continue
                waiting.append(create_task(self._fill(item)))
                if len(waiting) > PRODUCTS_AHEAD:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            await _end([*waiting, *self._taking.values()])

    async def _fill(self, item: Item) -> Item:
        """The product with stored names in place of file names, or what is wrong with one of them."""
        if isinstance(item, Fault):
            return item
        draft = item.draft
        for name in sorted(_names_in(draft) - set(self._stored)):
            taking = self._taking.get(name)
            if taking is None:
                taking = self._taking[name] = create_task(self._take(name))
            reason = await taking
            if reason is not None:
                return Fault(item.first_line, reason)
            self._taking.pop(name, None)
        return Parsed(item.first_line, item.last_line, self._renamed(draft), item.lines)

    def _renamed(self, draft: ProductDraft) -> ProductDraft:
        pictures = draft.pictures
        if pictures is not UNSET:
            title = draft.title if isinstance(draft.title, str) else ""
            pictures = [PictureDraft(file=self._stored[p.file], alt=p.alt or title) for p in pictures]
        return msgspec.structs.replace(draft, pictures=pictures, variants=[self._variant(v) for v in draft.variants])

    def _variant(self, variant: VariantDraft) -> VariantDraft:
        if not isinstance(variant.picture, str):
            return variant
        return msgspec.structs.replace(variant, picture=self._stored[variant.picture])

    async def _take(self, name: str) -> str | None:
        """Put a picture into the store; out goes what is wrong with it, if anything."""
        if not await self._store.missing(frozenset({name})):
            self._stored[name] = name
            return None
        if Path(name).name != name:
            return f"picture '{name}': give the name of the file alone"
        found = next((path for path in (self._folder / FOLDER / name, self._folder / name) if path.is_file()), None)
        if found is None:
            return f"there is no picture '{name}' beside the file, in its folder '{FOLDER}', or in the shop"
        if found.stat().st_size > PICTURE_BYTES_MAX:
            return f"picture '{name}' has more than {PICTURE_BYTES_MAX} bytes"
        try:
            body = await to_thread(found.read_bytes)
            if self._keeps:
                self._stored[name] = (await self._store.add(SYSTEM, body, drawings=True)).file
            else:
                await self._store.check(body, drawings=True)
                self._stored[name] = name
        except PictureRefusedError as error:
            return f"picture '{name}': {error.detail}"
        return None


def _names_in(draft: ProductDraft) -> set[str]:
    names = {picture.file for picture in draft.pictures or ()}
    return names | {variant.picture for variant in draft.variants if isinstance(variant.picture, str)}


async def _end(tasks: Sequence[Task[Any]]) -> None:
    """Give up what nobody waits for any more."""
    for task in tasks:
        task.cancel()
    await gather(*tasks, return_exceptions=True)
