"""HTTP of payments: what providers tell us."""

from collections.abc import Sequence
from typing import Any, ClassVar

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from surehold.modules.payments.errors import NewsClosedError, NewsRefusedError
from surehold.modules.payments.service import NewsInbox
from surehold.platform.http import PUBLIC, Dep, Out, json_response, post


class TakenOut(Out, frozen=True, kw_only=True):
    """It is kept; what follows from it happens afterwards."""

    example: ClassVar[dict[str, Any] | None] = {"received": True}

    received: bool


@post(
    "/v1/webhooks/stripe",
    policy=PUBLIC,
    summary="Take a webhook of Stripe",
    returns=TakenOut,
    problems=(NewsRefusedError, NewsClosedError),
    tag="payments",
)
async def take_stripe_webhook(request: Request[Any, Any, Any], inbox: Dep[NewsInbox]) -> Response[Any]:
    """The raw body, with Stripe's own signature in `Stripe-Signature`. Kept once per event, before it is answered."""
    await inbox.receive("stripe", await request.body(), request.headers)
    return json_response(TakenOut(received=True), cache_control="private, no-store")


HANDLERS: Sequence[HTTPRouteHandler] = (take_stripe_webhook,)
"""Bodies are limited by WEBHOOK_MAX_BYTES, which the edge keeps."""

WEBHOOKS, WEBHOOK_MAX_BYTES = "/v1/webhooks/", 256 * 1024
