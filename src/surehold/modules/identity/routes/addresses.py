"""The address book, and the rules by which a form for an address is built."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.kernel.errors import StaleVersionError
from surehold.modules.identity.errors import AddressLimitError, AddressNotFoundError, InvalidAddressError
from surehold.modules.identity.model import (
    Address,
    AddressRules,
    CountryName,
    SavedAddress,
    address_rules,
    countries,
)
from surehold.modules.identity.routes.shapes import TAG
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import (
    ACCOUNT,
    PUBLIC,
    Actor,
    Dep,
    IfMatch,
    IfMatchMissingError,
    In,
    Out,
    account_of,
    delete,
    get,
    json_response,
    post,
    put,
)

RULES_MAX_AGE_S = 86_400
_ADDRESS_EXAMPLE = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4LB",
    "country": "GB",
}


class NewAddressIn(In, frozen=True, kw_only=True):
    """An address for the book. `id` is yours to choose (a UUID): sent again with it, nothing is added twice."""

    address: Address
    is_default: bool = False
    id: UUID | None = None

    example: ClassVar[dict[str, Any] | None] = {"address": _ADDRESS_EXAMPLE, "is_default": True}


class AddressIn(In, frozen=True, kw_only=True):
    """What the address is to be; `is_default` makes it the default (another one ends being it)."""

    address: Address
    is_default: bool = False

    example: ClassVar[dict[str, Any] | None] = {"address": _ADDRESS_EXAMPLE}


class SavedAddressOut(Out, frozen=True, kw_only=True):
    """An address of the book."""

    id: UUID
    address: Address
    is_default: bool
    version: int

    example: ClassVar[dict[str, Any] | None] = {
        "id": "019aa3c0-0000-7000-8000-000000000003",
        "address": _ADDRESS_EXAMPLE,
        "is_default": True,
        "version": 1,
    }


class SavedAddressesOut(Out, frozen=True, kw_only=True):
    """The address book: the default first, then the newest."""

    addresses: list[SavedAddressOut]

    example: ClassVar[dict[str, Any] | None] = {"addresses": [SavedAddressOut.example]}


class RegionOut(Out, frozen=True, kw_only=True):
    """A region that may be chosen; send its `code`."""

    code: str
    name: str


class AddressRulesOut(Out, frozen=True, kw_only=True):
    """What a country asks of an address. `lines` are the form's fields in the order of the country."""

    country: str
    name: str
    required: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    region_label: str
    regions: tuple[RegionOut, ...]
    postcode_label: str
    postcode_pattern: str | None
    postcode_examples: tuple[str, ...]

    example: ClassVar[dict[str, Any] | None] = {
        "country": "GB",
        "name": "United Kingdom",
        "required": ["name", "line1", "city", "postcode"],
        "lines": [["name"], ["company"], ["line1"], ["line2"], ["city"], ["postcode"], ["phone"]],
        "region_label": "province",
        "regions": [],
        "postcode_label": "postal",
        "postcode_pattern": None,
        "postcode_examples": ["EC1Y 8SY"],
    }


class CountryOut(Out, frozen=True, kw_only=True):
    """A country that addresses may be in."""

    country: str
    name: str


class CountriesOut(Out, frozen=True, kw_only=True):
    """All countries, by name."""

    countries: list[CountryOut]

    example: ClassVar[dict[str, Any] | None] = {"countries": [{"country": "GB", "name": "United Kingdom"}]}


@get("/v1/me/addresses", policy=ACCOUNT, summary="The address book", returns=SavedAddressesOut, tag=TAG)
async def list_addresses(actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """The default first, then the newest."""
    found = await identity.address_book.list_addresses(account_of(actor))
    return json_response(SavedAddressesOut(addresses=[_out(saved) for saved in found]), cache_control="no-store")


@post(
    "/v1/me/addresses",
    policy=ACCOUNT,
    summary="Add an address",
    returns=SavedAddressOut,
    status=201,
    problems=(InvalidAddressError, AddressLimitError, AddressNotFoundError),
    tag=TAG,
)
async def add_address(data: NewAddressIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """The first one is the default."""
    saved = await identity.address_book.add(
        account_of(actor), data.address, as_default=data.is_default, address_id=data.id
    )
    return _response(saved, status=201)


@get(
    "/v1/me/addresses/{address_id:uuid}",
    policy=ACCOUNT,
    summary="One address",
    returns=SavedAddressOut,
    problems=(AddressNotFoundError,),
    tag=TAG,
)
async def read_address(address_id: UUID, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """Its version is in `ETag`."""
    return _response(await identity.address_book.get(account_of(actor), address_id))


@put(
    "/v1/me/addresses/{address_id:uuid}",
    policy=ACCOUNT,
    summary="Change an address",
    returns=SavedAddressOut,
    problems=(InvalidAddressError, AddressNotFoundError, StaleVersionError, IfMatchMissingError),
    tag=TAG,
    if_match=True,
)
async def change_address(
    address_id: UUID, data: AddressIn, actor: Dep[Actor], identity: Dep[IdentityService], if_match: IfMatch = None
) -> Response[bytes]:
    """Orders keep the address that they were made with."""
    saved = await identity.address_book.change(
        account_of(actor), address_id, if_match, data.address, as_default=data.is_default
    )
    return _response(saved)


@delete("/v1/me/addresses/{address_id:uuid}", policy=ACCOUNT, summary="Remove an address", status=204, tag=TAG)
async def remove_address(address_id: UUID, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """Orders keep the address that they were made with."""
    await identity.address_book.remove(account_of(actor), address_id)


@get("/v1/address-rules", policy=PUBLIC, summary="Countries that have address rules", returns=CountriesOut, tag=TAG)
async def list_countries() -> Response[bytes]:
    """By name."""
    return _lasting(CountriesOut(countries=[_country_out(country) for country in countries()]))


@get(
    "/v1/address-rules/{country:str}",
    policy=PUBLIC,
    summary="What a country asks of an address",
    returns=AddressRulesOut,
    problems=(InvalidAddressError,),
    tag=TAG,
)
async def read_address_rules(
    country: Annotated[str, Meta(min_length=2, max_length=2, description="ISO 3166-1 alpha-2")],
) -> Response[bytes]:
    """Enough to build the form; the same rules are checked when an address is sent."""
    return _lasting(_rules_out(address_rules(country)))


def _response(saved: SavedAddress, status: int = 200) -> Response[bytes]:
    return json_response(_out(saved), status=status, version=saved.version, cache_control="no-store")


def _lasting(body: Out) -> Response[bytes]:
    return json_response(body, cache_control=f"public, max-age={RULES_MAX_AGE_S}")


def _out(saved: SavedAddress) -> SavedAddressOut:
    return SavedAddressOut(id=saved.id, address=saved.address, is_default=saved.is_default, version=saved.version)


def _country_out(country: CountryName) -> CountryOut:
    return CountryOut(country=country.country, name=country.name)


def _rules_out(rules: AddressRules) -> AddressRulesOut:
    return AddressRulesOut(
        country=rules.country,
        name=rules.name,
        required=rules.required,
        lines=rules.lines,
        region_label=rules.region_label,
        regions=tuple(RegionOut(code=region.code, name=region.name) for region in rules.regions),
        postcode_label=rules.postcode_label,
        postcode_pattern=rules.postcode_pattern,
        postcode_examples=rules.postcode_examples,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_addresses,
    add_address,
    read_address,
    change_address,
    remove_address,
    list_countries,
    read_address_rules,
)
