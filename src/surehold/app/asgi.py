"""The API as one ASGI application: the edge in front, the routes behind it, the streams beside them.

SUREHOLD_ONLY (parts, with commas) limits a process to the routes of some parts, as `surehold api --only` does.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide
from litestar.types import Scope

from surehold.app.container import Nerves, Parts, SilentHinter, build_dead_letters, build_nerves, build_parts
from surehold.app.openapi import openapi_config
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.app.settings import Settings, read_settings
from surehold.app.work import reactions_of
from surehold.platform.cache import CacheParts, build_cache, shown_of
from surehold.platform.db import Database
from surehold.platform.http import ActorFinder, ApiRequest, PolicyGuard, actor_dependency, exception_handlers
from surehold.platform.telemetry import set_up_logs
from surehold.platform.valkey import ValkeyLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What an API process is made of."""

    settings: Settings
    db: Database
    link: ValkeyLink
    cache: CacheParts
    nerves: Nerves
    parts: Parts


def build_api(settings: Settings) -> Api:
    """The parts of an API process; nothing is opened yet."""
    db = Database(settings.core.database_url, settings.db)
    link = ValkeyLink(settings.core.valkey_url)
    cache = build_cache(link, CACHED_ROUTES, settings.cache)
    nerves = build_nerves(settings, link, cache.bus, SilentHinter())
    return Api(settings=settings, db=db, link=link, cache=cache, nerves=nerves, parts=build_parts(settings, db, nerves))


def make_inner(api: Api) -> Litestar:
    """The routes."""
    finder = ActorFinder(api.parts.sessions, api.parts.jar)
    return Litestar(
        handlers_of(api.settings.core.only),
        guards=[PolicyGuard(finder)],
        request_class=ApiRequest,
        exception_handlers=exception_handlers(),
        dependencies=_dependencies(api),
        lifespan=[_lifespan(api)],
        openapi_config=openapi_config(),
        logging_config=None,
    )


def make_app(settings: Settings) -> Litestar:
    """The whole application."""
    set_up_logs(settings.core.log_level)
    return make_inner(build_api(settings))


def _lifespan(api: Api) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await api.db.open()
        await api.cache.bus.start()
        await api.link.start()
        yield
        await api.nerves.close()
        await api.cache.bus.stop()
        await api.link.stop()
        api.parts.identity.close()
        await api.db.close()

    return lifespan


def _dependencies(api: Api) -> dict[str, Provide]:
    """Every part under the name by which handlers ask for it."""
    given = {field.name: getattr(api.parts, field.name) for field in fields(api.parts)}
    reactions = reactions_of(api.parts)
    given["dead_letters"] = build_dead_letters(api.db, api.parts, reactions, api.nerves.waker)
    provided = {name: Provide(_giver(part), sync_to_thread=False) for name, part in given.items()}
    return {**provided, "actor": actor_dependency(), "price_list": Provide(_price_list, sync_to_thread=False)}


def _giver(part: Any) -> Callable[[], Any]:
    return lambda: part


def _price_list(scope: Scope) -> UUID | None:
    """The list that a public page is shown with; it decides no price that is charged."""
    shown = shown_of(scope).price_list
    return UUID(shown) if shown else None


app = make_app(read_settings())
