"""The API as one ASGI application: the edge in front, the routes behind it, the streams beside them.

SUREHOLD_ONLY (parts, with commas) limits a process to the routes of some parts, as `surehold api --only` does.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope
from prometheus_client import CollectorRegistry

from surehold.app.container import Nerves, Parts, build_nerves, build_parts, require_fitting_keys
from surehold.app.dead_letters import build_dead_letters
from surehold.app.docs import build_document, docs_handlers
from surehold.app.figures import watch_parts
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.app.settings import Settings, read_settings
from surehold.app.topics import Topics
from surehold.modules.payments.routes import WEBHOOK_MAX_BYTES, WEBHOOKS
from surehold.platform.cache import CacheParts, build_cache, shown_of
from surehold.platform.db import Database
from surehold.platform.heap import settle_heap
from surehold.platform.http import (
    ActorFinder,
    ApiRequest,
    PolicyGuard,
    actor_dependency,
    exception_handlers,
    resolve_in_turn,
)
from surehold.platform.http.edge import Drain, Edge, EdgeSettings
from surehold.platform.http.edge.asgi import ASGIApp
from surehold.platform.http.edge.origins import Origins
from surehold.platform.realtime import Hub, sse_app, websocket_app
from surehold.platform.telemetry import Metrics, set_up_logs, tracing_from_environment
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
    hub: Hub
    drain: Drain


def build_api(settings: Settings, registry: CollectorRegistry) -> Api:
    """The parts of an API process, whose figures are read from `registry`; nothing is opened yet."""
    db = Database(settings.core.database_url, settings.db.for_api())
    link = ValkeyLink(settings.core.valkey_url)
    cache = build_cache(link, CACHED_ROUTES, settings.cache)
    drain = Drain()
    hub = Hub(link, drain, settings.realtime)
    nerves = build_nerves(settings, link, cache.bus, hub)
    parts = build_parts(settings, db, nerves, registry)
    return Api(settings=settings, db=db, link=link, cache=cache, nerves=nerves, parts=parts, hub=hub, drain=drain)


def make_inner(api: Api) -> Litestar:
    """The routes."""
    finder = ActorFinder(api.parts.sessions, api.parts.jar)
    handlers = handlers_of(api.settings.core.only)
    app = Litestar(
        [*handlers, *_described(handlers, secure=api.settings.core.secure)],
        guards=[PolicyGuard(finder)],
        request_class=ApiRequest,
        exception_handlers=exception_handlers(),
        dependencies=_dependencies(api),
        lifespan=[_lifespan(api)],
        openapi_config=None,
        logging_config=None,
    )
    return resolve_in_turn(app)


def _described(handlers: Sequence[HTTPRouteHandler], *, secure: bool) -> Sequence[HTTPRouteHandler]:
    cached = [route.pattern for route in CACHED_ROUTES]
    return docs_handlers(build_document(handlers, cached=cached, cookie_prefix="__Host-" if secure else ""))


def make_app(settings: Settings) -> Edge:
    """The whole application."""
    set_up_logs(settings.core.log_level)
    metrics = Metrics()
    api = build_api(settings, metrics.registry)
    watch_parts(metrics, api.db, api.hub)
    edge_settings = _edge_settings(settings, api.parts.jar.terms_name)
    return Edge(
        cast("ASGIApp", make_inner(api)),
        edge_settings,
        drain=api.drain,
        metrics=metrics,
        readiness=_readiness(api),
        reads=api.cache.reads,
        streams=_streams(api, edge_settings),
        tracing=tracing_from_environment("surehold-api"),
    )


def _lifespan(api: Api) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        await api.db.open()
        await require_fitting_keys(api.db, api.settings)
        await api.cache.bus.start()
        await api.hub.start()
        await api.link.start()
        await api.parts.stripe.warm()
        yield
        await api.nerves.close()
        await api.hub.stop()
        await api.cache.bus.stop()
        await api.link.stop()
        await api.parts.pictures.close()
        api.parts.identity.close()
        await api.parts.stripe.close()
        await api.db.close()

    return lifespan


def _streams(api: Api, edge: EdgeSettings) -> dict[str, ASGIApp]:
    """Live updates, where this process serves what they are about."""
    if api.settings.core.only and "realtime" not in api.settings.core.only:
        return {}
    finder = ActorFinder(api.parts.sessions, api.parts.jar)
    topics = Topics(api.parts.cart, api.parts.orders)
    settings = api.settings.realtime
    origins = Origins(edge.allowed_origins, cors_max_age_s=edge.cors_max_age_s)
    return {
        "/v1/events": sse_app(api.hub, finder, topics, api.drain, settings),
        "/v1/ws": websocket_app(api.hub, finder, topics, api.drain, settings, origins),
    }


def _readiness(api: Api) -> Callable[[], Awaitable[Mapping[str, bool]]]:
    async def readiness() -> Mapping[str, bool]:
        return {"database": await api.db.answers(), "valkey": await api.link.answers()}

    return readiness


def _edge_settings(settings: Settings, terms_cookie: str) -> EdgeSettings:
    secret, *previous = settings.core.key_ring.secrets("terms")
    return msgspec.structs.replace(
        settings.edge,
        secure=settings.core.secure,
        trusted_proxies=(*settings.core.trusted_proxies, *settings.edge.trusted_proxies),
        terms_cookie=terms_cookie,
        terms_secret=secret,
        terms_previous=tuple(previous),
        body_limits={WEBHOOKS: WEBHOOK_MAX_BYTES, **settings.edge.body_limits},
    )


def _dependencies(api: Api) -> dict[str, Provide]:
    """Every part under the name by which handlers ask for it."""
    given = {field.name: getattr(api.parts, field.name) for field in fields(api.parts)}
    given["dead_letters"] = build_dead_letters(api.db, api.parts.audit.record, api.nerves.waker)
    provided = {name: Provide(_giver(part), sync_to_thread=False) for name, part in given.items()}
    return {**provided, "actor": actor_dependency(), "price_list": Provide(_price_list, sync_to_thread=False)}


def _giver(part: Any) -> Callable[[], Any]:
    return lambda: part


def _price_list(scope: Scope) -> UUID | None:
    """The list that a public page is shown with; it decides no price that is charged."""
    shown = shown_of(cast("MutableMapping[str, Any]", scope)).price_list
    return UUID(shown) if shown else None


def __getattr__(name: str) -> Edge:
    """`app` is made when the server asks for it, so that importing this module needs no settings."""
    if name == "app":
        app = make_app(read_settings())
        settle_heap()
        return app
    raise AttributeError(name)
