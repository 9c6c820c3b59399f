"""Admins set up where other systems are told what happens."""

import uuid
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response

from surehold.kernel.errors import StaleVersionError
from surehold.modules.webhooks.errors import (
    EndpointDisabledError,
    EndpointNotFoundError,
    EndpointsFullError,
    UrlRefusedError,
)
from surehold.modules.webhooks.model import Endpoint
from surehold.modules.webhooks.routes.shapes import (
    TAG,
    EndpointChangeIn,
    EndpointIn,
    EndpointOut,
    EndpointsOut,
    MessageOut,
    SecretOut,
    draft_of,
    endpoint_out,
    message_out,
)
from surehold.modules.webhooks.service import MessageWriter, WebhookDesk
from surehold.platform.http import (
    Actor,
    Answer,
    Dep,
    IdempotencyKey,
    IfMatch,
    IfMatchMissingError,
    Role,
    delete,
    etag_of,
    get,
    json_response,
    post,
    put,
    staff,
)
from surehold.platform.idempotency import Idempotency, StoredResponse

ADMIN = staff(Role.ADMIN)
_PRIVATE = "private, no-store"
_ASKED = uuid.UUID("6f0c8d0e-3a53-4d43-9a53-2f2f5f3f7d0a")  # names a request by who sent it and its key


@get("/v1/admin/webhooks", policy=ADMIN, summary="All webhook endpoints", returns=EndpointsOut, tag=TAG)
async def list_webhooks(webhooks: Dep[WebhookDesk]) -> Response[bytes]:
    """Oldest first, without their secrets."""
    found = [endpoint_out(endpoint) for endpoint in await webhooks.list_all()]
    return json_response(EndpointsOut(webhooks=found), cache_control=_PRIVATE)


@post("/v1/admin/webhooks", policy=ADMIN, summary="Add a webhook endpoint", returns=SecretOut, status=201,
      problems=(UrlRefusedError, EndpointsFullError), idempotency_key=True, tag=TAG)  # fmt: skip
async def add_webhook(
    data: EndpointIn,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    webhooks: Dep[WebhookDesk],
    idempotency: Dep[Idempotency],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """It is told what happens from now on. The secret is shown this once; should it be lost, rotate it."""

    async def handle() -> StoredResponse:
        asked_as = uuid.uuid5(_ASKED, f"{actor.key}\n{idempotency_key}")
        return _told(201, *await webhooks.add(actor, draft_of(data), asked_as))

    answer = await idempotency.run(
        actor=actor, route="webhooks.add", key=idempotency_key, body=await request.body(), handle=handle
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


@get("/v1/admin/webhooks/{endpoint_id:uuid}", policy=ADMIN, summary="A webhook endpoint", returns=EndpointOut,
     problems=(EndpointNotFoundError,), tag=TAG)  # fmt: skip
async def get_webhook(endpoint_id: UUID, webhooks: Dep[WebhookDesk]) -> Response[bytes]:
    """Its ETag is what changing it asks for."""
    return _shown(await webhooks.get(endpoint_id))


@put("/v1/admin/webhooks/{endpoint_id:uuid}", policy=ADMIN, summary="Change a webhook endpoint", returns=EndpointOut,
     problems=(EndpointNotFoundError, UrlRefusedError, StaleVersionError, IfMatchMissingError), if_match=True,
     tag=TAG)  # fmt: skip
async def set_webhook(
    endpoint_id: UUID,
    data: EndpointChangeIn,
    actor: Dep[Actor],
    webhooks: Dep[WebhookDesk],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Where it is, what it is told, and whether. What waited while it was disabled is sent once it is enabled."""
    return _shown(await webhooks.change(actor, endpoint_id, draft_of(data), if_match))


@delete("/v1/admin/webhooks/{endpoint_id:uuid}", policy=ADMIN, summary="Remove a webhook endpoint", status=204,
        problems=(EndpointNotFoundError,), tag=TAG)  # fmt: skip
async def remove_webhook(endpoint_id: UUID, actor: Dep[Actor], webhooks: Dep[WebhookDesk]) -> None:
    """At once and for good, with its secrets; its log goes in the night."""
    await webhooks.remove(actor, endpoint_id)


@post("/v1/admin/webhooks/{endpoint_id:uuid}/secret", policy=ADMIN, summary="Rotate a webhook endpoint's secret",
      returns=SecretOut, problems=(EndpointNotFoundError, StaleVersionError, IfMatchMissingError), if_match=True,
      idempotency_key=True, tag=TAG)  # fmt: skip
async def rotate_webhook_secret(
    endpoint_id: UUID,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    webhooks: Dep[WebhookDesk],
    idempotency: Dep[Idempotency],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Messages are signed with the new secret and, for 24 hours, with the former one as well."""

    async def handle() -> StoredResponse:
        return _told(200, *await webhooks.rotate_secret(actor, endpoint_id, if_match))

    answer = await idempotency.run(
        actor=actor,
        route="webhooks.rotate_secret",
        key=idempotency_key,
        body=await request.body(),
        target=str(endpoint_id),
        handle=handle,
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


@post("/v1/admin/webhooks/{endpoint_id:uuid}/ping", policy=ADMIN, summary="Send a webhook endpoint a ping",
      returns=MessageOut, status=202, problems=(EndpointNotFoundError, EndpointDisabledError), tag=TAG)  # fmt: skip
async def ping_webhook(endpoint_id: UUID, actor: Dep[Actor], webhook_messages: Dep[MessageWriter]) -> Response[bytes]:
    """A message that says nothing, signed and logged like any other. A second one does no harm."""
    message = await webhook_messages.ping(actor, endpoint_id)
    return json_response(message_out(message), status=202, cache_control=_PRIVATE)


def _shown(endpoint: Endpoint) -> Response[bytes]:
    return json_response(endpoint_out(endpoint), version=endpoint.version, cache_control=_PRIVATE)


def _told(status: int, endpoint: Endpoint, secret: str) -> StoredResponse:
    body = msgspec.json.encode(SecretOut(webhook=endpoint_out(endpoint), secret=secret))
    headers = {"content-type": "application/json", "cache-control": _PRIVATE, "etag": etag_of(endpoint.version)}
    return StoredResponse(status, headers, body)
