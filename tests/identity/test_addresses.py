import pytest

from surehold.modules.identity import Address, InvalidAddressError, address_rules, countries, validate_address


def address(**changes: str) -> Address:
    given = {
        "name": "Ada Byron",
        "line1": "1 Main Street",
        "city": "Portland",
        "region": "OR",
        "postcode": "97201",
        "country": "US",
    }
    return Address(**{**given, **changes})


def faults(bad: Address) -> dict[str, str]:
    with pytest.raises(InvalidAddressError) as caught:
        validate_address(bad)
    errors = caught.value.extra["errors"]
    assert isinstance(errors, list)
    return {item["field"]: item["message"] for item in errors}


LONDON = address(country="GB", city="London", postcode="SW1A 1AA", region="")
FULL = address(phone="+1 (503) 555-0100", line2="Flat 2", company="Byron & Co")


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (address(region="oregon", country="us", city="  Portland   East "), address(city="Portland East")),
        (FULL, FULL),
        (address(country="GB", city="London", postcode="sw1a 1aa", region="Middlesex"), LONDON),
        (
            address(country="JP", region="Tokyo", city="Chiyoda", postcode="100-0001"),
            address(country="JP", region="東京都", city="Chiyoda", postcode="100-0001"),
        ),
        (
            address(country="HK", region="Kowloon", city="", postcode="999"),
            address(country="HK", region="Kowloon", city="", postcode=""),
        ),
        (
            address(country="IE", city="Dublin", postcode="", region=""),
            address(country="IE", city="Dublin", postcode="", region=""),
        ),
    ],
)
def test_normal_form(given: Address, normal: Address) -> None:
    assert validate_address(given) == normal
    assert validate_address(normal) == normal


def test_every_bad_field_is_named() -> None:
    bad = address(city="", region="Nowhere", postcode="1", phone="call me", name="  ")
    assert set(faults(bad)) == {"city", "region", "postcode", "phone", "name"}
    assert faults(address(postcode="10001")) == {"postcode": "does not belong to this region"}
    assert faults(address(country="DE", region="", postcode="123")) == {"postcode": "should look like 26133"}
    assert set(faults(address(line1="a\x00b"))) == {"line1"}
    assert set(faults(address(region=""))) == {"region"}


@pytest.mark.parametrize("code", ["XX", "ZZ", "U1", "../"])
def test_unknown_countries(code: str) -> None:
    with pytest.raises(InvalidAddressError):
        address_rules(code)
    assert set(faults(address(country=code))) == {"country"}


def test_every_country_has_rules_that_hold_together() -> None:
    for country in countries():
        rules = address_rules(country.country)
        shown = {name for line in rules.lines for name in line}
        assert set(rules.required) <= shown, country
        assert {"name", "line1", "line2"} <= shown
        assert len({region.code for region in rules.regions}) == len(rules.regions)
    assert len(countries()) > 200


def test_rules_build_a_form() -> None:
    rules = address_rules("us")
    assert rules.required == ("name", "line1", "city", "region", "postcode")
    assert rules.lines == (("name",), ("company",), ("line1",), ("line2",), ("city", "region", "postcode"), ("phone",))
    assert {region.code: region.name for region in rules.regions}["OR"] == "Oregon"
    assert all(region.name.isascii() for region in address_rules("JP").regions)
