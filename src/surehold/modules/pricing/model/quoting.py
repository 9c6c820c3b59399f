"""Prices, discounts, taxes and shipping as arithmetic: no database, no clock, only integers.

Prices are net of tax. Discounts come first, then shipping (its free threshold looks at merchandise after discounts and before
tax), then tax on what is left of each line. Whatever applies to several lines is split over them by largest remainder, in the
order of variant ids, so that a quote does not depend on the order of its lines and always adds up.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from surehold.kernel.money import BASIS_POINTS, MAX_MINOR, Money, apply_basis_points, split_by_largest_remainder
from surehold.modules.pricing.errors import QuoteTooLargeError

SHIPPING_TAX_CATEGORY = "shipping"  # shipping is taxed by a rate of this category, and not at all without one
MAX_SUBTOTAL_MINOR = MAX_MINOR // 4  # tax may double it, shipping comes on top


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought: `unit_minor` is the price of one piece before discounts and tax."""

    variant_id: UUID
    quantity: int
    unit_minor: int
    tax_category: str = "standard"


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes, as far as prices care. `region` is the code of a state or province, empty where there is none."""

    country: str
    region: str = ""
    postcode: str = ""


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate in force; an empty region stands for the whole country."""

    country: str
    tax_category: str
    rate_bp: int
    region: str = ""
    title: str = ""


class ShippingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship with its price in one currency: free for merchandise above `free_above_minor`, not at it."""

    code: str
    title: str
    currency: str
    amount_minor: int
    free_above_minor: int | None = None
    min_days: int = 0
    max_days: int = 0

    def price_minor(self, merchandise_minor: int) -> int:
        """What it costs for merchandise of this value (after discounts, before tax)."""
        is_free = self.free_above_minor is not None and merchandise_minor > self.free_above_minor
        return 0 if is_free else self.amount_minor


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A reduction that some promotion grants: a share (`rate_bp`) or a sum (`amount_minor`) off.

    With `variant_ids` it works on those lines (the sum once per line), without on the whole order. It is capped at what is
    left of the lines it works on, so that no line goes below zero.
    """

    code: str
    title: str = ""
    rate_bp: int = 0
    amount_minor: int = 0
    variant_ids: frozenset[UUID] | None = None

    def off(self, left_minor: int) -> int:
        """The reduction of what is left."""
        return min(left_minor, apply_basis_points(left_minor, self.rate_bp) + self.amount_minor)


class AppliedDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What a discount came to."""

    code: str
    title: str
    amount_minor: int


class LineQuote(msgspec.Struct, frozen=True, kw_only=True):
    """One line's share of everything. `net_minor` is after discounts; `total_minor` is net plus tax."""

    variant_id: UUID
    quantity: int
    unit_minor: int
    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_category: str
    tax_rate_bp: int
    tax_minor: int
    total_minor: int


class ShippingQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen way to ship, what it costs and the tax on that."""

    code: str
    title: str
    amount_minor: int
    tax_rate_bp: int
    tax_minor: int


class TotalsMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Totals as they go out to people."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`total = subtotal - discount + shipping + tax`. The subtotal is before discounts; the tax is that of lines and shipping."""

    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int

    def as_money(self, currency: str) -> TotalsMoney:
        """The same with its currency."""
        return TotalsMoney(
            subtotal=Money(self.subtotal_minor, currency),
            discount=Money(self.discount_minor, currency),
            shipping=Money(self.shipping_minor, currency),
            tax=Money(self.tax_minor, currency),
            total=Money(self.total_minor, currency),
        )


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The price of an order: its lines in the order they came, shipping (None until a method is chosen) and totals."""

    currency: str
    lines: tuple[LineQuote, ...]
    discounts: tuple[AppliedDiscount, ...]
    shipping: ShippingQuote | None
    totals: Totals


def quote(
    lines: Sequence[QuoteLine],
    *,
    currency: str,
    destination: Destination | None = None,
    shipping_method: ShippingMethod | None = None,
    tax_rates: Sequence[TaxRate] = (),
    discounts: Sequence[Discount] = (),
) -> Quote:
    """Price an order. Without a destination no tax is known yet, without a method no shipping.

    Each variant comes once. Discounts apply in the given order, each to what the earlier ones left.
    """
    ordered = sorted(lines, key=lambda line: line.variant_id)
    _check(ordered, currency, shipping_method)
    gross = [line.quantity * line.unit_minor for line in ordered]
    net, applied = _discounted([line.variant_id for line in ordered], gross, discounts)
    rates = [_rate_for(tax_rates, destination, line.tax_category) for line in ordered]
    taxes = _taxed(net, rates)
    shipping = _shipped(shipping_method, sum(net), _rate_for(tax_rates, destination, SHIPPING_TAX_CATEGORY))
    quoted = {
        line.variant_id: LineQuote(
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit_minor=line.unit_minor,
            gross_minor=line_gross,
            discount_minor=line_gross - line_net,
            net_minor=line_net,
            tax_category=line.tax_category,
            tax_rate_bp=rate_bp,
            tax_minor=tax,
            total_minor=line_net + tax,
        )
        for line, line_gross, line_net, rate_bp, tax in zip(ordered, gross, net, rates, taxes, strict=True)
    }
    return Quote(
        currency=currency,
        lines=tuple(quoted[line.variant_id] for line in lines),
        discounts=applied,
        shipping=shipping,
        totals=_totals(sum(gross), sum(net), sum(taxes), shipping),
    )


def _check(lines: Sequence[QuoteLine], currency: str, method: ShippingMethod | None) -> None:
    if len({line.variant_id for line in lines}) != len(lines):
        raise ValueError("each variant is quoted once: add up its quantities first")
    if any(line.quantity <= 0 or line.unit_minor < 0 for line in lines):
        raise ValueError("quantities are positive and prices not negative")
    if method is not None and method.currency != currency:
        raise ValueError("the shipping method is priced in another currency")
    if sum(line.quantity * line.unit_minor for line in lines) > MAX_SUBTOTAL_MINOR:
        raise QuoteTooLargeError


def _discounted(
    variants: Sequence[UUID], gross: Sequence[int], discounts: Sequence[Discount]
) -> tuple[list[int], tuple[AppliedDiscount, ...]]:
    """What is left of each line, and what each discount came to."""
    left = list(gross)
    applied: list[AppliedDiscount] = []
    for discount in discounts:
        if discount.rate_bp not in range(BASIS_POINTS + 1) or discount.amount_minor < 0:
            raise ValueError("a discount takes nothing to everything off")
        if discount.variant_ids is None:
            parts = split_by_largest_remainder(discount.off(sum(left)), left) if left else []
        else:
            chosen = discount.variant_ids
            parts = [discount.off(rest) if of in chosen else 0 for of, rest in zip(variants, left, strict=True)]
        left = [rest - part for rest, part in zip(left, parts, strict=True)]
        applied.append(AppliedDiscount(code=discount.code, title=discount.title, amount_minor=sum(parts)))
    return left, tuple(applied)


def _rate_for(rates: Sequence[TaxRate], destination: Destination | None, category: str) -> int:
    """The rate of the region if there is one, else that of the country, else nothing."""
    if destination is None:
        return 0
    by_region: Mapping[str, int] = {
        rate.region: rate.rate_bp
        for rate in rates
        if rate.country == destination.country and rate.tax_category == category
    }
    return by_region.get(destination.region, by_region.get("", 0))


def _taxed(net: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Tax of each line: all lines of one rate are taxed as one sum, rounded once, and it is split over them."""
    taxes = [0] * len(net)
    for rate_bp in set(rates):
        members = [index for index, of_line in enumerate(rates) if of_line == rate_bp]
        amounts = [net[index] for index in members]
        parts = split_by_largest_remainder(apply_basis_points(sum(amounts), rate_bp), amounts)
        for index, part in zip(members, parts, strict=True):
            taxes[index] = part
    return taxes


def _shipped(method: ShippingMethod | None, merchandise_minor: int, rate_bp: int) -> ShippingQuote | None:
    if method is None:
        return None
    amount = method.price_minor(merchandise_minor)
    tax = apply_basis_points(amount, rate_bp)
    return ShippingQuote(code=method.code, title=method.title, amount_minor=amount, tax_rate_bp=rate_bp, tax_minor=tax)


def _totals(gross: int, net: int, line_tax: int, shipping: ShippingQuote | None) -> Totals:
    shipped, shipping_tax = (shipping.amount_minor, shipping.tax_minor) if shipping else (0, 0)
    tax = line_tax + shipping_tax
    return Totals(
        subtotal_minor=gross,
        discount_minor=gross - net,
        shipping_minor=shipped,
        tax_minor=tax,
        total_minor=net + shipped + tax,
    )
