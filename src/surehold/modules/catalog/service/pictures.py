"""The shop's pictures: made of what is sent, stored before they are written down, and tidied when they are not.

Adding one has three steps, each of which may be its last: its files are announced, stored, and the picture is written down. What
was announced and never written down is removed after a day. A file that is being removed is stored by nobody until it is gone.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from surehold.kernel.errors import UnavailableError
from surehold.modules.catalog.errors import FilesUnavailableError, PictureNotFoundError, PictureRefusedError
from surehold.modules.catalog.model import PictureRecord, is_file_name, is_made_name
from surehold.modules.catalog.ports import (
    PICTURE_BYTES_MAX,
    FileFacts,
    FileStore,
    MadeFile,
    MadePicture,
    OpenedFile,
    PictureMaker,
    Span,
)
from surehold.modules.catalog.store import edits, pictures
from surehold.platform.db import Database
from surehold.platform.failpoints import failpoint
from surehold.platform.http import Actor

SHOWN_WIDTH = 1280  # what is shown where only one file can be
NAME_CHARS = 40
STORE_TRIES = 3
GONE_TRIES, GONE_EVERY_S = 20, 0.25
IDLE_S = 24 * 3600
LEASE_S = 3600
TIDY_BATCH = 100
TIDY_LIMIT_S = 600  # well within the lease: nobody else takes up what is still being removed
LIST_PAGE = 1000
LIST_PAGES_MAX = 10_000
_log = logging.getLogger(__name__)


class PictureLibrary:
    """Adds, finds and opens pictures. `files` keeps their bytes, `maker` makes them."""

    def __init__(self, db: Database, files: FileStore, maker: PictureMaker) -> None:
        self._db, self._files, self._maker = db, files, maker

    async def add(self, actor: Actor, body: bytes, *, drawings: bool = False) -> PictureRecord:
        """The picture of these bytes; the same bytes again are the same picture.

        PictureRefusedError says why they are none. FilesUnavailableError: nothing was lost, and it may be tried again.
        """
        if not 0 < len(body) <= PICTURE_BYTES_MAX:
            raise PictureRefusedError(f"A picture has 1 to {PICTURE_BYTES_MAX:,} bytes; send them as the body.")
        digest = await asyncio.to_thread(_digest_of, body)
        known = await pictures.find_by_source(self._db, digest)
        if known is not None:
            return known
        made = await self._maker.make(body, drawings=drawings)
        named = {_name_of(file): file for file in made.files}
        for _ in range(STORE_TRIES):
            await self._announce(list(named))
            await failpoint("media.after_announce")
            await self._store(named)
            await failpoint("media.after_store")
            if await self._write_down(actor, made, named, digest):
                await failpoint("media.after_keep")
                return await pictures.get(self._db, _shown_of(named))
        raise UnavailableError("The picture could not be kept just now; send it again.", retry_after_s=60)

    async def check(self, body: bytes, *, drawings: bool = False) -> None:
        """Say what is wrong with a picture, as `add` would, and keep nothing."""
        await self._maker.make(body, drawings=drawings)

    async def missing(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that are no pictures of the shop."""
        unknown = sorted(names - await pictures.list_known(self._db, sorted(names)))
        there = await asyncio.gather(*(self._is_older(name) for name in unknown))
        return frozenset(name for name, is_there in zip(unknown, there, strict=True) if not is_there)

    async def open(self, name: str, span: Span | None = None) -> OpenedFile:
        """A file, or a span of it; PictureNotFoundError when there is none of that name."""
        if not is_file_name(name):
            raise PictureNotFoundError
        return await self._files.open(name, span)

    async def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return is_file_name(name) and await self._files.exists(name)

    async def tidy(self) -> int:
        """Remove one batch of files that belong to no picture; out goes how many left."""
        leaving = await pictures.take_leaving(self._db, IDLE_S, LEASE_S, TIDY_BATCH)
        gone: list[str] = []
        try:
            async with asyncio.timeout(TIDY_LIMIT_S):
                for name in leaving:
                    await self._files.delete(name)
                    await failpoint("media.after_delete")
                    gone.append(name)
        except (FilesUnavailableError, TimeoutError) as error:
            _log.warning("files wait to be removed", exc_info=error, extra={"files": len(leaving) - len(gone)})
        await pictures.forget_files(self._db, gone)
        return len(gone)

    async def find_strays(self) -> int:
        """Note the old files that nobody announced (a database that was restored knows less than its files); how many."""
        found, after = 0, ""
        before = datetime.now(UTC) - timedelta(seconds=IDLE_S)
        for _ in range(LIST_PAGES_MAX):
            page = await self._files.list_files(after, LIST_PAGE)
            if not page:
                break
            after = page[-1].name
            found += await self._adopt([f for f in page if is_made_name(f.name) and f.modified_at < before])
        return found

    async def close(self) -> None:
        """End what makes pictures."""
        await self._maker.close()

    async def _adopt(self, strays: Sequence[FileFacts]) -> int:
        return await pictures.adopt(self._db, strays) if strays else 0

    async def _is_older(self, name: str) -> bool:
        """Whether it is a picture from before there were variants, which is known by its file alone."""
        return is_file_name(name) and not is_made_name(name) and await self._files.exists(name)

    async def _announce(self, names: Sequence[str]) -> None:
        for _ in range(GONE_TRIES):
            if await pictures.expect_files(self._db, names) == 0:
                return
            await asyncio.sleep(GONE_EVERY_S)
        raise UnavailableError("A file of this picture is just being removed; send it again.", retry_after_s=60)

    async def _store(self, named: Mapping[str, MadeFile]) -> None:
        puts = (self._files.put(name, file.body, file.media_type) for name, file in named.items())
        for outcome in await asyncio.gather(*puts, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _write_down(self, actor: Actor, made: MadePicture, named: Mapping[str, MadeFile], digest: str) -> bool:
        shown = _shown_of(named)
        variants = [
            {"file": name, "type": file.media_type, "width": file.width, "height": file.height}
            for name, file in named.items()
        ]
        async with self._db.unit() as unit:
            size = (made.width, made.height)
            is_kept = await pictures.keep(unit, shown, size, variants, digest, list(named))
            if is_kept:
                subject = ("picture", pictures.subject_of(shown))
                await edits.record_audit(unit, actor, "catalog.picture_added", subject, {"file": shown})
        return is_kept


def _digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _name_of(file: MadeFile) -> str:
    """A file is called by its content, so it never changes under its name."""
    return f"{_digest_of(file.body)[:NAME_CHARS]}.{file.suffix}"


def _shown_of(named: Mapping[str, MadeFile]) -> str:
    """The file that stands for the picture: one that everything can show, wide enough for most places."""
    plain = [name for name, file in named.items() if file.suffix != "webp"]
    fitting = [name for name in plain if named[name].width <= SHOWN_WIDTH]
    return fitting[-1] if fitting else plain[0]
