"""A library of pictures in a folder, with a workshop of its own; and pictures to put into it."""

import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.modules.catalog import PictureLibrary
from surehold.platform.db import Database


@asynccontextmanager
async def opened_library(db: Database, folder: Path) -> AsyncGenerator[PictureLibrary]:
    library = PictureLibrary(db, DiskFiles(folder), PictureWorkshop(benches=1))
    try:
        yield library
    finally:
        await library.close()


def drawn(width: int = 900, height: int = 600, mode: str = "RGB") -> Image.Image:
    """A picture whose left is dark and whose right is light, so that one can see how it lies."""
    grey = Image.linear_gradient("L").rotate(90).resize((width, height))
    return grey.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def decoded(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


async def bytes_of(library: PictureLibrary, name: str) -> bytes:
    return b"".join([part async for part in (await library.open(name)).chunks])
