"""Products as a batch brings them: every member within bounds; what is left out (UNSET) stays as it is in the shop."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from surehold.modules.catalog.model.names import (
    BARCODE_PATTERN,
    CATEGORY_DEPTH_MAX,
    CATEGORY_PATH_PATTERN,
    CURRENCY_PATTERN,
    SKU_PATTERN,
    SLUG_CHARS_MAX,
    SLUG_PATTERN,
    variant_title_of,
)
from surehold.modules.catalog.model.pages import HoldOn
from surehold.modules.catalog.model.records import ProductState

MAX_UNITS = 1_000_000
PRICE_MINOR_MAX = 10**12

OptionName = Annotated[str, Meta(min_length=1, max_length=40)]
OptionValue = Annotated[str, Meta(min_length=1, max_length=60)]
Currency = Annotated[str, Meta(pattern=CURRENCY_PATTERN)]
LocationCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Price = Annotated[int, Meta(ge=0, le=PRICE_MINOR_MAX)]
Units = Annotated[int, Meta(ge=0, le=MAX_UNITS)]
FileName = Annotated[str, Meta(min_length=1, max_length=200)]


class Backorder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units that may be promised beyond what is there, so many days from now."""

    limit: Annotated[int, Meta(ge=1, le=MAX_UNITS)]
    promised_in_days: Annotated[int, Meta(ge=1, le=730)]


class PictureDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture by the name of its file."""

    file: FileName
    alt: Annotated[str, Meta(max_length=500)] = ""


class VariantDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant by its SKU. `prices` are minor units by currency; `stock` is what a delivery brings to each location."""

    sku: Annotated[str, Meta(max_length=64, pattern=SKU_PATTERN)]
    barcode: Annotated[str, Meta(pattern=BARCODE_PATTERN)] | UnsetType | None = UNSET
    title: Annotated[str, Meta(max_length=400)] | UnsetType = UNSET
    options: Annotated[dict[OptionName, OptionValue], Meta(max_length=6)] | UnsetType = UNSET
    prices: Annotated[dict[Currency, Price], Meta(max_length=20)] = msgspec.field(default_factory=dict[str, int])
    stock: Annotated[dict[LocationCode, Units], Meta(max_length=50)] = msgspec.field(default_factory=dict[str, int])
    weight_grams: Annotated[int, Meta(ge=0, le=100_000_000)] | UnsetType | None = UNSET
    hold_on: HoldOn | UnsetType | None = UNSET
    low_stock_threshold: Units | UnsetType = UNSET
    backorder: Backorder | UnsetType | None = UNSET
    picture: FileName | UnsetType | None = UNSET

    def document(self) -> dict[str, Any]:
        """The members that the catalogue stores, as they are named in its table."""
        names = ("sku", "barcode", "title", "options", "weight_grams", "hold_on", "picture")
        found = {name: value for name in names if (value := getattr(self, name)) is not UNSET}
        if "options" in found:
            found.setdefault("title", variant_title_of(found["options"]))
        return found


class ProductDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product with some or all of its variants. Without a slug it is found by the SKUs of its variants.

    `brand` is a title, `category` a path; both come into being when they are new.
    """

    slug: Annotated[str, Meta(max_length=SLUG_CHARS_MAX, pattern=SLUG_PATTERN)] | UnsetType = UNSET
    title: Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=20_000)] | UnsetType = UNSET
    brand: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType | None = UNSET
    category: Annotated[str, Meta(max_length=500, pattern=CATEGORY_PATH_PATTERN)] | UnsetType | None = UNSET
    tax_category: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")] | UnsetType = UNSET
    published: bool | UnsetType = UNSET
    attributes: (
        Annotated[
            dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(max_length=1000)]],
            Meta(max_length=60),
        ]
        | UnsetType
    ) = UNSET
    rating_average: Annotated[float, Meta(ge=0, le=5)] | UnsetType | None = UNSET
    rating_count: Annotated[int, Meta(ge=0, le=10**9)] | UnsetType | None = UNSET
    pictures: Annotated[list[PictureDraft], Meta(max_length=30)] | UnsetType = UNSET
    options: Annotated[list[OptionName], Meta(max_length=6)] | UnsetType = UNSET
    variants: Annotated[list[VariantDraft], Meta(min_length=1, max_length=200)]

    def document(self) -> dict[str, Any]:
        """The members that the catalogue stores, as they are named in its table, but for the brand and the category."""
        names = ("title", "description", "tax_category", "rating_average", "rating_count", "pictures")
        found = {name: value for name in names if (value := getattr(self, name)) is not UNSET}
        if self.options is not UNSET:
            found["option_names"] = self.options
        if self.attributes is not UNSET:
            found["attributes"] = [{"name": name, "value": value} for name, value in self.attributes.items()]
        if self.published is not UNSET:
            found["state"] = ProductState.PUBLISHED if self.published else ProductState.DRAFT
        return found

    def faults(self) -> list[str]:
        """What is wrong with it that its members do not say one by one."""
        found: list[str] = []
        if (self.rating_average in {None, UNSET}) != (self.rating_count in {None, UNSET}):
            found.append("rating_average and rating_count come together or not at all")
        if isinstance(self.category, str) and self.category.count("/") >= CATEGORY_DEPTH_MAX:
            found.append(f"category: at most {CATEGORY_DEPTH_MAX} levels")
        for variant in self.variants:
            stated = set() if variant.options is UNSET else set(variant.options)
            if self.options is not UNSET and stated != set(self.options):
                found.append(f"{variant.sku}: its options must be exactly {', '.join(self.options) or 'none'}")
        return found
