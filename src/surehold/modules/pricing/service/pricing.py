"""What pricing does for others: terms, quotes, offers, price changes; and what staff does with its tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from surehold.kernel.clock import Clock
from surehold.kernel.errors import InvalidInputError
from surehold.kernel.ids import uuid7
from surehold.modules.pricing import store
from surehold.modules.pricing.errors import (
    AlreadyExistsError,
)
from surehold.modules.pricing.model import (
    BASE_CODE,
    BASE_LIST,
    AccountGroup,
    Destination,
    Discount,
    GroupTerms,
    ListPrice,
    Member,
    PriceChange,
    PriceList,
    PriceWish,
    Quote,
    QuoteLine,
    Rates,
    ShippingMethodRecord,
    ShippingOffer,
    ShippingPlan,
    TaxRateRecord,
    TaxRule,
    Terms,
    quote,
)
from surehold.modules.pricing.service.offers import chosen, offers_of
from surehold.modules.pricing.service.rate_book import RateBook
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database, Executor, Unit
from surehold.platform.http import Actor, check_if_match

CHANGES_SINCE_DEFAULT = timedelta(days=7)


class PricingService:
    """Owns every price. `clock` decides which tax rates are in force and when a parcel leaves."""

    def __init__(self, db: Database, clock: Clock, invalidator: Invalidator) -> None:
        self._db = db
        self._clock = clock
        self._invalidator = invalidator
        self._book = RateBook()

    async def terms_of(self, account_id: UUID | None) -> Terms:
        """The price list and limits of an account; those of a guest without one."""
        return await store.get_terms(self._db, account_id)

    async def terms_cookie_for(self, account_id: UUID) -> str | None:
        """The code of the list that cached pages are shown with, or None where it is the base list."""
        code = await store.find_list_code(self._db, account_id)
        return None if code == BASE_CODE else code

    async def quote_for(
        self,
        executor: Executor,
        *,
        lines: Sequence[QuoteLine],
        currency: str,
        destination: Destination | None = None,
        shipping_method: str | None = None,
        discounts: Sequence[Discount] = (),
    ) -> Quote:
        """Price an order with the rates of now, read in one statement through `executor`.

        Raises ShippingMethodUnavailableError when the method (a code) is not offered there or in this currency.
        """
        rates = await self._rates(executor, destination, currency)
        return quote(
            lines,
            currency=currency,
            destination=destination,
            shipping_method=None if shipping_method is None else chosen(rates, shipping_method),
            tax_rates=rates.tax_rates,
            discounts=discounts,
        )

    async def quote_with_offers(
        self,
        executor: Executor,
        *,
        lines: Sequence[QuoteLine],
        currency: str,
        destination: Destination | None,
        shipping_method: str | None,
        ready_on: date | None,
        rates_version: int | None = None,
    ) -> tuple[Quote, list[ShippingOffer]]:
        """A quote, and the ways to ship that there are, by the rates of one moment, read in one statement.

        Without a method the first that is offered is quoted. `ready_on` and errors as in `shipping_offers` and `quote_for`.
        `rates_version` is the one that the executor's transaction saw; with it, rates that are known need not be read again.
        """
        rates = await self._rates(executor, destination, currency, rates_version)
        merchandise_minor = sum(line.unit_minor * line.quantity for line in lines)
        offers = offers_of(rates, destination, currency, merchandise_minor, self._clock.now(), ready_on)
        code = shipping_method or (offers[0].code if offers else None)
        method = None if code is None else chosen(rates, code)
        priced = quote(
            lines, currency=currency, destination=destination, shipping_method=method, tax_rates=rates.tax_rates
        )
        return priced, offers

    async def shipping_offers(
        self,
        executor: Executor,
        *,
        destination: Destination,
        currency: str,
        merchandise_minor: int,
        ready_on: date | None = None,
    ) -> list[ShippingOffer]:
        """The ways to ship there, with price and arrival.

        `merchandise_minor` is the value after discounts and before tax, `ready_on` the day a backordered thing is promised.
        """
        rates = await self._rates(executor, destination, currency)
        return offers_of(rates, destination, currency, merchandise_minor, self._clock.now(), ready_on)

    async def delivery_offers(
        self, *, destination: Destination, currency: str, merchandise_minor: int
    ) -> list[ShippingOffer]:
        """The same, asked from outside of a unit of work."""
        return await self.shipping_offers(
            self._db, destination=destination, currency=currency, merchandise_minor=merchandise_minor
        )

    async def _rates(
        self, executor: Executor, destination: Destination | None, currency: str, version: int | None = None
    ) -> Rates:
        if destination is None:
            return Rates(tax_rates=[], methods=[], zones={})
        return await self._book.rates_for(executor, destination, currency, self._clock.now().date(), version)

    async def price_changes(
        self, since: datetime | None, before: tuple[datetime, int] | None, limit: int
    ) -> list[PriceChange]:
        """Changes of base prices, newest first; a week's without `since`. First prices and removals are no changes."""
        start = since or self._clock.now() - CHANGES_SINCE_DEFAULT
        return await store.list_price_changes(self._db, start, before, limit)

    async def lock_prices(self, unit: Unit, variant_id: UUID) -> None:
        """Let nobody else change a variant's prices until the caller's unit ends."""
        await store.lock_prices(unit, variant_id)

    async def set_prices(
        self,
        unit: Unit,
        variant_id: UUID,
        amounts: Mapping[str, int | None],
        price_list: str | None = None,
        *,
        actor: str = "system",
    ) -> bool:
        """Set a variant's prices by currency, in minor units (None removes one), as part of the caller's unit.

        Out goes whether any changed. Without a list: the base.
        """
        list_id = BASE_LIST if price_list is None else (await store.get_price_list(unit, price_list)).id
        wishes = [
            PriceWish(variant_id=variant_id, currency=currency, amount_minor=amount)
            for currency, amount in sorted(amounts.items())
        ]
        changed = await store.apply_prices(unit, list_id, wishes, actor)
        self._invalidate_after(unit, changed)
        return bool(changed)

    def _invalidate_after(self, unit: Unit, variants: Sequence[UUID]) -> None:
        if variants:
            unit.after_commit(lambda: self._invalidator.invalidate([f"variant:{variant}" for variant in variants]))

    async def price_lists(self) -> list[PriceList]:
        """All price lists."""
        return await store.list_price_lists(self._db)

    async def price_list(self, code: str) -> PriceList:
        """One price list."""
        return await store.get_price_list(self._db, code)

    async def create_price_list(self, actor: Actor, code: str, title: str) -> PriceList:
        """A new, empty list: everything in it is sold at base prices."""
        async with self._db.unit() as unit:
            list_id = uuid7()
            _refuse_taken(code, is_new=await store.insert_price_list(unit, list_id, code, title))
            await store.record_audit(
                unit, actor.key, "pricing.price_list_created", ("price_list", list_id), {"code": code}
            )
            return await store.get_price_list(unit, code)

    async def rename_price_list(self, actor: Actor, code: str, title: str, if_match: str | None) -> PriceList:
        """Set a list's title."""
        async with self._db.unit() as unit:
            current = await store.get_price_list(unit, code, lock=True)
            check_if_match(if_match, current.version, current)
            await store.update_price_list(unit, current.id, title)
            await store.record_audit(
                unit, actor.key, "pricing.price_list_changed", ("price_list", current.id), {"code": code}
            )
            return await store.get_price_list(unit, code)

    async def list_prices(self, code: str, after: tuple[UUID, str] | None, limit: int) -> list[ListPrice]:
        """A page of a list's own prices."""
        found = await store.get_price_list(self._db, code)
        return await store.list_prices(self._db, found.id, after, limit)

    async def set_list_prices(
        self, actor: Actor, code: str, wishes: Sequence[PriceWish], if_match: str | None
    ) -> PriceList:
        """Set many prices of a list at once; None removes one. Counts the list's version up."""
        if len({(wish.variant_id, wish.currency) for wish in wishes}) != len(wishes):
            raise InvalidInputError("Name each variant and currency once.", field="prices")
        async with self._db.unit() as unit:
            current = await store.get_price_list(unit, code, lock=True)
            check_if_match(if_match, current.version, current)
            changed = await store.apply_prices(unit, current.id, wishes, actor.key, tell_first=True)
            await store.update_price_list(unit, current.id, current.title)
            self._invalidate_after(unit, changed)
            return await store.get_price_list(unit, code)

    async def account_groups(self) -> list[AccountGroup]:
        """All account groups."""
        return await store.list_groups(self._db)

    async def account_group(self, code: str) -> AccountGroup:
        """One account group."""
        return await store.get_group(self._db, code)

    async def create_account_group(self, actor: Actor, code: str, terms: GroupTerms) -> AccountGroup:
        """A new group without members."""
        async with self._db.unit() as unit:
            price_list = await store.get_price_list(unit, terms.price_list)
            group_id = uuid7()
            is_new = await store.insert_group(unit, group_id, code, price_list.id, terms)
            _refuse_taken(code, is_new=is_new)
            await store.record_audit(
                unit, actor.key, "pricing.account_group_created", ("account_group", group_id), _facts(code, terms)
            )
            return await store.get_group(unit, code)

    async def set_account_group(self, actor: Actor, code: str, terms: GroupTerms, if_match: str | None) -> AccountGroup:
        """Set a group's terms. Carts that exceed new limits keep their lines and cannot grow."""
        async with self._db.unit() as unit:
            current = await store.get_group(unit, code, lock=True)
            check_if_match(if_match, current.version, current)
            price_list = await store.get_price_list(unit, terms.price_list)
            await store.update_group(unit, current.id, price_list.id, terms)
            await store.record_audit(
                unit, actor.key, "pricing.account_group_changed", ("account_group", current.id), _facts(code, terms)
            )
            return await store.get_group(unit, code)

    async def members(self, group: str, after: UUID | None, limit: int) -> list[Member]:
        """A page of a group's members."""
        found = await store.get_group(self._db, group)
        return await store.list_members(self._db, found.id, after, limit)

    async def set_members(self, actor: Actor, group: str, accounts: Sequence[UUID]) -> int:
        """Put accounts into a group, out of any other; out goes how many moved."""
        return await store.set_members(self._db, group, accounts, actor.key)

    async def remove_member(self, actor: Actor, group: str, account_id: UUID) -> None:
        """Take an account out of a group, back to retail terms; nothing happens if it is not in it."""
        async with self._db.unit() as unit:
            found = await store.get_group(unit, group)
            if await store.remove_member(unit, found.id, account_id):
                await store.record_audit(
                    unit, actor.key, "pricing.member_removed", ("account", account_id), {"group": group}
                )

    async def tax_rates(self) -> list[TaxRateRecord]:
        """All tax rates."""
        return await store.list_tax_rates(self._db)

    async def create_tax_rate(self, actor: Actor, rule: TaxRule) -> TaxRateRecord:
        """A rate in force from its day on."""
        async with self._db.unit() as unit:
            rate_id = uuid7()
            is_new = await store.insert_tax_rate(unit, rate_id, rule)
            _refuse_taken("this place, category and day", is_new=is_new)
            facts: dict[str, object] = {"rate_bp": rule.rate_bp, "country": rule.country, "region": rule.region}
            await store.record_audit(unit, actor.key, "pricing.tax_rate_created", ("tax_rate", rate_id), facts)
            return await store.lock_tax_rate(unit, rate_id)

    async def set_tax_rate(
        self, actor: Actor, id_: UUID, title: str, rate_bp: int, if_match: str | None
    ) -> TaxRateRecord:
        """Correct a rate. A change of law is a new rate with its own day instead."""
        async with self._db.unit() as unit:
            current = await store.lock_tax_rate(unit, id_)
            check_if_match(if_match, current.version, current)
            await store.update_tax_rate(unit, id_, title, rate_bp)
            facts: dict[str, object] = {"old_bp": current.rate_bp, "new_bp": rate_bp}
            await store.record_audit(unit, actor.key, "pricing.tax_rate_changed", ("tax_rate", id_), facts)
            return await store.lock_tax_rate(unit, id_)

    async def remove_tax_rate(self, actor: Actor, id_: UUID, if_match: str | None) -> None:
        """Remove a rate."""
        async with self._db.unit() as unit:
            current = await store.lock_tax_rate(unit, id_)
            check_if_match(if_match, current.version, current)
            await store.delete_tax_rate(unit, id_)
            facts: dict[str, object] = {"rate_bp": current.rate_bp, "country": current.country}
            await store.record_audit(unit, actor.key, "pricing.tax_rate_removed", ("tax_rate", id_), facts)

    async def shipping_methods(self) -> list[ShippingMethodRecord]:
        """All ways to ship."""
        return await store.list_shipping_methods(self._db)

    async def shipping_method(self, code: str) -> ShippingMethodRecord:
        """One way to ship."""
        return await store.get_shipping_method(self._db, code)

    async def create_shipping_method(self, actor: Actor, code: str, plan: ShippingPlan) -> ShippingMethodRecord:
        """A new way to ship, with its rates."""
        _check_plan(plan)
        async with self._db.unit() as unit:
            method_id = uuid7()
            is_new = await store.insert_shipping_method(unit, method_id, code, plan)
            _refuse_taken(code, is_new=is_new)
            await store.replace_shipping_rates(unit, method_id, plan)
            await store.record_audit(
                unit, actor.key, "pricing.shipping_method_created", ("shipping_method", method_id), {"code": code}
            )
            return await store.get_shipping_method(unit, code)

    async def set_shipping_method(
        self, actor: Actor, code: str, plan: ShippingPlan, if_match: str | None
    ) -> ShippingMethodRecord:
        """Set a way to ship as a whole, rates and all; one that is no longer offered is disabled, not removed."""
        _check_plan(plan)
        async with self._db.unit() as unit:
            current = await store.get_shipping_method(unit, code, lock=True)
            check_if_match(if_match, current.version, current)
            await store.update_shipping_method(unit, current.id, plan)
            await store.replace_shipping_rates(unit, current.id, plan)
            await store.record_audit(
                unit, actor.key, "pricing.shipping_method_changed", ("shipping_method", current.id), {"code": code}
            )
            return await store.get_shipping_method(unit, code)


def _refuse_taken(what: str, *, is_new: bool) -> None:
    if not is_new:
        raise AlreadyExistsError(f"There is one for {what} already; change that one.")


def _facts(code: str, terms: GroupTerms) -> dict[str, object]:
    return {
        "code": code,
        "price_list": terms.price_list,
        "max_lines": terms.max_lines,
        "max_line_quantity": terms.max_line_quantity,
        "max_held_units": terms.max_held_units,
    }


def _check_plan(plan: ShippingPlan) -> None:
    if plan.max_days < plan.min_days:
        raise InvalidInputError("It cannot arrive before it may arrive: max_days is below min_days.", field="max_days")
    if len({rate.currency for rate in plan.rates}) != len(plan.rates):
        raise InvalidInputError("Give one rate per currency.", field="rates")
