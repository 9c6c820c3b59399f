"""The rules by which an invoice line is a sale of a product, or is not. Pure; every refusal has a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from surehold.app.retail.countries import COUNTRIES
from surehold.app.retail.rows import RawRow

MAX_QUANTITY = 1_000_000
MAX_PRICE_MINOR = 100_000_000
MAX_NAME_CHARS = 120

_REQUIRED = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "Country")
_PRODUCT_CODE = re.compile(r"[0-9]{5}[A-Z]{0,2}|DCGS[0-9A-Z]{4,8}")
_INVOICE = re.compile(r"[0-9]{1,12}")
_CANCELLATION = re.compile(r"[Cc][0-9]+")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_PRICE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_CUSTOMER = re.compile(r"([0-9]{1,12})(?:\.0)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?")


class Reason(StrEnum):
    """Why a row is not a sale that is replayed. The first one that applies, in this order, is the row's."""

    MALFORMED = "malformed_row"
    GARBLED = "garbled_text"
    CANCELLATION = "cancellation_invoice"
    NOT_AN_INVOICE = "not_an_invoice"
    MISSING = "missing_value"
    BAD_VALUE = "unreadable_value"
    NOT_A_PRODUCT = "not_a_product"
    QUANTITY = "quantity_not_positive"
    PRICE = "price_not_positive"
    COUNTRY = "unknown_country"
    CONFLICT = "conflicts_with_its_invoice"
    REFUSED = "refused_by_the_shop"


MEANING: dict[Reason, str] = {
    Reason.MALFORMED: "the line is no row of as many columns as the header",
    Reason.GARBLED: "the text holds bytes that are no UTF-8, or control characters",
    Reason.CANCELLATION: "the invoice number starts with C: goods taken back",
    Reason.NOT_AN_INVOICE: "the invoice number is no number: a correction of the books",
    Reason.MISSING: "a value that every sale has is empty",
    Reason.BAD_VALUE: "a number or a date cannot be read",
    Reason.NOT_A_PRODUCT: "the code is no product's: postage, fees, vouchers, samples, corrections",
    Reason.QUANTITY: "nothing was sold: damaged, lost or corrected stock",
    Reason.PRICE: "the price is zero, negative or less than half a penny",
    Reason.COUNTRY: "the country is none we know an address in",
    Reason.CONFLICT: "customer or country differ from the invoice's first row",
    Reason.REFUSED: "the shop refused the purchase",
}


@dataclass(frozen=True, slots=True)
class Sale:
    """A row that is a sale. `code` is in upper case, `name` is cleaned (it may be empty), the price is in pence."""

    invoice: str
    code: str
    name: str
    quantity: int
    at: datetime
    unit_minor: int
    customer: str | None
    country: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is none, with what in it decided."""

    reason: Reason
    detail: str = ""


def judge(row: RawRow) -> Sale | Refusal:
    """What a row is, looking at nothing but the row."""
    fields = row.fields
    if fields is None:
        return Refusal(Reason.MALFORMED)
    if "\ufffd" in row.text or not row.text.isprintable():
        return Refusal(Reason.GARBLED)
    texts = {name: text.strip() for name, text in fields.items()}
    refusal = _of_no_sale(texts)
    return refusal or _sale(texts)


def _sale(texts: Mapping[str, str]) -> Sale | Refusal:
    values = _values(texts)
    if isinstance(values, Refusal):
        return values
    quantity, at, price, customer = values
    code, country = texts["StockCode"].upper(), texts["Country"]
    return _refusal(code, quantity, price, country) or Sale(
        invoice=texts["InvoiceNo"],
        code=code,
        name=clean_name(texts["Description"]),
        quantity=quantity,
        at=at,
        unit_minor=pence(price),
        customer=customer,
        country=country,
    )


def is_product(code: str) -> bool:
    """Products are numbered: five digits and up to two letters for their kinds, or DCGS and a number for the shop's own label.

    Everything else in the retailer's books is a word: POST, DOT, M(anual), D(iscount), BANK CHARGES, AMAZONFEE, gift vouchers.
    """
    return _PRODUCT_CODE.fullmatch(code) is not None


def clean_name(raw: str) -> str:
    """A description as one line without stray marks at its ends; empty where it says nothing in words."""
    text = " ".join(raw.split()).strip(" *?.,;:-_/\\").strip()[:MAX_NAME_CHARS].rstrip()
    return text if any(mark.isalpha() for mark in text) else ""


def pence(price: Decimal) -> int:
    """A price in pounds as pence, half to even."""
    return int((price * 100).to_integral_value(ROUND_HALF_EVEN))


def _of_no_sale(texts: Mapping[str, str]) -> Refusal | None:
    invoice = texts["InvoiceNo"]
    if _CANCELLATION.fullmatch(invoice):
        return Refusal(Reason.CANCELLATION)
    if invoice and not _INVOICE.fullmatch(invoice):
        return Refusal(Reason.NOT_AN_INVOICE, invoice)
    missing = [name for name in _REQUIRED if not texts[name]]
    return Refusal(Reason.MISSING, ", ".join(missing)) if missing else None


def _values(texts: Mapping[str, str]) -> tuple[int, datetime, Decimal, str | None] | Refusal:
    quantity, price, moment = texts["Quantity"], texts["UnitPrice"], texts["InvoiceDate"]
    if not _INTEGER.fullmatch(quantity) or int(quantity) > MAX_QUANTITY:
        return Refusal(Reason.BAD_VALUE, f"Quantity {quantity}")
    if not _PRICE.fullmatch(price) or pence(Decimal(price)) > MAX_PRICE_MINOR:
        return Refusal(Reason.BAD_VALUE, f"UnitPrice {price}")
    at = _moment(moment)
    if at is None:
        return Refusal(Reason.BAD_VALUE, f"InvoiceDate {moment}")
    customer = texts["CustomerID"]
    known = _CUSTOMER.fullmatch(customer)
    if customer and known is None:
        return Refusal(Reason.BAD_VALUE, f"CustomerID {customer}")
    return int(quantity), at, Decimal(price), known[1] if known else None


def _moment(text: str) -> datetime | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _refusal(code: str, quantity: int, price: Decimal, country: str) -> Refusal | None:
    if not is_product(code):
        return Refusal(Reason.NOT_A_PRODUCT, code)
    if quantity <= 0:
        return Refusal(Reason.QUANTITY, str(quantity))
    if pence(price) <= 0:
        return Refusal(Reason.PRICE, str(price))
    if country not in COUNTRIES:
        return Refusal(Reason.COUNTRY, country)
    return None
