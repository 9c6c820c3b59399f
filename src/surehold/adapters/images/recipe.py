"""How the files of a picture are made. Pure: bytes in, bytes out. Only the workshop's processes run it.

Nothing of what was sent is kept but its pixels: no metadata, no profile, no trailing bytes. The same pixels give the same files.
"""

import io
from collections.abc import Iterator
from typing import Any, cast

from PIL import Image, ImageCms, ImageOps

from surehold.adapters.images.words import PIXELS_MAX, SIDE_MAX, RefusedError, Rendered, Rendition, Suffix

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
WIDTHS = (320, 640, 1280, 1920)
_WEBP: dict[str, Any] = {
    "format": "WEBP",
    "quality": 80,
    "method": 2,
}  # 4 makes them 5 % smaller in half as much time again
_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 82}  # few ask for it; progressive, it took a quarter more time
_PNG: dict[str, Any] = {"format": "PNG", "compress_level": 6}
_RAW_MODES = frozenset({"RGB", "RGBA"})
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError)
"""What the decoders raise at bytes that are no picture; every one of them means the same to who sent it."""

Image.MAX_IMAGE_PIXELS = None  # we look at the size ourselves, before anything is decoded


def render(body: bytes) -> Rendered:
    """The files of a picture. RefusedError for what is none, is cut off, or is too large."""
    image = _open(body)
    try:
        return _render(image)
    except _BROKEN as error:
        raise RefusedError("The picture is damaged or cut off; export it again.") from error


def _open(body: bytes) -> Image.Image:
    """The picture's header; nothing is decoded yet."""
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
        width, height = image.size
    except _BROKEN as error:
        raise RefusedError(f"This is no picture of a kind that is taken: {', '.join(FORMATS)}.") from error
    if width > SIDE_MAX or height > SIDE_MAX or width * height > PIXELS_MAX:
        raise RefusedError(
            f"The picture has {width} by {height} pixels; at most {PIXELS_MAX:,} in all are taken, {SIDE_MAX:,} a side."
        )
    return image


def _render(opened: Image.Image) -> Rendered:
    size = opened.size
    if opened.format == "JPEG":  # the decoder scales while it decodes, down to what still fills the widest file
        opened.draft(None, _at_least(*size))
    opened.load()  # of what moves, the first picture
    turned = ImageOps.exif_transpose(opened)
    is_on_side = turned.size != opened.size and size[0] != size[1]
    width, height = (size[1], size[0]) if is_on_side else size
    image = _plain(turned)
    files = [file for shown in _narrower(image, width, height) for file in _files_of(shown)]
    return Rendered(width=width, height=height, files=files)


def _at_least(width: int, height: int) -> tuple[int, int]:
    """The smallest size that fills the widest file whichever side turns out to be the width."""
    scale = min(1.0, WIDTHS[-1] / min(width, height))
    return max(int(width * scale), 1), max(int(height * scale), 1)


def _plain(image: Image.Image) -> Image.Image:
    """The picture in sRGB, with its alpha where there is something to see through, and without anything else."""
    profile = image.info.get("icc_profile")
    sees_through = image.has_transparency_data
    if image.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:  # sixteen bits of grey
        image, profile = image.convert("I").point(lambda level: level / 256).convert("L"), None
    if profile:
        image = _in_srgb(image, cast("bytes", profile), "RGBA" if sees_through else "RGB")
    if image.mode not in _RAW_MODES or (image.mode == "RGBA") != sees_through:
        image = image.convert("RGBA" if sees_through else "RGB")
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    image.info = {}
    return image


def _in_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """By the picture's own profile; a profile that cannot be read counts as none."""
    if image.mode in {"P", "1", "LA", "PA"}:
        image = image.convert(mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, *_BROKEN):
        return image
    return made if made is not None else image


def _narrower(image: Image.Image, width: int, height: int) -> Iterator[Image.Image]:
    """The picture in every width it has pixels for, narrowest first. Each is made of the next wider one."""
    widths = [wide for wide in WIDTHS if wide < width] + ([width] if width <= WIDTHS[-1] else [])
    made: list[Image.Image] = []
    for wide in sorted(widths, reverse=True):
        high = max(round(height * wide / width), 1)
        if image.size != (wide, high):
            image = image.resize((wide, high), Image.Resampling.LANCZOS, reducing_gap=2.0)
            image.info = {}
        made.append(image)
    return reversed(made)


def _files_of(image: Image.Image) -> Iterator[Rendition]:
    """WebP for whoever can, and what everybody can."""
    plain: tuple[Suffix, dict[str, Any]] = ("png", _PNG) if image.mode == "RGBA" else ("jpg", _JPEG)
    yield _rendition(image, "webp", _WEBP)
    yield _rendition(image, *plain)


def _rendition(image: Image.Image, suffix: Suffix, options: dict[str, Any]) -> Rendition:
    target = io.BytesIO()
    image.save(target, **options)
    return Rendition(suffix=suffix, width=image.width, height=image.height, body=target.getvalue())
