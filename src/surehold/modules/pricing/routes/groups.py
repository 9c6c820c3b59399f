"""Staff: account groups, their terms and their members."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.kernel.errors import StaleVersionError
from surehold.modules.pricing.errors import AccountGroupNotFoundError, AlreadyExistsError, PriceListNotFoundError
from surehold.modules.pricing.model import AccountGroup, GroupTerms, Member
from surehold.modules.pricing.routes.shared import EXAMPLE_ID, Code, CodePath, Limit, Title
from surehold.modules.pricing.service import PricingService
from surehold.platform.http import (
    Actor,
    CursorCodec,
    CursorText,
    Dep,
    IfMatch,
    In,
    Out,
    Role,
    delete,
    get,
    json_response,
    post,
    put,
    staff,
)
from surehold.platform.http.etags import IfMatchMissingError

MAX_MEMBERS = 500
_STAFF = staff(Role.OPERATIONS)
_TERMS = {
    "title": "Wholesale",
    "price_list": "wholesale",
    "max_lines": 5000,
    "max_line_quantity": 100000,
    "max_held_units": 1000000,
}
_GROUP = {"id": EXAMPLE_ID, "code": "wholesale", "version": 1, **_TERMS}


class TermsIn(In, frozen=True, kw_only=True):
    """What members buy on: their price list and the limits of a cart, a line, and of what they may hold at a time."""

    example: ClassVar[dict[str, Any] | None] = _TERMS

    title: Title
    price_list: Code = "base"
    max_lines: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    max_line_quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    max_held_units: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


class GroupIn(TermsIn, frozen=True, kw_only=True):
    """A new group with its terms."""

    example: ClassVar[dict[str, Any] | None] = {"code": "wholesale", **_TERMS}

    code: Code


class GroupsOut(Out, frozen=True, kw_only=True):
    """All account groups."""

    example: ClassVar[dict[str, Any] | None] = {"account_groups": [_GROUP]}

    account_groups: list[AccountGroup]


class MembersIn(In, frozen=True, kw_only=True):
    """Accounts to put into the group, out of any other."""

    example: ClassVar[dict[str, Any] | None] = {"account_ids": [EXAMPLE_ID]}

    account_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]


class MovedOut(Out, frozen=True, kw_only=True):
    """How many accounts were not in the group before."""

    example: ClassVar[dict[str, Any] | None] = {"moved": 1}

    moved: int


class MembersOut(Out, frozen=True, kw_only=True):
    """A page of a group's members."""

    example: ClassVar[dict[str, Any] | None] = {
        "members": [{"account_id": EXAMPLE_ID, "since": "2026-11-20T09:30:00Z"}],
        "next_cursor": None,
    }

    members: list[Member]
    next_cursor: str | None = None


@get("/v1/admin/account-groups", policy=_STAFF, summary="All account groups", returns=GroupsOut, tag="pricing")
async def list_account_groups(pricing: Dep[PricingService]) -> Response[Any]:
    """Groups by code; `retail` is everybody without a group, and guests."""
    return json_response(GroupsOut(account_groups=await pricing.account_groups()))


@post("/v1/admin/account-groups", policy=_STAFF, summary="Add an account group", returns=AccountGroup, status=201,
      problems=(AlreadyExistsError, PriceListNotFoundError), tag="pricing")  # fmt: skip
async def create_account_group(data: GroupIn, actor: Dep[Actor], pricing: Dep[PricingService]) -> Response[Any]:
    """Its code is for good."""
    made = await pricing.create_account_group(actor, data.code, _terms(data))
    return json_response(made, status=201, version=made.version)


@get("/v1/admin/account-groups/{code:str}", policy=_STAFF, summary="An account group", returns=AccountGroup,
     problems=(AccountGroupNotFoundError,), tag="pricing")  # fmt: skip
async def get_account_group(code: CodePath, pricing: Dep[PricingService]) -> Response[Any]:
    """Its ETag is what changing it asks for."""
    found = await pricing.account_group(code)
    return json_response(found, version=found.version)


@put("/v1/admin/account-groups/{code:str}", policy=_STAFF, summary="Set a group's terms", returns=AccountGroup,
     problems=(AccountGroupNotFoundError, PriceListNotFoundError, StaleVersionError, IfMatchMissingError),
     if_match=True, tag="pricing")  # fmt: skip
async def set_account_group(
    code: CodePath,
    data: TermsIn,
    actor: Dep[Actor],
    pricing: Dep[PricingService],
    if_match: IfMatch = None,
) -> Response[Any]:
    """Carts that exceed the new limits keep what they have and cannot grow."""
    changed = await pricing.set_account_group(actor, code, _terms(data), if_match)
    return json_response(changed, version=changed.version)


@get("/v1/admin/account-groups/{code:str}/members", policy=_STAFF, summary="Members of a group", returns=MembersOut,
     problems=(AccountGroupNotFoundError,), tag="pricing")  # fmt: skip
async def list_group_members(
    code: CodePath,
    pricing: Dep[PricingService],
    cursors: Dep[CursorCodec],
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Response[Any]:
    """Accounts that were put into the group; `retail` has everybody else too."""
    rows = await pricing.members(code, cursors.decode(f"members:{code}", cursor, UUID), limit)
    following = cursors.encode(f"members:{code}", rows[-1].account_id) if len(rows) == limit else None
    return json_response(MembersOut(members=rows, next_cursor=following))


@post("/v1/admin/account-groups/{code:str}/members", policy=_STAFF, summary="Put accounts into a group",
      returns=MovedOut, problems=(AccountGroupNotFoundError,), tag="pricing")  # fmt: skip
async def set_group_members(
    code: CodePath, data: MembersIn, actor: Dep[Actor], pricing: Dep[PricingService]
) -> Response[Any]:
    """An account is in one group: it leaves any other. Doing it again changes nothing."""
    return json_response(MovedOut(moved=await pricing.set_members(actor, code, data.account_ids)))


@delete("/v1/admin/account-groups/{code:str}/members/{account_id:uuid}", policy=_STAFF,
        summary="Take an account out of a group", status=204, problems=(AccountGroupNotFoundError,),
        tag="pricing")  # fmt: skip
async def remove_group_member(
    code: CodePath, account_id: UUID, actor: Dep[Actor], pricing: Dep[PricingService]
) -> None:
    """It buys on retail terms again."""
    await pricing.remove_member(actor, code, account_id)


def _terms(data: TermsIn) -> GroupTerms:
    return GroupTerms(
        title=data.title,
        price_list=data.price_list,
        max_lines=data.max_lines,
        max_line_quantity=data.max_line_quantity,
        max_held_units=data.max_held_units,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_account_groups,
    create_account_group,
    get_account_group,
    set_account_group,
    list_group_members,
    set_group_members,
    remove_group_member,
)
