"""What the catalogue needs of others: a place for files, somebody who makes pictures, and somebody who keeps prices."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from surehold.platform.db import Unit

PICTURE_BYTES_MAX = 20_000_000
MEDIA_TYPES: Mapping[str, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes `first` to `last` of a file, both counted; without `last` to its end, without `first` the `last` ones of it."""

    first: int | None = None
    last: int | None = None

    def within(self, total_bytes: int) -> tuple[int, int]:
        """Where it begins in a file of so many bytes, and how many it has there; all of the file when it lies outside."""
        if self.first is None:
            size = min(self.last or 0, total_bytes)
            return (total_bytes - size, size) if size else (0, total_bytes)
        end = total_bytes if self.last is None else min(self.last + 1, total_bytes)
        return (self.first, end - self.first) if self.first < end else (0, total_bytes)


class OpenedFile(msgspec.Struct, frozen=True, kw_only=True):
    """`size` bytes of a file of `total_bytes`, from `first` on, as they are read. Nothing is held open until they are."""

    total_bytes: int
    first: int
    size: int
    chunks: AsyncIterator[bytes]


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file. `modified_at` is when it was last put."""

    name: str
    size: int
    modified_at: datetime


class FileStore(Protocol):
    """Keeps files by plain names (`is_file_name`). What it cannot do now is FilesUnavailableError."""

    async def put(self, name: str, body: bytes, media_type: str) -> None:
        """Store a file: whole or not at all, and for good when this returns. One of that name is replaced."""
        ...

    async def open(self, name: str, span: Span | None = None) -> OpenedFile:
        """A file, or a span of it; FileNotStoredError without it."""
        ...

    async def exists(self, name: str) -> bool:
        """Whether it is stored."""
        ...

    async def delete(self, name: str) -> None:
        """Remove it; nothing happens where it is not there."""
        ...

    async def list_files(self, after: str, limit: int) -> list[FileFacts]:
        """Files by name, beyond this one."""
        ...


class MadeFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was made of a picture; sizes in pixels."""

    suffix: str
    media_type: str
    width: int
    height: int
    body: bytes


class MadePicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, its size as it came (upright), and its files, narrowest first. Never the bytes that were sent."""

    width: int
    height: int
    files: list[MadeFile]


class PictureMaker(Protocol):
    """Makes what is served of what is sent."""

    async def make(self, body: bytes, *, drawings: bool = False) -> MadePicture:
        """The files of a picture, and of an SVG where `drawings` are taken. PictureRefusedError says why it is none."""
        ...

    async def close(self) -> None:
        """End what it works with."""
        ...


class PriceBook(Protocol):
    """Keeps the prices of variants; the pricing module's service is one."""

    async def lock_prices(self, unit: Unit, variant_id: UUID) -> None:
        """Let nobody else change a variant's prices until the caller's unit of work ends."""
        ...

    async def set_prices(
        self,
        unit: Unit,
        variant_id: UUID,
        amounts: Mapping[str, int | None],
        price_list: str | None = None,
        *,
        actor: str = "system",
    ) -> bool:
        """Set (None: remove) prices by currency within the caller's unit of work; whether any changed. Without a list: base ones."""
        ...
