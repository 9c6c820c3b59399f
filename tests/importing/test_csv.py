"""CSV files of products: one variant a row."""

from typing import Any

import pytest

from surehold.app.importing.columns import CellError, category, price
from surehold.modules.catalog import CatalogService, ProductPage
from surehold.platform.db import Database
from tests.importing.conftest import Desk

WHOLE = """product_slug,title,description,brand,category,sku,barcode,option:Colour,option:Size,price:usd,price:EUR,stock:MAIN,\
stock:north,weight_grams,low_stock_threshold,backorder_limit,backorder_days,rating_average,rating_count,attribute:Material,published
tee,Tee,"Soft,
and long",Elm,Clothes > Tops,TEE-R-S,,Red,S,19.90,18,3,1,200,2,,,4.5,7,Cotton,yes
tee,,,,,TEE-R-L,,Red,L,19.9,,2,,,,10,14,,,,
,,,,,,,,,,,,,,,,,,,,
hat,Hat,,,clothes,HAT,,,,5,,1,,,,,,,,,
"""


def faults(report: Any) -> dict[int, str]:
    return {fault.line: fault.reason for fault in report.faults}


async def test_rows_become_products(desk: Desk, db: Database) -> None:
    report = await desk.take("p.csv", WHOLE)
    assert (report.products, report.variants, report.faults) == (2, 3, [])
    page = await CatalogService(db).page("tee", "USD", None)
    assert isinstance(page, ProductPage)
    assert page.description == "Soft,\nand long"
    assert [crumb.path for crumb in page.breadcrumbs] == ["clothes", "clothes/tops"]
    assert [(choice.name, choice.values) for choice in page.options] == [("Colour", ["Red"]), ("Size", ["S", "L"])]
    assert [variant.price and variant.price.amount for variant in page.variants] == [1990, 1990]
    assert [variant.availability.available for variant in page.variants] == [4, 2]
    assert page.rating is not None
    assert page.attributes[0].value == "Cotton"
    hat = await CatalogService(db).page("hat", None, None)
    assert isinstance(hat, ProductPage)
    assert hat.options == []


async def test_prices_and_stock_are_brought_by_sku_alone(desk: Desk) -> None:
    await desk.take("p.csv", WHOLE)
    report = await desk.take("prices.csv", "sku;price:USD;stock:main\nTEE-R-S;25.00;10\nNOBODY;1;1\nTEE-R-L;26;\n")
    assert (report.products, report.variants) == (1, 2)
    assert "NOBODY is not known" in faults(report)[3]
    found = await desk.rows(
        """select v.sku, b.amount_minor, a.on_hand, v.position from catalog.variants v
           join pricing.base_prices b on b.variant_id = v.id and b.currency = 'USD'
           join inventory.availability a on a.variant_id = v.id
           where v.sku like 'TEE-R-%%' order by v.sku"""
    )
    assert found == [("TEE-R-L", 2600, 2, 1), ("TEE-R-S", 2500, 14, 0)]


async def test_bad_rows_are_told_with_their_lines(desk: Desk) -> None:
    report = await desk.take(
        "bad.csv",
        "product_slug,title,sku,option:size,price:USD,weight_grams,published\n"
        "mix,Mix,MIX-S,S,1.00,1,yes\n"
        "mix,Mix,MIX-M,M,1.999,1,yes\n"
        "mix,Other,MIX-L,L,1.00,1,yes\n"
        "mix,Mix,MIX-XL,,1.00,1,yes\n"
        "mix,Mix,MIX-S,T,1.00,1,yes\n"
        "mix,Mix,MIX-XX,XX,1.00,heavy,yes\n"
        "mix,Mix\n"
        "mix,Mix,MIX-Y,Y,1.00,,perhaps\n"
        'quote,"Qu"ote,Q,,1.00,,yes\n'
        "Bad Slug,Bad,BAD,,1.00,,yes\n"
        "mix,Mix,MIX-Z,Z,1.00,,yes\n"
        ",,,,,,\n"
        "fine,Fine,FINE,,1.00,,yes\n",
    )
    told = faults(report)
    assert (report.products, report.variants) == (2, 2)
    assert "no amount in USD" in told[3]
    assert "line 2 says otherwise" in told[4]
    assert "other variants of this product state it" in told[5]
    assert "MIX-S stands on line 2" in told[6]
    assert "no whole number" in told[7]
    assert "2 cells, the header 7" in told[8]
    assert "line 2 says otherwise" in told[9]
    assert "no row of CSV" in told[10]
    assert "slug" in told[11]
    assert "the product mix stands on line 2 already" in told[12]
    assert set(told) == {3, 4, 5, 6, 7, 8, 9, 10, 11, 12}


async def test_a_fault_of_the_product_is_a_fault_of_all_its_rows(desk: Desk) -> None:
    report = await desk.take(
        "p.csv",
        "product_slug,title,sku,price:USD,rating_average\nodd,Odd,ODD-1,1,9\nodd,,ODD-2,1,\neven,Even,EVEN,1,\n",
    )
    told = faults(report)
    assert report.products == 1
    assert "rating_average" in told[2]
    assert "see line 2" in told[3]


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [("19.90", "USD", 1990), ("19.9", "USD", 1990), ("19", "USD", 1900), ("0", "USD", 0), ("1990", "JPY", 1990),
     ("1.234", "KWD", 1234), ("5.00", "JPY", 5), ("1.2300", "USD", 123)],
)  # fmt: skip
def test_amounts_become_minor_units(cell: str, currency: str, minor: int) -> None:
    assert price(cell, currency) == minor


@pytest.mark.parametrize("cell", ["19,90", "-1", "1.999", "1e3", "$5", "١٢", " ", "9" * 20, "."])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        price(cell, "USD")


def test_categories_are_paths() -> None:
    assert category("Kitchen > Mugs & cups") == "kitchen/mugs-cups"
    assert category("kitchen/mugs") == "kitchen/mugs"
    assert category("") is None
