"""What the catalogue needs of others: a place for pictures, and somebody who keeps prices."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

import msgspec

from surehold.platform.db import Unit

PICTURE_BYTES_MAX = 4_000_000
MEDIA_TYPES: Mapping[str, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A picture's bytes. `digest` is a hex SHA-256 of them."""

    body: bytes
    media_type: str
    digest: str


class PictureStore(Protocol):
    """Keeps picture files. A stored name carries a part of the content's digest: other content, other name."""

    async def put(self, file_name: str, body: bytes) -> str:
        """Store a picture; out goes its stored name. The same content again answers the same name."""
        ...

    async def get(self, stored_name: str) -> StoredFile:
        """The picture; PictureNotFoundError when there is none of that name."""
        ...

    async def missing(self, stored_names: frozenset[str]) -> frozenset[str]:
        """Those of the names that are not stored."""
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
