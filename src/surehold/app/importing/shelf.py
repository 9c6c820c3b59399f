"""The pictures that a product file names: found beside it, put into the store once, and named as the store names them."""

from asyncio import to_thread
from pathlib import Path

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


class PictureShelf:
    """Looks for pictures in the file's folder and in `pictures` beside it. Names in the store may be used as well."""

    def __init__(self, store: PictureLibrary, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._stored: dict[str, str] = {}

    async def fill(self, item: Parsed) -> Item:
        """The product with stored names in place of file names, or what is wrong with one of them."""
        draft = item.draft
        names = {picture.file for picture in draft.pictures or ()}
        names |= {variant.picture for variant in draft.variants if isinstance(variant.picture, str)}
        if not names:
            return item
        for name in sorted(names - set(self._stored)):
            reason = await self._take(name)
            if reason is not None:
                return Fault(item.first_line, reason)
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
            self._stored[name] = (await self._store.add(SYSTEM, await to_thread(found.read_bytes), drawings=True)).file
        except PictureRefusedError as error:
            return f"picture '{name}': {error.detail}"
        return None
