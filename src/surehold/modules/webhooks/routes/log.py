"""The log of messages, and sending them again."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter

from surehold.modules.webhooks.errors import EndpointDisabledError, EndpointNotFoundError, MessageNotFoundError
from surehold.modules.webhooks.model import MessageState
from surehold.modules.webhooks.routes.endpoints import ADMIN
from surehold.modules.webhooks.routes.shapes import (
    TAG,
    MessageLogOut,
    MessageOut,
    MessagesOut,
    RedeliveredOut,
    SinceIn,
    log_out,
    message_out,
)
from surehold.modules.webhooks.service import WebhookLog
from surehold.platform.http import Actor, Answer, CursorCodec, CursorText, Dep, IdempotencyKey, get, json_response, post
from surehold.platform.idempotency import Idempotency, StoredResponse

_HEADERS = {"content-type": "application/json", "cache-control": "private, no-store"}
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Rows a page")]


@get("/v1/admin/webhooks/{endpoint_id:uuid}/messages", policy=ADMIN, summary="Messages to a webhook endpoint",
     returns=MessagesOut, problems=(EndpointNotFoundError,), tag=TAG)  # fmt: skip
async def list_webhook_messages(
    endpoint_id: UUID,
    webhook_log: Dep[WebhookLog],
    cursors: Dep[CursorCodec],
    status: MessageState | None = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Response[bytes]:
    """Newest first; of one state, or of all. What was delivered is kept for 30 days."""
    purpose = f"webhook-messages:{endpoint_id}"
    before = cursors.decode(purpose, cursor, UUID)
    rows = await webhook_log.list_messages(endpoint_id, state=status, before=before, limit=limit)
    following = cursors.encode(purpose, rows[-1].id) if len(rows) == limit else None
    page = MessagesOut(messages=[message_out(row) for row in rows], next_cursor=following)
    return json_response(page, cache_control="private, no-store")


@get("/v1/admin/webhook-messages/{message_id:uuid}", policy=ADMIN, summary="A message to a webhook endpoint",
     returns=MessageLogOut, problems=(MessageNotFoundError,), tag=TAG)  # fmt: skip
async def get_webhook_message(message_id: UUID, webhook_log: Dep[WebhookLog]) -> Response[bytes]:
    """What it says, and each try: when, how long, and how the answer began."""
    return json_response(log_out(*await webhook_log.show(message_id)), cache_control="private, no-store")


@post("/v1/admin/webhook-messages/{message_id:uuid}/redeliver", policy=ADMIN, summary="Send a webhook message again",
      returns=MessageOut, status=202, problems=(MessageNotFoundError, EndpointDisabledError), idempotency_key=True,
      tag=TAG)  # fmt: skip
async def redeliver_webhook_message(
    message_id: UUID,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    webhook_log: Dep[WebhookLog],
    idempotency: Dep[Idempotency],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Under the same `webhook-id`, with all its tries; one that waits goes at once."""

    async def handle() -> StoredResponse:
        message = await webhook_log.redeliver(actor, message_id)
        return StoredResponse(202, _HEADERS, msgspec.json.encode(message_out(message)))

    answer = await idempotency.run(
        actor=actor,
        route="webhooks.redeliver",
        key=idempotency_key,
        body=await request.body(),
        target=str(message_id),
        handle=handle,
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


@post("/v1/admin/webhooks/{endpoint_id:uuid}/redeliver", policy=ADMIN, summary="Send again all since a moment",
      returns=RedeliveredOut, status=202, problems=(EndpointNotFoundError, EndpointDisabledError),
      idempotency_key=True, tag=TAG)  # fmt: skip
async def redeliver_webhook_messages(
    endpoint_id: UUID,
    data: SinceIn,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    webhook_log: Dep[WebhookLog],
    cursors: Dep[CursorCodec],
    idempotency: Dep[Idempotency],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Every message written since then that has ended, delivered or not, oldest first; what waits is left to wait."""
    purpose = f"webhook-redelivery:{endpoint_id}"
    after = cursors.decode(purpose, data.cursor, UUID)

    async def handle() -> StoredResponse:
        count, last = await webhook_log.redeliver_since(actor, endpoint_id, data.since, after)
        following = None if last is None else cursors.encode(purpose, last)
        body = msgspec.json.encode(RedeliveredOut(redelivered=count, next_cursor=following))
        return StoredResponse(202, _HEADERS, body)

    answer = await idempotency.run(
        actor=actor,
        route="webhooks.redeliver_since",
        key=idempotency_key,
        body=await request.body(),
        target=str(endpoint_id),
        handle=handle,
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)
