"""What staff sees of checkouts: those whose placing came to nothing, and why."""

from typing import Annotated, Any, ClassVar

from litestar import Response
from msgspec import Meta

from surehold.modules.checkout.model import FailedPlacing
from surehold.modules.checkout.routes.shapes import EXAMPLE_ID
from surehold.modules.checkout.service import CheckoutService
from surehold.modules.checkout.store import FailureKey
from surehold.platform.http import CursorCodec, Dep, Out, Role, get, json_response, staff

PAGE, MAX_PAGE = 20, 100
MAX_CURSOR_CHARS = 512
_PURPOSE = "checkout:failures"


class FailuresOut(Out, frozen=True, kw_only=True):
    """A page of failed placings, newest first."""

    example: ClassVar[dict[str, Any] | None] = {
        "failures": [
            {
                "checkout_id": EXAMPLE_ID,
                "seq": 5,
                "order_id": EXAMPLE_ID,
                "reason": "CARD_DECLINED",
                "at": "2026-11-21T12:00:00Z",
            }
        ],
        "next_cursor": None,
    }

    failures: list[FailedPlacing]
    next_cursor: str | None = None


@get(
    "/v1/admin/checkout-failures",
    policy=staff(Role.SUPPORT, Role.OPERATIONS),
    summary="Checkouts whose placing failed",
    returns=FailuresOut,
    tag="checkout",
)
async def list_checkout_failures(
    checkout: Dep[CheckoutService],
    cursors: Dep[CursorCodec],
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = PAGE,
    cursor: Annotated[str, Meta(max_length=MAX_CURSOR_CHARS)] | None = None,
) -> Response[Any]:
    """With the order that failed and the reason; nothing personal."""
    found = await checkout.list_failures(cursors.decode(_PURPOSE, cursor, FailureKey), limit + 1)
    page = found[:limit]
    more = cursors.encode(_PURPOSE, (page[-1].at, page[-1].checkout_id, page[-1].seq)) if len(found) > limit else None
    return json_response(FailuresOut(failures=page, next_cursor=more), cache_control="private, no-store")
