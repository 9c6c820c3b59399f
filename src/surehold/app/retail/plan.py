"""From sales to what is done with them: products with a name and a price, receipts per month, and invoices with their buyers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from surehold.app.retail.cleaning import Reason, Refusal, Sale

EMAIL_DOMAIN = "replay.example"
MAX_SLUG_CHARS = 100
ValueT = TypeVar("ValueT", int, str)
_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an ordinary buyer may put into one cart; `guest_units` of one product may be held from one network without account."""

    max_lines: int = 100
    max_line_quantity: int = 999
    max_held_units: int = 5_000
    guest_units: int = 200


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it is bought again. `lines` are (code, units), each code once. Without `account` a guest buys."""

    number: str
    at: datetime
    country: str
    lines: list[tuple[str, int]]
    account: str | None = None
    is_wholesale: bool = False


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One stock code as it goes into the catalogue; `units` is all that was ever sold of it."""

    code: str
    name: str
    unit_minor: int
    units: int


@dataclass(slots=True)
class _OpenInvoice:
    at: datetime
    customer: str | None
    country: str
    units: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class _OpenProduct:
    names: Counter[str] = field(default_factory=Counter[str])
    prices: Counter[int] = field(default_factory=Counter[int])
    units: int = 0


class Plan:
    """Takes sales in the order of the file and answers what they come to."""

    def __init__(self) -> None:
        self._invoices: dict[str, _OpenInvoice] = {}
        self._products: dict[str, _OpenProduct] = {}
        self._months: dict[str, Counter[str]] = {}
        self._rows: set[int] = set()
        self.sales = 0
        self.repeated = 0

    def add(self, sale: Sale) -> Refusal | None:
        """Count a sale in; a Refusal where it contradicts the first row of its invoice."""
        invoice = self._invoices.setdefault(sale.invoice, _OpenInvoice(sale.at, sale.customer, sale.country))
        if (invoice.customer, invoice.country) != (sale.customer, sale.country):
            return Refusal(Reason.CONFLICT, f"customer {sale.customer or 'none'}, {sale.country}")
        self._count_repeats(sale)
        self.sales += 1
        invoice.units[sale.code] += sale.quantity
        product = self._products.setdefault(sale.code, _OpenProduct())
        product.units += sale.quantity
        product.prices[sale.unit_minor] += 1
        if sale.name:
            product.names[sale.name] += 1
        self._months.setdefault(f"{invoice.at:%Y-%m}", Counter())[sale.code] += sale.quantity
        return None

    def _count_repeats(self, sale: Sale) -> None:
        """The same row again is another scan at the till: kept, and counted so that nobody has to guess."""
        fingerprint = hash(sale)
        if fingerprint in self._rows:
            self.repeated += 1
        self._rows.add(fingerprint)

    def products(self) -> Iterator[Product]:
        """Every code, by code: its most frequent name and price, ties to the lesser one."""
        for code in sorted(self._products):
            found = self._products[code]
            name = _most_frequent(found.names) if found.names else f"Article {code}"
            price = _most_frequent(found.prices)
            yield Product(code=code, name=shown_name(name), unit_minor=price, units=found.units)

    def receipts(self) -> Mapping[str, Mapping[str, int]]:
        """Units sold of each code by month: booked as what came in for that month."""
        return {month: dict(sorted(self._months[month].items())) for month in sorted(self._months)}

    def invoices(self, limits: Limits) -> list[Invoice]:
        """The invoices in the order of the file, with their buyers."""
        large = {number for number, invoice in self._invoices.items() if is_large(invoice.units, limits)}
        wholesalers = {self._invoices[number].customer for number in large} - {None}
        return [
            _planned(number, invoice, limits, is_wholesale=number in large or invoice.customer in wholesalers)
            for number, invoice in self._invoices.items()
        ]


def is_large(units: Mapping[str, int], limits: Limits) -> bool:
    """Whether an invoice needs a wholesale account: more codes, of one code or in all than an ordinary cart may hold."""
    return (
        len(units) > limits.max_lines
        or max(units.values()) > limits.max_line_quantity
        or sum(units.values()) > limits.max_held_units
    )


def shown_name(name: str) -> str:
    """The books shout; a shop window does not. Words in mixed case are left alone."""
    if not name.isupper():
        return name
    words = [_word(word) for word in name.split(" ")]
    return " ".join(
        word.lower() if index and word.lower() in _SMALL_WORDS else word for index, word in enumerate(words)
    )


def name_of(email: str) -> str:
    """What a replayed buyer is called: `customer-12345@…` is Customer 12345."""
    return email.partition("@")[0].replace("-", " ").capitalize()


def slug_of(product: Product) -> str:
    """An address that tells what it is; the code makes it unique."""
    ascii_name = unicodedata.normalize("NFKD", product.name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:MAX_SLUG_CHARS].strip("-")
    return f"{words}-{product.code.lower()}" if words else product.code.lower()


def product_documents(products: Iterable[Product]) -> Iterator[dict[str, object]]:
    """Products as lines of the product import format: one product and one variant per stock code. Stock comes by receipts."""
    for product in products:
        yield {
            "slug": slug_of(product),
            "title": product.name,
            "tax_category": "standard",
            "published": True,
            "options": [],
            "variants": [{"sku": product.code, "options": {}, "prices": {"GBP": product.unit_minor}}],
        }


def _word(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))


def _most_frequent(counter: Counter[ValueT]) -> ValueT:
    return min(counter, key=lambda value: (-counter[value], value))


def _planned(number: str, invoice: _OpenInvoice, limits: Limits, *, is_wholesale: bool) -> Invoice:
    account = None
    if invoice.customer is not None:
        account = f"customer-{invoice.customer}@{EMAIL_DOMAIN}"
    elif is_wholesale or max(invoice.units.values()) > limits.guest_units:
        account, is_wholesale = f"invoice-{number}@{EMAIL_DOMAIN}", True
    return Invoice(
        number=number,
        at=invoice.at,
        country=invoice.country,
        lines=sorted(invoice.units.items()),
        account=account,
        is_wholesale=is_wholesale,
    )
