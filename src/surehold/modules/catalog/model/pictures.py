"""Pictures as a browser asks for them."""

import re
from typing import Any, ClassVar, TypeVar

import msgspec

from surehold.modules.catalog.model.names import PICTURE_PATTERN

MEDIA = "/media/"
FOREVER = "public, max-age=31536000, immutable"
MADE_PATTERN = r"[0-9a-f]{40}\.(webp|jpg|png|svg)"
_NAME = re.compile(PICTURE_PATTERN.removeprefix("^").removesuffix("$"))
_MADE = re.compile(MADE_PATTERN)
StructT = TypeVar("StructT", bound=msgspec.Struct)


class PictureVariant(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a picture, for a `srcset`. `type` is its media type; sizes are in pixels."""

    url: str
    type: str
    width: int
    height: int


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: a file that every browser shows, and all files there are of it, narrowest first.

    `width` and `height` are those of the picture as it came, upright; null for one that was stored before there were variants.
    """

    url: str
    alt: str
    width: int | None = None
    height: int | None = None
    variants: list[PictureVariant] = []


class PictureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in the shop's store. `file` is the name that products and variants know it by."""

    file: str
    width: int
    height: int
    variants: list[PictureVariant]

    example: ClassVar[dict[str, Any]] = {
        "file": "5f3a1c0e9b7d2468ace013579bdf02468ace1357.jpg",
        "width": 1600,
        "height": 1200,
        "variants": [
            {
                "url": "/media/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567.webp",
                "type": "image/webp",
                "width": 640,
                "height": 480,
            },
            {
                "url": "/media/5f3a1c0e9b7d2468ace013579bdf02468ace1357.jpg",
                "type": "image/jpeg",
                "width": 640,
                "height": 480,
            },
        ],
    }


def is_file_name(name: str) -> bool:
    """Whether a file of the store may be called so: one plain name, never a path."""
    return _NAME.fullmatch(name) is not None


def is_made_name(name: str) -> bool:
    """Whether it is a name that we give ourselves: what was stored before, or by somebody else, is not ours to remove."""
    return _MADE.fullmatch(name) is not None


def at_place(shown: StructT, place: str) -> StructT:
    """A page with the addresses of its pictures at another place than ours (`https://cdn.example/shop/`)."""
    return _moved(shown, place)


def _moved(value: Any, place: str) -> Any:
    """Only what begins as our own address of a file moves; nothing else that a page says can be mistaken for one."""
    if isinstance(value, PictureVariant | Picture):
        changes: dict[str, Any] = {"url": place + value.url.removeprefix(MEDIA)}
        if isinstance(value, Picture):
            changes["variants"] = [_moved(variant, place) for variant in value.variants]
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, list):
        return [_moved(item, place) for item in value]
    if isinstance(value, msgspec.Struct):
        picture = getattr(value, "picture", None)
        changes = {name: _moved(getattr(value, name), place) for name in _WITH_PICTURES if hasattr(value, name)}
        if isinstance(picture, str):
            changes["picture"] = place + picture.removeprefix(MEDIA)
        return msgspec.structs.replace(value, **changes)
    return value


_WITH_PICTURES = ("items", "pictures", "picture", "hover_picture", "variants")
"""The members of pages in which there are pictures."""
