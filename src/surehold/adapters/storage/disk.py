"""Files in one folder. A file appears whole or not at all, and is on the disk before anybody is told that it is."""

import os
import tempfile
from asyncio import to_thread
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

from surehold.modules.catalog import FileFacts, FileNotStoredError, OpenedFile, Span, is_file_name

CHUNK_BYTES = 256 * 1024


class DiskFiles:
    """Keeps files in a folder, which is made when the first one comes. Nothing outside of it is ever reached."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, body: bytes, media_type: str) -> None:
        """Store a file, or store it again: its age begins anew. A folder keeps no media type; the name says it."""
        del media_type
        await to_thread(self._write, self._path(name), body)

    async def open(self, name: str, span: Span | None = None) -> OpenedFile:
        """A file's size and bytes, or those of a span; FileNotStoredError without it."""
        path = self._path(name)
        try:
            total = (await to_thread(path.stat)).st_size
        except FileNotFoundError:
            raise FileNotStoredError from None
        first, size = span.within(total) if span is not None else (0, total)
        return OpenedFile(total_bytes=total, first=first, size=size, chunks=_read(path, first, size))

    async def exists(self, name: str) -> bool:
        """Whether it is stored."""
        return is_file_name(name) and await to_thread((self._folder / name).is_file)

    async def delete(self, name: str) -> None:
        """Remove it; nothing happens where it is not there."""
        await to_thread(self._path(name).unlink, missing_ok=True)

    async def list_files(self, after: str, limit: int) -> list[FileFacts]:
        """Files by name, beyond this one."""
        return await to_thread(self._list, after, limit)

    def _path(self, name: str) -> Path:
        if not is_file_name(name):
            raise FileNotStoredError
        return self._folder / name

    def _list(self, after: str, limit: int) -> list[FileFacts]:
        try:
            names = sorted(p.name for p in self._folder.iterdir() if p.name > after and is_file_name(p.name))
        except FileNotFoundError:
            return []
        return [facts for name in names[:limit] if (facts := _facts(self._folder / name)) is not None]

    def _write(self, target: Path, body: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)


def _facts(path: Path) -> FileFacts | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return FileFacts(name=path.name, size=stat.st_size, modified_at=datetime.fromtimestamp(stat.st_mtime, UTC))


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a power failure only when its folder does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def _read(path: Path, first: int, size: int) -> AsyncGenerator[bytes]:
    while size > 0:
        part = await to_thread(_read_at, path, first, min(size, CHUNK_BYTES))
        if not part:
            return
        yield part
        first, size = first + len(part), size - len(part)


def _read_at(path: Path, first: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(size)
