"""Pictures in a folder. A stored name ends in a part of the content's digest, so a file never changes under its name."""

import hashlib
import os
import re
import tempfile
from asyncio import to_thread
from pathlib import Path

from surehold.kernel.errors import InvalidInputError
from surehold.modules.catalog import MEDIA_TYPES, PICTURE_BYTES_MAX, PictureNotFoundError, StoredFile

_DIGEST_CHARS = 10
_STEM_CHARS = 80
_STORED = re.compile(rf"^[a-z0-9][a-z0-9._-]*-[0-9a-f]{{{_DIGEST_CHARS}}}\.({'|'.join(MEDIA_TYPES)})$")
_STARTS: dict[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "webp": (b"RIFF",),
}


class DiskPictures:
    """Keeps pictures in one folder, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, file_name: str, body: bytes) -> str:
        """Store a picture; out goes its stored name. InvalidInputError for what is no picture."""
        stored_name = _stored_name(file_name, body)
        await to_thread(self._write, stored_name, body)
        return stored_name

    async def get(self, stored_name: str) -> StoredFile:
        """The picture; PictureNotFoundError when there is none of that name."""
        if not _STORED.match(stored_name):
            raise PictureNotFoundError
        try:
            body = await to_thread((self._folder / stored_name).read_bytes)
        except FileNotFoundError:
            raise PictureNotFoundError from None
        media_type = MEDIA_TYPES[stored_name.rpartition(".")[2]]
        return StoredFile(body=body, media_type=media_type, digest=hashlib.sha256(body).hexdigest())

    async def missing(self, stored_names: frozenset[str]) -> frozenset[str]:
        """Those of the names that are not stored."""
        return await to_thread(self._missing, stored_names)

    def _missing(self, stored_names: frozenset[str]) -> frozenset[str]:
        return frozenset(name for name in stored_names if not (_STORED.match(name) and (self._folder / name).is_file()))

    def _write(self, stored_name: str, body: bytes) -> None:
        target = self._folder / stored_name
        if target.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _stored_name(file_name: str, body: bytes) -> str:
    stem, _, suffix = Path(file_name).name.lower().rpartition(".")
    if suffix not in MEDIA_TYPES:
        raise InvalidInputError(f"{file_name}: a picture is one of {', '.join(MEDIA_TYPES)}.", field="pictures")
    if not 0 < len(body) <= PICTURE_BYTES_MAX:
        raise InvalidInputError(f"{file_name}: a picture has 1 to {PICTURE_BYTES_MAX} bytes.", field="pictures")
    if not _looks_right(suffix, body):
        raise InvalidInputError(f"{file_name}: this is no {suffix} picture.", field="pictures")
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_CHARS]
    plain = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:_STEM_CHARS].strip("-") or "picture"
    return f"{plain}-{digest}.{suffix}"


def _looks_right(suffix: str, body: bytes) -> bool:
    if suffix == "svg":
        return b"<svg" in body[:4096]
    return suffix not in _STARTS or body.startswith(_STARTS[suffix])
