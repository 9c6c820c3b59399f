"""The pages: the description as bytes made once, a viewer from its wheel, every problem explained; nothing from elsewhere."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import swagger_ui_bundle
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup, escape
from msgspec import Meta

from surehold.app.docs.problems import all_problems
from surehold.app.docs.schemas import Schema
from surehold.kernel.errors import NotFoundError
from surehold.platform.http import PUBLIC, get

_OWN = Path(__file__).parent / "static"
_VIEWER = Path(str(swagger_ui_bundle.swagger_ui_path))
ASSETS: Mapping[str, tuple[Path, str]] = {
    "docs.css": (_OWN, "text/css"),
    "docs.js": (_OWN, "text/javascript"),
    "swagger-ui.css": (_VIEWER, "text/css"),
    "swagger-ui-bundle.js": (_VIEWER, "text/javascript"),
    "favicon-32x32.png": (_VIEWER, "image/png"),
}
_KEEP_ASSETS, _KEEP_PAGES = "public, max-age=3600", "public, max-age=60"
_CODE = re.compile(r"`([^`]+)`")


def docs_handlers(document: Schema) -> Sequence[HTTPRouteHandler]:
    """The routes of `/openapi.json` and `/docs…` for one description."""
    described = msgspec.json.encode(document)
    viewer, problems = _page("viewer.html.j2"), _page("problems.html.j2", problems=all_problems())

    @get("/openapi.json", policy=PUBLIC, summary="This description", tag="docs", media=("application/json",))
    async def read_description() -> Response[bytes]:
        return _answer(described, "application/json", _KEEP_PAGES)

    @get("/docs", policy=PUBLIC, summary="The viewer", tag="docs", media=("text/html",))
    async def read_viewer() -> Response[bytes]:
        return _answer(viewer, "text/html", _KEEP_PAGES)

    @get("/docs/problems", policy=PUBLIC, summary="All problem codes", tag="docs", media=("text/html",))
    async def read_problems() -> Response[bytes]:
        return _answer(problems, "text/html", _KEEP_PAGES)

    return read_description, read_viewer, read_problems, read_asset


@get("/docs/assets/{name:str}", policy=PUBLIC, summary="A file of the viewer", tag="docs", media=("text/css",))
async def read_asset(name: Annotated[str, Meta(max_length=60)]) -> Response[bytes]:
    """One of the known files; any other name is not found."""
    if name not in ASSETS:
        raise NotFoundError
    folder, kind = ASSETS[name]
    return _answer(await asyncio.to_thread((folder / name).read_bytes), kind, _KEEP_ASSETS)


def spoken(text: str) -> Markup:
    """Text with its `code` marked up."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped just before


def _page(template: str, **values: Any) -> bytes:
    pages = Environment(
        loader=PackageLoader("surehold.app.docs"), autoescape=select_autoescape(["html.j2"]), undefined=StrictUndefined
    )
    pages.filters["spoken"] = spoken
    return pages.get_template(template).render(values).encode()


def _answer(body: bytes, kind: str, keep: str) -> Response[bytes]:
    return Response(body, media_type=kind, headers={"cache-control": keep})
