"""CSV: one variant a row; the rows of a product stand together and the first of them tells about the product."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from surehold.app.importing.columns import (
    PRODUCT_COLUMNS,
    SILENT_WHEN_EMPTY,
    VARIANT_COLUMNS,
    CellError,
    Header,
    price,
    read_header,
    whole,
)
from surehold.app.importing.jsonl import readable
from surehold.app.importing.source import Fault, FileError, Item, Parsed
from surehold.modules.catalog import ProductDraft, VariantDraft, slug_of

DELIMITERS = ",;\t"
ROWS_OF_PRODUCT_MAX = 200


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Sequence[str]
    slug: str


class _Lines:
    """Feeds the CSV reader with lines, keeping what is no text aside."""

    def __init__(self, lines: Iterable[tuple[int, str | Fault]]) -> None:
        self._lines = iter(lines)
        self.faults: list[Fault] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            self.number = number
            if isinstance(line, Fault):
                self.faults.append(line)
            else:
                yield line + "\n"

    def take_faults(self) -> list[Fault]:
        faults, self.faults = self.faults, []
        return faults


def parse_csv(lines: Iterable[tuple[int, str | Fault]]) -> Iterator[Item]:
    """Products and faults, in the order of the file. FileError for a header that cannot be used."""
    source = _Lines(lines)
    texts = iter(source)
    first = next(texts, None)
    if first is None:
        raise FileError("the file is empty" if not source.faults else f"line 1: {source.faults[0].reason}")
    delimiter = max(DELIMITERS, key=first.count)
    header = read_header(next(csv.reader([first], delimiter=delimiter)))
    group: list[_Row] = []
    for item in _rows(source, texts, header, delimiter):
        if isinstance(item, Fault):
            yield item
            continue
        if group and (not item.slug or item.slug != group[0].slug or len(group) >= ROWS_OF_PRODUCT_MAX):
            yield from _product(header, group)
            group = []
        group.append(item)
    if group:
        yield from _product(header, group)


def _rows(source: _Lines, texts: Iterator[str], header: Header, delimiter: str) -> Iterator[_Row | Fault]:
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    while True:
        start = source.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Fault(start, f"this is no row of CSV ({error})")
            continue
        yield from source.take_faults()
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header.columns):
            yield Fault(start, f"the row has {len(cells)} cells, the header {len(header.columns)}")
            continue
        yield _Row(start, [cell.strip() for cell in cells], _slug(header, cells))


def _slug(header: Header, cells: Sequence[str]) -> str:
    row = dict(zip(header.columns, cells, strict=True))
    return row.get("product_slug", "").strip() or slug_of(row.get("title", ""))


def _product(header: Header, group: Sequence[_Row]) -> Iterator[Item]:
    """The product of some rows, or what is wrong with them."""
    first = group[0]
    try:
        product = _product_members(header, first)
    except (CellError, msgspec.ValidationError) as error:
        reason = _reason(error)
        yield from (Fault(row.line, reason if row is first else f"see line {first.line}: {reason}") for row in group)
        return
    variants: list[VariantDraft] = []
    lines: dict[str, int] = {}
    for row in group:
        try:
            _refuse_contradiction(header, first, row)
            variant = _variant(header, row)
            if variant.sku in lines:
                raise CellError(f"SKU {variant.sku} stands on line {lines[variant.sku]} already")  # noqa: TRY301
        except (CellError, msgspec.ValidationError) as error:
            yield Fault(row.line, _reason(error))
            continue
        lines[variant.sku] = row.line
        variants.append(variant)
    yield from _with_whole_options(header, product, variants, lines, group)


def _with_whole_options(
    header: Header,
    product: dict[str, Any],
    variants: Sequence[VariantDraft],
    lines: dict[str, int],
    group: Sequence[_Row],
) -> Iterator[Item]:
    names = [name for name, _ in header.family("option")]
    used = [name for name in names if any(name in (variant.options or {}) for variant in variants)]
    whole_ones: list[VariantDraft] = []
    for variant in variants:
        lacking = [name for name in used if name not in (variant.options or {})]
        if lacking:
            yield Fault(lines[variant.sku], f"option:{lacking[0]}: other variants of this product state it")
        else:
            whole_ones.append(variant)
    if not whole_ones:
        return
    if names:
        product["options"] = used
    try:
        draft = msgspec.convert({**product, "variants": whole_ones}, ProductDraft)
    except msgspec.ValidationError as error:
        yield Fault(group[0].line, readable(error))
        return
    yield Parsed(group[0].line, group[-1].line, draft, lines)


def _product_members(header: Header, row: _Row) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for column, cell in zip(header.columns, row.cells, strict=True):
        if column in PRODUCT_COLUMNS and not (cell == "" and column in SILENT_WHEN_EMPTY):
            name, read = PRODUCT_COLUMNS[column]
            members[name] = _read(column, read, cell)
    if row.slug:
        members["slug"] = row.slug
    attributes = {name: row.cells[place] for name, place in header.family("attribute") if row.cells[place]}
    if header.family("attribute"):
        members["attributes"] = attributes
    # Bounds are checked here, so that a fault of the product is told once and not for each of its variants.
    msgspec.convert({**members, "variants": [{"sku": "-"}]}, ProductDraft)
    return members


def _variant(header: Header, row: _Row) -> VariantDraft:
    members: dict[str, Any] = {}
    for column, cell in zip(header.columns, row.cells, strict=True):
        if column in VARIANT_COLUMNS and not (cell == "" and column in SILENT_WHEN_EMPTY):
            name, read = VARIANT_COLUMNS[column]
            members[name] = _read(column, read, cell)
    _place_backorder(header, members)
    if header.family("option"):
        members["options"] = {name: row.cells[place] for name, place in header.family("option") if row.cells[place]}
    members["prices"] = {
        code: _read(f"price:{code}", lambda cell, code=code: price(cell, code), row.cells[place])
        for code, place in header.family("price")
        if row.cells[place]
    } | {
        code: _read(f"price_minor:{code}", whole, row.cells[place])
        for code, place in header.family("price_minor")
        if row.cells[place]
    }
    members["stock"] = {
        code: _read(f"stock:{code}", whole, row.cells[place])
        for code, place in header.family("stock")
        if row.cells[place]
    }
    return msgspec.convert(members, VariantDraft)


def _place_backorder(header: Header, members: dict[str, Any]) -> None:
    limit, days = members.pop("backorder_limit", None), members.pop("backorder_days", None)
    if limit:
        if not days:
            raise CellError("backorder_days: say in how many days backordered units come")
        members["backorder"] = {"limit": limit, "promised_in_days": days}
    elif "backorder_limit" in header.columns:
        members["backorder"] = None


def _refuse_contradiction(header: Header, first: _Row, row: _Row) -> None:
    for column, told, cell in zip(header.columns, first.cells, row.cells, strict=True):
        is_of_product = column in PRODUCT_COLUMNS or column.startswith("attribute:")
        if is_of_product and cell and cell != told:
            raise CellError(f"{column}: line {first.line} says otherwise of the same product")


def _read(column: str, read: Any, cell: str) -> Any:
    try:
        return read(cell)
    except CellError as error:
        raise CellError(f"{column}: {error}") from error


def _reason(error: CellError | msgspec.ValidationError) -> str:
    return readable(error) if isinstance(error, msgspec.ValidationError) else str(error)
