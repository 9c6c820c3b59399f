"""Pictures: sent by staff as they are, served to everybody as what was made of them."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter
from litestar.response import Stream
from msgspec import Meta

from surehold.modules.catalog.errors import FilesUnavailableError, PictureNotFoundError, PictureRefusedError
from surehold.modules.catalog.model import FOREVER, PICTURE_PATTERN, PictureRecord
from surehold.modules.catalog.ports import MEDIA_TYPES, Span
from surehold.modules.catalog.routes.products import DESK
from surehold.modules.catalog.service import PictureLibrary
from surehold.platform.http import PUBLIC, Actor, Dep, get, json_response, post

PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
Upload = Request[Any, Any, Any]


@post(
    "/v1/admin/pictures",
    policy=DESK,
    summary="Add a picture",
    returns=PictureRecord,
    status=201,
    problems=(PictureRefusedError, FilesUnavailableError),
    takes=("application/octet-stream",),
    tag="catalog",
)
async def admin_add_picture(pictures: Dep[PictureLibrary], actor: Dep[Actor], request: Upload) -> Response[bytes]:
    """Send the picture's bytes as the body: JPEG, PNG, WebP, AVIF or GIF (its first frame), up to 20 MB and 50 million pixels.

    What they are is decided by themselves, not by their content type. The picture is made anew, in several widths, upright, in
    sRGB and without metadata; products and variants name it by its `file`. The same bytes again are answered with the same picture.
    """
    return json_response(await pictures.add(actor, await request.body()), status=201)


@get(
    "/media/{file_name:str}",
    policy=PUBLIC,
    summary="Get a picture",
    problems=(PictureNotFoundError, FilesUnavailableError),
    also=(206, 304),
    media=tuple(sorted(set(MEDIA_TYPES.values()))),
    tag="catalog",
)
async def get_picture(
    pictures: Dep[PictureLibrary],
    file_name: Annotated[str, Meta(max_length=130, pattern=PICTURE_PATTERN)],
    byte_range: Annotated[str | None, HeaderParameter(name="Range")] = None,
    if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
) -> Response[Any]:
    """The file itself, or a part of it. Its name changes with its content, so it may be kept for ever; scripts in it never run."""
    headers = {
        "cache-control": FOREVER,
        "content-security-policy": PICTURE_CSP,
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "etag": f'"{file_name}"',
    }
    if if_none_match is not None and headers["etag"] in if_none_match and await pictures.exists(file_name):
        return Response(b"", status_code=304, headers=headers)
    opened = await pictures.open(file_name, _span_of(byte_range))
    is_part = opened.size < opened.total_bytes
    if is_part:
        last = opened.first + opened.size - 1
        headers["content-range"] = f"bytes {opened.first}-{last}/{opened.total_bytes}"
    headers["content-length"] = str(opened.size)
    media_type = MEDIA_TYPES[file_name.rpartition(".")[2]]
    return Stream(opened.chunks, status_code=206 if is_part else 200, media_type=media_type, headers=headers)


def _span_of(byte_range: str | None) -> Span | None:
    """One span of bytes. Anything else is answered with the whole file, as RFC 9110 (14.2) allows."""
    match = _RANGE.fullmatch(byte_range) if byte_range is not None else None
    if match is None or match[0] == "bytes=-":
        return None
    first, last = (int(text) if text else None for text in match.groups())
    return Span(first=first, last=last)


HANDLERS: Sequence[HTTPRouteHandler] = (admin_add_picture, get_picture)
