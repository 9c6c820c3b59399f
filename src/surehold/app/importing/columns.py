"""The columns of a CSV file of products: their names, and what a cell in them means."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from surehold.app.importing.source import FileError
from surehold.modules.catalog import slug_of

_DECIMAL = re.compile(r"^([0-9]{1,12})(?:\.([0-9]{1,4}))?$")
_YES, _NO = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n"})
# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS: Mapping[str, int] = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),  # noqa: SIM905
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),  # noqa: SIM905
}


class CellError(ValueError):
    """A cell does not say what its column asks for."""


def whole(cell: str) -> int | None:
    """A whole number; empty is none."""
    if not cell:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", cell):
        raise CellError(f"'{cell[:40]}' is no whole number")
    return int(cell)


def decimal(cell: str) -> float | None:
    """A number with a point; empty is none."""
    if not cell:
        return None
    if not _DECIMAL.match(cell):
        raise CellError(f"'{cell[:40]}' is no number such as 4.5")
    return float(cell)


def yes_or_no(cell: str) -> bool:
    """True or false, yes or no, 1 or 0."""
    if cell.lower() in _YES:
        return True
    if cell.lower() in _NO:
        return False
    raise CellError(f"'{cell[:40]}' is neither yes nor no")


def price(cell: str, currency: str) -> int:
    """An amount such as 19.90 in minor units of the currency."""
    match = _DECIMAL.match(cell)
    digits = _DIGITS.get(currency, 2)
    fraction = (match[2] or "") if match else ""
    if match is None or len(fraction.rstrip("0")) > digits:
        raise CellError(f"'{cell[:40]}' is no amount in {currency} such as {19.9 if digits else 1990:.{digits}f}")
    return int(match[1] + fraction.ljust(digits, "0")[:digits])


def category(cell: str) -> str | None:
    """A path such as kitchen/mugs, from that or from `Kitchen > Mugs`."""
    if not cell:
        return None
    return "/".join(slug_of(part) for part in re.split(r"[/>]", cell))


def text_or_none(cell: str) -> str | None:
    """A text; empty is none."""
    return cell or None


def pictures(cell: str) -> list[dict[str, str]]:
    """File names separated by a bar."""
    return [{"file": name.strip()} for name in cell.split("|") if name.strip()]


PRODUCT_COLUMNS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "product_slug": ("slug", str),
    "title": ("title", str),
    "description": ("description", str),
    "brand": ("brand", text_or_none),
    "category": ("category", category),
    "tax_category": ("tax_category", str),
    "published": ("published", yes_or_no),
    "pictures": ("pictures", pictures),
    "rating_average": ("rating_average", decimal),
    "rating_count": ("rating_count", whole),
}
VARIANT_COLUMNS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "sku": ("sku", str),
    "barcode": ("barcode", text_or_none),
    "variant_title": ("title", str),
    "weight_grams": ("weight_grams", whole),
    "hold_on": ("hold_on", text_or_none),
    "picture": ("picture", text_or_none),
    "low_stock_threshold": ("low_stock_threshold", whole),
    "backorder_limit": ("backorder_limit", whole),
    "backorder_days": ("backorder_days", whole),
}
FAMILIES: Final = ("option", "attribute", "price", "price_minor", "stock")
SILENT_WHEN_EMPTY: Final = frozenset(
    {"product_slug", "title", "tax_category", "published", "variant_title", "low_stock_threshold"}
)
"""Columns whose empty cell means "as it is"; in the others an empty cell clears."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file, by name, with their places."""

    columns: tuple[str, ...]

    def family(self, name: str) -> list[tuple[str, int]]:
        """The columns `name:…`: what stands after the colon, and their places."""
        prefix = f"{name}:"
        return [
            (column.removeprefix(prefix), place)
            for place, column in enumerate(self.columns)
            if column.startswith(prefix)
        ]


def read_header(cells: Sequence[str]) -> Header:
    """The header; FileError for columns that are unknown, named twice, or missing."""
    columns = tuple(_normal(cell) for cell in cells)
    known = [*PRODUCT_COLUMNS, *VARIANT_COLUMNS]
    for column in columns:
        family, colon, member = column.partition(":")
        if not (column in known or (colon and member and family in FAMILIES)):
            close = difflib.get_close_matches(column, [*known, *(f"{name}:…" for name in FAMILIES)], n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise FileError(f"line 1: there is no column '{column[:60]}'{hint}")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise FileError(f"line 1: the column '{twice[0][:60]}' is there twice")
    if "sku" not in columns:
        raise FileError("line 1: there is no column 'sku'; it names the variant that a row is about")
    return Header(columns)


def _normal(cell: str) -> str:
    """Column names in lower case, currencies in upper case, names of options and attributes as they are."""
    family, colon, member = cell.strip().partition(":")
    family = family.strip().lower()
    member = member.strip()
    if family in {"price", "price_minor"}:
        member = member.upper()
    elif family == "stock":
        member = member.lower()
    return f"{family}{colon}{member}"
