"""Dead letters for staff: list, show, mend, replay, discard."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from surehold.kernel.errors import InvalidInputError, NotFoundError
from surehold.platform.events.dead_letters import MAX_LISTED, DeadLetter, DeadLetters, NotMendableError
from surehold.platform.http import Actor, CursorCodec, Dep, In, Out, Role, delete, get, json_response, post, put, staff

_LIST = "dead-letters"
_POLICY = staff(Role.OPERATIONS)
_EXAMPLE: dict[str, Any] = {
    "id": "delivery:4711:notifications.letters",
    "kind": "delivery",
    "name": "orders.order_confirmed.v1 → notifications.letters",
    "subject_type": "order",
    "subject_id": "0197a3f2-0000-7000-8000-000000000001",
    "attempts": 10,
    "failed_at": "2026-01-31T10:00:00Z",
    "error": "TimeoutError at modules/notifications/reactions.py:31",
    "payload": {"order_id": "0197a3f2-0000-7000-8000-000000000001"},
}

LetterId = Annotated[str, Parameter(min_length=3, max_length=300, description="The letter's id, as the list gives it")]


class DeadLetterOut(Out, frozen=True, kw_only=True):
    """Something that failed for good. `payload` is given when one letter is shown, where it has one."""

    example: ClassVar[dict[str, Any] | None] = _EXAMPLE
    id: str
    kind: str
    name: str
    subject_type: str
    subject_id: UUID
    attempts: int
    failed_at: datetime
    error: str
    payload: dict[str, Any] | None = None


class DeadLetterListOut(Out, frozen=True, kw_only=True):
    """A page of dead letters, newest first."""

    example: ClassVar[dict[str, Any] | None] = {"items": [{**_EXAMPLE, "payload": None}], "next_cursor": None}
    items: list[DeadLetterOut]
    next_cursor: str | None


class PayloadIn(In, frozen=True, kw_only=True):
    """What the delivery shall run with instead of what the event says."""

    example: ClassVar[dict[str, Any] | None] = {"payload": {"order_id": "0197a3f2-0000-7000-8000-000000000001"}}
    payload: Annotated[dict[str, Any], msgspec.Meta(max_length=200)]


@get(
    "/v1/admin/dead-letters",
    policy=_POLICY,
    summary="List what failed for good",
    returns=DeadLetterListOut,
    problems=(InvalidInputError,),
    tag="operations",
)
async def list_dead_letters(
    dead_letters: Dep[DeadLetters],
    cursors: Dep[CursorCodec],
    kind: Literal["delivery", "job", "mail", "payment", "payment-news", "payment-finding", "webhook"] | None = None,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
    limit: Annotated[int, Parameter(ge=1, le=MAX_LISTED)] = 50,
) -> Response[bytes]:
    """Deliveries of events, jobs, mails, voids, refunds and webhooks that were given up after all their attempts, newest first."""
    before = cursors.decode(_LIST, cursor, tuple[datetime, str])
    letters = await dead_letters.list(kind=kind, before=before, limit=limit)
    following = cursors.encode(_LIST, letters[-1].position) if len(letters) == limit else None
    return json_response(DeadLetterListOut(items=[_out(letter) for letter in letters], next_cursor=following))


@get(
    "/v1/admin/dead-letters/{letter_id:str}",
    policy=_POLICY,
    summary="Show a dead letter",
    returns=DeadLetterOut,
    problems=(NotFoundError,),
    tag="operations",
)
async def show_dead_letter(dead_letters: Dep[DeadLetters], letter_id: LetterId) -> Response[bytes]:
    """One dead letter, with the payload it will run with where it has one."""
    return json_response(_out(await dead_letters.get(letter_id)))


@put(
    "/v1/admin/dead-letters/{letter_id:str}/payload",
    policy=_POLICY,
    summary="Mend a dead letter's payload",
    returns=DeadLetterOut,
    problems=(NotFoundError, NotMendableError, InvalidInputError),
    tag="operations",
)
async def mend_dead_letter(
    dead_letters: Dep[DeadLetters], actor: Dep[Actor], letter_id: LetterId, data: PayloadIn
) -> Response[bytes]:
    """Sets what this one delivery runs with; the event and its other consumers are not touched. Replay it afterwards."""
    return json_response(_out(await dead_letters.mend(letter_id, data.payload, actor)))


@post(
    "/v1/admin/dead-letters/{letter_id:str}/replay",
    policy=_POLICY,
    summary="Run a dead letter again",
    returns=DeadLetterOut,
    problems=(NotFoundError,),
    tag="operations",
)
async def replay_dead_letter(dead_letters: Dep[DeadLetters], actor: Dep[Actor], letter_id: LetterId) -> Response[bytes]:
    """It runs at once and with all its attempts, even if newer events of the same thing were handled meanwhile."""
    return json_response(_out(await dead_letters.replay(letter_id, actor)))


@delete(
    "/v1/admin/dead-letters/{letter_id:str}",
    policy=_POLICY,
    summary="Discard a dead letter",
    returns=DeadLetterOut,
    problems=(NotFoundError,),
    tag="operations",
)
async def discard_dead_letter(
    dead_letters: Dep[DeadLetters], actor: Dep[Actor], letter_id: LetterId
) -> Response[bytes]:
    """It will never run; the answer shows what was discarded."""
    return json_response(_out(await dead_letters.discard(letter_id, actor)))


def _out(letter: DeadLetter) -> DeadLetterOut:
    return DeadLetterOut(**msgspec.structs.asdict(letter))


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_dead_letters,
    show_dead_letter,
    mend_dead_letter,
    replay_dead_letter,
    discard_dead_letter,
)
