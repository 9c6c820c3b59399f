"""What the workshop and its processes say to each other. Imports no decoder: the shop's own processes decode nothing."""

import struct
from typing import Literal

import msgspec

HEAD = struct.Struct(">?Q")  # whether drawings are taken; how many bytes follow
LENGTH = struct.Struct(">Q")
PIXELS_MAX = 50_000_000
SIDE_MAX = 16_000  # WebP ends at 16,383
Suffix = Literal["webp", "jpg", "png", "svg"]


class RefusedError(Exception):
    """The bytes are no picture that we take; the text says why, to whoever sent them."""


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a picture."""

    suffix: Suffix
    width: int
    height: int
    body: bytes


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A picture upright, as large as it came (pixels), and its files, narrowest first."""

    width: int
    height: int
    files: list[Rendition]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The picture, or why it is refused."""

    rendered: Rendered | None = None
    refused: str | None = None
