"""The demo shop is complete, consistent and light, and its pictures are what the drawing code draws."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "src" / "surehold" / "app" / "demo"
PICTURES = sorted((DEMO / "pictures").glob("*.svg"))
MAX_PICTURE_BYTES = 12_000
MAX_PICTURES_BYTES = 1_000_000
MIN_PRODUCTS_PER_CATEGORY = 6

PRODUCT_FIELDS = {
    "slug": str,
    "title": str,
    "description": str,
    "brand": str,
    "category": str,
    "tax_category": str,
    "published": bool,
    "attributes": dict,
    "rating_average": type(None),
    "rating_count": type(None),
    "pictures": list,
    "options": list,
    "variants": list,
}
VARIANT_FIELDS = {
    "sku": str,
    "barcode": type(None),
    "options": dict,
    "prices": dict,
    "stock": dict,
    "weight_grams": int,
    "low_stock_threshold": int,
    "backorder": (dict, type(None)),
    "picture": str,
}


def read(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def products() -> list[dict[str, Any]]:
    lines = (DEMO / "products.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def variants(products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [variant for product in products for variant in product["variants"]]


def assert_shape(row: dict[str, Any], fields: dict[str, Any]) -> None:
    assert row.keys() == fields.keys()
    wrong = {key: row[key] for key, kind in fields.items() if not isinstance(row[key], kind)}
    assert not wrong


def test_products_have_the_documented_fields(products: list[dict[str, Any]]) -> None:
    assert len(products) >= 80
    for product in products:
        assert_shape(product, PRODUCT_FIELDS)
        assert product["variants"]
        assert product["pictures"]
        for variant in product["variants"]:
            assert_shape(variant, VARIANT_FIELDS)


def test_slugs_skus_and_option_choices_are_unique(
    products: list[dict[str, Any]], variants: list[dict[str, Any]]
) -> None:
    assert len({product["slug"] for product in products}) == len(products)
    assert len({variant["sku"] for variant in variants}) == len(variants)
    for product in products:
        choices = [tuple(variant["options"].items()) for variant in product["variants"]]
        assert len(set(choices)) == len(choices)
        assert all(list(variant["options"]) == product["options"] for variant in product["variants"])


def test_categories_form_a_tree_and_every_room_is_furnished(products: list[dict[str, Any]]) -> None:
    paths = [category["path"] for category in read("categories.json")]
    tops = [path for path in paths if "/" not in path]
    assert len(set(paths)) == len(paths)
    assert len(tops) == 8
    assert {path.rpartition("/")[0] for path in paths if "/" in path} == set(tops)
    used = {product["category"] for product in products}
    assert used == {path for path in paths if "/" in path}
    counts = Counter(product["category"].partition("/")[0] for product in products)
    assert min(counts[top] for top in tops) >= MIN_PRODUCTS_PER_CATEGORY


def test_every_price_is_a_positive_amount_in_every_currency(variants: list[dict[str, Any]]) -> None:
    currencies = read("shop.json")["currencies"]
    for variant in variants:
        assert list(variant["prices"]) == currencies
        assert all(isinstance(price, int) and price > 0 for price in variant["prices"].values())
        assert variant["weight_grams"] > 0


def test_stock_covers_every_location_with_scarce_sold_out_and_backordered(variants: list[dict[str, Any]]) -> None:
    codes = [location["code"] for location in read("locations.json")]
    assert len(codes) == 3
    totals = [sum(variant["stock"].values()) for variant in variants]
    assert all(list(variant["stock"]) == codes for variant in variants)
    assert all(count >= 0 for variant in variants for count in variant["stock"].values())
    assert sum(1 for total in totals if 1 <= total <= 3) >= 5
    sold_out = [variant for variant, total in zip(variants, totals, strict=True) if total == 0]
    assert any(variant["backorder"] is None for variant in sold_out)
    backorders = [variant["backorder"] for variant in variants if variant["backorder"]]
    assert len(backorders) >= 2
    assert all(set(rule) == {"limit", "promised_in_days"} and min(rule.values()) > 0 for rule in backorders)


def test_pictures_are_named_described_and_all_used(products: list[dict[str, Any]]) -> None:
    there = {file.name for file in PICTURES}
    used: set[str] = set()
    for product in products:
        files = {picture["file"] for picture in product["pictures"]}
        assert {variant["picture"] for variant in product["variants"]} == files
        assert all(picture["alt"].strip() and "{" not in picture["alt"] for picture in product["pictures"])
        used |= files
    assert used == there


@pytest.mark.parametrize("name", ["products.jsonl", "categories.json", "locations.json", "shop.json"])
def test_texts_are_clean(name: str) -> None:
    text = (DEMO / name).read_text(encoding="utf-8")
    assert "\\u0" not in text
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_descriptions_are_written_and_ratings_are_unknown(products: list[dict[str, Any]]) -> None:
    for product in products:
        sentences = product["description"].count(". ") + product["description"].count(": ") + 1
        assert sentences >= 2, product["slug"]
        assert 60 < len(product["description"]) < 420, product["slug"]
        assert product["rating_average"] is None
        assert product["rating_count"] is None


def test_home_sections_show_known_products(products: list[dict[str, Any]]) -> None:
    slugs = {product["slug"] for product in products}
    shop = read("shop.json")
    assert shop["currency"] in shop["currencies"]
    assert len(shop["sections"]) >= 3
    for section in shop["sections"]:
        assert section["title"]
        assert section["text"]
        assert len(section["products"]) >= 4
        assert set(section["products"]) <= slugs


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_picture_is_plain_vector(file: Path) -> None:
    assert file.stat().st_size <= MAX_PICTURE_BYTES
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert root.attrib["viewBox"] == "0 0 800 1000"
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"script", "style", "image", "foreignObject", "text", "a", "animate", "set"}
    for element in root.iter():
        for key, value in element.attrib.items():
            assert not key.lower().startswith("on")
            assert not key.endswith("href") or value.startswith("#")
            assert "url(" not in value or value.startswith("url(#")


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_picture_refers_only_to_what_it_defines(file: Path) -> None:
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    values = [value for element in root.iter() for value in element.attrib.values()]
    links = {value[5:-1] for value in values if value.startswith("url(#")}
    links |= {value[1:] for element in root.iter() for key, value in element.attrib.items() if key.endswith("href")}
    assert links <= ids


def test_pictures_are_light_together() -> None:
    assert 0 < sum(file.stat().st_size for file in PICTURES) < MAX_PICTURES_BYTES


def test_pictures_equal_their_drawing() -> None:
    command = [sys.executable, str(ROOT / "tools" / "draw_demo.py"), "--check"]
    # The launcher keeps scripts' folders off the path of our own processes; this one is a script with neighbours.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
