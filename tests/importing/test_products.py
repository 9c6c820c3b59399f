"""Product files: good rows go in, bad ones are told with their line, and doing it again changes nothing."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from surehold.app.importing import FileError
from surehold.kernel.errors import UnavailableError
from surehold.modules.catalog import CatalogService, ProductPage
from surehold.platform.db import Database
from tests.importing.conftest import Desk, lines, product
from tests.support.pictures import bytes_of, drawn, encoded

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 10"/>'


def faults(report: Any) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in report.faults]


async def test_a_whole_product_comes_in(desk: Desk, db: Database) -> None:
    (desk.folder / "pictures").mkdir()
    (desk.folder / "pictures" / "fern.svg").write_bytes(SVG)
    whole = product(
        "fern-pot", "FERN-S", "FERN-L",
        description="Grows.", brand="Årø & Co", category="garden/pots", attributes={"material": "Clay"},
        rating_average=4.5, rating_count=12, pictures=[{"file": "fern.svg", "alt": "A fern"}],
    )  # fmt: skip
    whole["variants"][0] |= {
        "barcode": "4006381333931", "weight_grams": 900, "hold_on": "checkout", "low_stock_threshold": 9,
        "picture": "fern.svg", "prices": {"USD": 1990, "EUR": 1800}, "backorder": {"limit": 3, "promised_in_days": 10},
    }  # fmt: skip
    report = await desk.take("p.jsonl", lines([whole]))
    assert (report.products, report.variants, report.faults) == (1, 2, [])
    page = await CatalogService(db).page("fern-pot", "USD", None)
    assert isinstance(page, ProductPage)
    assert page.brand is not None
    assert (page.brand.slug, page.brand.title) == ("ar-co", "Årø & Co")
    assert [crumb.title for crumb in page.breadcrumbs] == ["Garden", "Pots"]
    small = page.variants[0]
    assert small.price is not None
    assert (small.title, small.price.amount, small.hold_on, small.weight_grams) == ("FERN-S", 1990, "checkout", 900)
    assert (small.availability.available, small.availability.state) == (5, "low")
    assert await bytes_of(desk.pictures, page.pictures[0].url.removeprefix("/media/")) == SVG.replace(b"/>", b" />")
    policy = await desk.rows(
        "select backorder_left, promised_on - current_date from inventory.availability where variant_id = %s", small.id
    )
    assert policy == [(3, 10)]


async def test_pictures_of_many_products_are_made_side_by_side_and_once_each(desk: Desk) -> None:
    for n in range(5):
        (desk.folder / f"side-{n}.png").write_bytes(encoded(drawn(40 + n, 30), "PNG"))
    (desk.folder / "broken.png").write_bytes(encoded(drawn(), "PNG")[:500])
    wanted = [product(f"side-{n}", f"SIDE{n}", pictures=[{"file": f"side-{n % 5}.png"}]) for n in range(40)]
    wanted[17]["pictures"] = [{"file": "broken.png"}]
    wanted[23].pop("pictures")
    before = await desk.count("catalog.pictures")
    dry = await desk.take("side.jsonl", lines(wanted), dry_run=True)
    assert (dry.products, await desk.count("catalog.pictures")) == (39, before), "looking is not taking"
    report = await desk.take("side.jsonl", lines(wanted))
    assert (report.products, await desk.count("catalog.pictures")) == (39, before + 5)
    assert [line for line, _ in faults(report)] == [18]
    assert "damaged" in faults(report)[0][1]


async def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    content = lines([product(f"again-{n}", f"AG{n}-A", f"AG{n}-B") for n in range(5)])
    await desk.take("p.jsonl", content)
    tables = ("platform.events", "inventory.ledger", "pricing.price_changes", "catalog.variants")
    before = [await desk.count(table) for table in tables]
    versions = await desk.rows("select id, version from catalog.products order by id")
    report = await desk.take("other-name.jsonl", content)
    assert (report.products, report.rejected) == (5, 0)
    assert [await desk.count(table) for table in tables] == before
    assert await desk.rows("select id, version from catalog.products order by id") == versions


async def test_only_what_was_sold_out_is_told_to_be_back(desk: Desk) -> None:
    fresh, empty = product("fresh-stock"), product("no-stock")
    fresh["variants"][0]["low_stock_threshold"] = 9
    empty["variants"][0]["stock"] = {}
    await desk.take("p.jsonl", lines([fresh, empty]))
    told = """select v.slug, e.name from platform.events e join catalog.known_variants v on v.variant_id = e.aggregate_id
              where e.aggregate_type = 'variant' and v.slug in ('fresh-stock', 'no-stock')"""
    assert await desk.rows(told) == []
    await desk.take("p2.jsonl", lines([fresh, product("no-stock")]))
    assert await desk.rows(told) == [("no-stock", "inventory.stock_replenished.v1")]


async def test_a_changed_file_changes_what_it_states_and_keeps_the_rest(desk: Desk) -> None:
    await desk.take(
        "p.jsonl",
        lines([product("keeps", "KEEPS", description="Long.", brand="Elm", rating_average=4, rating_count=2)]),
    )
    await desk.take(
        "p2.jsonl", json.dumps({"slug": "keeps", "brand": None, "variants": [{"sku": "KEEPS", "prices": {"USD": 900}}]})
    )
    found = await desk.rows(
        "select title, description, brand_id, rating_count, version, state from catalog.products where slug = 'keeps'"
    )
    assert found == [("Keeps", "Long.", None, 2, 2, "published")]
    prices = await desk.rows(
        """select l.from_minor from catalog.listed_prices l join catalog.products p on p.id = l.product_id
           where p.slug = 'keeps'"""
    )
    assert prices == [(900,)]
    assert any(tag.startswith("product:") for tag in desk.quiet.tags)


async def test_good_lines_go_in_and_bad_ones_are_told_with_their_numbers(desk: Desk) -> None:
    await desk.take("before.jsonl", lines([product("owner", "OWNED")]))
    good = [product("good-one"), product("good-two")]
    text = [
        json.dumps(good[0]),
        "",
        "{not json",
        "[1, 2]",
        json.dumps({**product("x1"), "surprise": 1}),
        json.dumps({**product("x2"), "slug": "Not A Slug"}),
        json.dumps(product("thief", "OWNED")),
        json.dumps({**product("no-title"), "title": ""}),
        json.dumps({"slug": "nameless", "variants": [{"sku": "NAMELESS", "prices": {"USD": 1}}]}),
        json.dumps({**product("unpriced"), "variants": [{"sku": "UNPRICED", "options": {}}]}),
        json.dumps(
            {
                **product("lost"),
                "variants": [{"sku": "LOST", "options": {}, "prices": {"USD": 1}, "stock": {"mars": 1}}],
            }
        ),
        json.dumps({**product("minus"), "variants": [{"sku": "MINUS", "prices": {"USD": -1}}]}),
        json.dumps(product("good-one", "OTHER-SKU")),
        json.dumps(product("twice", "GOOD-ONE")),
        json.dumps({**product("half"), "rating_average": 4}),
        json.dumps({**product("bare"), "pictures": [{"file": "nowhere.svg"}]}),
        json.dumps({**product("wrong-options", "WO-1", "WO-2"), "options": ["size", "colour"]}),
        json.dumps(good[1]),
    ]
    report = await desk.take("mixed.jsonl", "\n".join(text))
    told = dict(faults(report))
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    assert (report.products, report.rejected) == (2, 16)  # one product has two faults
    assert "belongs to another product, owner" in told[7]
    assert "needs a title" in told[9]
    assert "needs a price" in told[10]
    assert "no location mars" in told[11]
    assert "stands on line 1 already" in told[13]
    assert "GOOD-ONE stands on line 1" in told[14]
    assert "nowhere.svg" in told[16]
    slugs = await desk.rows(
        "select slug from catalog.products where slug in ('good-one', 'good-two', 'thief', 'twice')"
    )
    assert {row[0] for row in slugs} == {"good-one", "good-two"}


async def test_strict_takes_all_or_nothing(desk: Desk) -> None:
    bad = lines([product("strict-a"), {"slug": "strict-b", "variants": []}])
    report = await desk.take("strict.jsonl", bad, strict=True)
    assert (report.refused, report.rejected) == (True, 1)
    assert await desk.rows("select 1 from catalog.products where slug = 'strict-a'") == []
    report = await desk.take("strict.jsonl", lines([product("strict-a")]), strict=True)
    assert (report.refused, report.products) == (False, 1)


async def test_a_dry_run_says_the_same_and_writes_nothing(desk: Desk) -> None:
    content = lines([product("dry", brand="Dry brand", category="dry/place"), product("dry", "DRY-2")])
    before = [await desk.count(t) for t in ("catalog.products", "catalog.brands", "catalog.imports", "platform.events")]
    report = await desk.take("dry.jsonl", content, dry_run=True)
    assert (report.products, report.rejected) == (1, 1)
    assert before == [
        await desk.count(t) for t in ("catalog.products", "catalog.brands", "catalog.imports", "platform.events")
    ]


class FailingError(Exception):
    pass


async def test_an_interrupted_import_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surehold.app.importing.run.BATCH_PRODUCTS", 3)
    content = lines([product(f"cut-{n}") for n in range(8)]) + "broken\n"
    batches = 0

    def stop(_read: int, _products: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise FailingError

    desk.importer._on_progress = stop
    with pytest.raises(FailingError):
        await desk.take("cut.jsonl", content)
    stood = await desk.rows(
        "select lines_done, products, finished_at from catalog.imports where file_name = 'cut.jsonl'"
    )
    assert stood == [(6, 6, None)]
    report = await desk.take("cut.jsonl", content, resume=True)
    assert (report.resumed_after_line, report.products, report.variants, report.rejected) == (6, 8, 8, 1)
    again = await desk.take("cut.jsonl", content, resume=True)
    assert (again.already_done, again.products, again.rejected) == (True, 8, 1)
    assert await desk.rows("select count(*) from catalog.products where slug like 'cut-%%'") == [(8,)]
    units = await desk.rows(
        "select sum(l.delta) from inventory.ledger l join catalog.known_variants v using (variant_id) where v.slug like 'cut-%%'"
    )
    assert units == [(40,)]


async def test_what_is_wrong_further_on_is_not_counted_with_a_batch_before_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surehold.app.importing.run.BATCH_PRODUCTS", 2)
    content = lines([product("ahead-0"), product("ahead-1")]) + "broken\n" + lines([product("ahead-2")])

    def stop(_read: int, _products: int) -> None:
        raise FailingError

    desk.importer._on_progress = stop
    with pytest.raises(FailingError):
        await desk.take("ahead.jsonl", content)
    stood = await desk.rows(
        "select lines_done, products, rejected from catalog.imports where file_name = 'ahead.jsonl'"
    )
    assert stood == [(2, 2, 0)]
    desk.importer._on_progress = lambda _read, _products: None
    report = await desk.take("ahead.jsonl", content, resume=True)
    assert (report.resumed_after_line, report.products, report.rejected) == (2, 3, 1)


async def test_what_was_read_before_a_file_breaks_off_is_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surehold.app.importing.run.BATCH_PRODUCTS", 2)
    monkeypatch.setattr("surehold.app.importing.run.READ_AHEAD", 2)
    words = "".join(chr(97 + n * 7919 % 26) for n in range(9000))
    content = lines([product(f"torn-{n}", description=words) for n in range(60)])
    whole = lzma.compress(content.encode(), preset=0, check=lzma.CHECK_CRC32)
    with pytest.raises(FileError, match="damaged after line"):
        await desk.take("torn.jsonl.xz", whole[: len(whole) // 2])
    stood = await desk.rows(
        "select lines_done, products, finished_at from catalog.imports where file_name = 'torn.jsonl.xz'"
    )
    known = await desk.rows("select count(*) from catalog.products where slug like 'torn-%%'")
    assert stood == [(known[0][0], known[0][0], None)]
    assert known[0][0] % 2 == 0


async def test_one_product_that_the_database_refuses_does_not_spoil_its_batch(desk: Desk) -> None:
    await desk.take("first.jsonl", lines([product("clash", "CLASH-S", "CLASH-M")]))
    clash = product("clash", "CLASH-X", "CLASH-Y")
    clash["variants"][0]["options"] = {"size": "CLASH-S"}
    others = [product(f"beside-{n}") for n in range(6)]
    report = await desk.take("second.jsonl", lines([*others[:3], clash, *others[3:]]))
    assert report.products == 6
    assert [fault.line for fault in report.faults] == [4]
    assert len(await desk.rows("select 1 from catalog.products where slug like 'beside-%%'")) == 6


async def test_two_variants_may_swap_their_options(desk: Desk) -> None:
    await desk.take("swap.jsonl", lines([product("swap", "SW-1", "SW-2")]))
    swapped = product("swap", "SW-1", "SW-2")
    swapped["variants"][0]["options"], swapped["variants"][1]["options"] = {"size": "SW-2"}, {"size": "SW-1"}
    report = await desk.take("swap2.jsonl", lines([swapped]))
    assert report.rejected == 0
    titles = await desk.rows("select sku, options ->> 'size' from catalog.variants where sku like 'SW-%%' order by sku")
    assert titles == [("SW-1", "SW-2"), ("SW-2", "SW-1")]


async def test_an_earlier_slug_finds_the_product(desk: Desk, db: Database) -> None:
    await desk.take("p.jsonl", lines([product("was-this", "WT-1")]))
    await db.execute(
        """select catalog.write_products(jsonb_build_array(jsonb_build_object('id', p.id, 'slug', 'is-that')), '[]')
           from catalog.products p where p.slug = 'was-this'"""
    )
    report = await desk.take("p2.jsonl", lines([product("was-this", "WT-1", title="New title")]))
    assert report.rejected == 0
    assert await desk.rows("select slug, title from catalog.products where slug in ('was-this', 'is-that')") == [
        ("is-that", "New title")
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.jsonl", b"\x00\x01\x02binary", "binary"),
        ("p.csv", b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        ("p.csv", "sku,title\nA,B\n".encode("utf-16"), "UTF-16"),
        ("p.csv.xz", lzma.compress(b"sku,title\n" * 5000)[:60], "damaged"),
        ("p.xlsx", b"", ".csv or .jsonl"),
        ("p.csv", b"", "empty"),
        ("p.csv", b"name,price\nA,1\n", "no column 'name'"),
        ("p.csv", b"title,brand\nA,1\n", "no column 'sku'"),
        ("p.csv", b"sku,sku\nA,1\n", "twice"),
        ("p.csv", b"sku,prise:USD\nA,1\n", "price"),
    ],
)
async def test_what_is_no_product_file_is_refused_in_words(desk: Desk, name: str, content: bytes, words: str) -> None:
    with pytest.raises(FileError, match=words):
        await desk.take(name, content)


async def test_a_file_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(FileError, match="No such file"):
        await desk.importer.run(Path("/nowhere/p.csv"))


async def test_lines_that_are_no_text_are_told(desk: Desk) -> None:
    good = json.dumps(product("textual")).encode()
    deep = b"[" * 100_000
    content = b"\n".join(
        [b"\xef\xbb\xbf" + good, b"caf\xe9", b"x" * 1_000_001, deep, b'{"slug": "nul\\u0000"}', b"a\x00b"]
    )
    assert b"\x00" not in content[:8192]
    report = await desk.take("garbage.jsonl", content)
    told = dict(faults(report))
    assert report.products == 1
    assert "not UTF-8 (byte 0xe9 at 4)" in told[2]
    assert "longer than" in told[3]
    assert set(told) == {2, 3, 4, 5, 6}


async def test_a_compressed_file_is_read_directly(desk: Desk) -> None:
    report = await desk.take("p.jsonl.xz", lzma.compress(lines([product("squeezed")]).encode()))
    assert (report.products, report.rejected) == (1, 0)


async def test_an_empty_file_of_lines_is_no_error(desk: Desk) -> None:
    assert (await desk.take("empty.jsonl", "\n\n")).products == 0


async def test_an_absent_database_ends_the_run(desk: Desk, db: Database) -> None:
    async def away(*_: object, **__: object) -> None:
        raise UnavailableError

    desk.intake.load = away  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        await desk.take("away.jsonl", lines([product("away")]))


async def test_a_seller_is_no_column(desk: Desk) -> None:
    with pytest.raises(FileError, match="no column 'seller'"):
        await desk.take("p.csv", "sku,seller\nA,B\n")
