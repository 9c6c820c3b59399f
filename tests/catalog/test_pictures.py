"""The picture store on disk: names follow content, and nothing outside of its folder is reached."""

import asyncio
from pathlib import Path

import pytest

from surehold.adapters.storage.pictures import DiskPictures
from surehold.kernel.errors import InvalidInputError
from surehold.modules.catalog import PICTURE_BYTES_MAX, PictureNotFoundError

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def store(tmp_path: Path) -> DiskPictures:
    return DiskPictures(tmp_path / "media")


async def test_a_name_follows_the_content(store: DiskPictures) -> None:
    one, other = await store.put("Mug (blue).SVG", SVG), await store.put("Mug (blue).svg", SVG + b" ")
    assert one.startswith("mug-blue-")
    assert one.endswith(".svg")
    assert one != other
    assert (await store.get(one)).body == SVG
    assert await store.missing(frozenset({one, other, "gone-0123456789.svg"})) == {"gone-0123456789.svg"}


async def test_many_at_once_store_one_file(store: DiskPictures, tmp_path: Path) -> None:
    names = await asyncio.gather(*(store.put("same.svg", SVG) for _ in range(20)))
    assert len(set(names)) == 1
    assert [path.name for path in (tmp_path / "media").iterdir()] == [names[0]]


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.exe", b"MZ"), ("a.svg", b"no picture"), ("a.png", SVG), ("a.jpg", b""), ("noending", SVG),
     ("a.svg", SVG + b" " * PICTURE_BYTES_MAX)],
)  # fmt: skip
async def test_what_is_no_picture_is_refused(store: DiskPictures, name: str, body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        await store.put(name, body)


@pytest.mark.parametrize(
    "name", ["../secret.key", "/etc/passwd", "a/b-0123456789.svg", "", ".", "x-0123456789.svg\x00"]
)
async def test_nothing_outside_is_read(store: DiskPictures, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.key").write_text("secret")
    with pytest.raises(PictureNotFoundError):
        await store.get(name)


async def test_a_path_is_stored_as_a_name(store: DiskPictures, tmp_path: Path) -> None:
    stored = await store.put("../../evil.svg", SVG)
    assert stored.startswith("evil-")
    assert (tmp_path / "media" / stored).is_file()
