"""What staff sends: every member within bounds; in a PATCH, what is left out stays as it is."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from surehold.kernel.money import MAX_MINOR
from surehold.modules.catalog.model import (
    BARCODE_PATTERN,
    CURRENCY_PATTERN,
    PICTURE_PATTERN,
    SKU_PATTERN,
    SLUG_CHARS_MAX,
    SLUG_PATTERN,
    HoldOn,
    ProductState,
)
from surehold.platform.http import In

Slug = Annotated[str, Meta(min_length=1, max_length=SLUG_CHARS_MAX, pattern=SLUG_PATTERN)]
Title = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]
ShortTitle = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=20_000)]
TaxCategory = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]
OptionName = Annotated[str, Meta(min_length=1, max_length=40)]
OptionValue = Annotated[str, Meta(min_length=1, max_length=60)]
Options = Annotated[dict[OptionName, OptionValue], Meta(max_length=6)]
OptionNames = Annotated[list[OptionName], Meta(max_length=6)]
PictureFile = Annotated[str, Meta(max_length=130, pattern=PICTURE_PATTERN)]
Sku = Annotated[str, Meta(min_length=1, max_length=64, pattern=SKU_PATTERN)]
Barcode = Annotated[str, Meta(pattern=BARCODE_PATTERN)]
Grams = Annotated[int, Meta(ge=0, le=100_000_000)]
Position = Annotated[int, Meta(ge=0, le=1_000_000)]
CurrencyCode = Annotated[str, Meta(pattern=CURRENCY_PATTERN)]
Amount = Annotated[int, Meta(ge=0, le=MAX_MINOR // 1000)]


class PictureIn(In, frozen=True, kw_only=True):
    file: PictureFile
    alt: Annotated[str, Meta(max_length=500)] = ""


class AttributeIn(In, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    value: Annotated[str, Meta(max_length=1000)]


class RatingIn(In, frozen=True, kw_only=True):
    average: Annotated[float, Meta(ge=0, le=5)]
    count: Annotated[int, Meta(ge=0, le=1_000_000_000)]


class PriceIn(In, frozen=True, kw_only=True):
    amount: Amount
    currency: CurrencyCode


class PriceChangeIn(In, frozen=True, kw_only=True):
    currency: CurrencyCode
    amount: Amount | None


Attributes = Annotated[list[AttributeIn], Meta(max_length=60)]
Pictures = Annotated[list[PictureIn], Meta(max_length=30)]


class VariantIn(In, frozen=True, kw_only=True):
    """A new variant; without a title it is called by its options."""

    sku: Sku
    barcode: Barcode | None = None
    title: Annotated[str, Meta(max_length=400)] | UnsetType = UNSET
    options: Options = msgspec.field(default_factory=dict[str, str])
    picture: PictureFile | None = None
    weight_grams: Grams | None = None
    hold_on: HoldOn | None = None
    position: Position | UnsetType = UNSET
    prices: Annotated[list[PriceIn], Meta(max_length=20)] = msgspec.field(default_factory=list[PriceIn])

    example: ClassVar[dict[str, Any] | None] = {
        "sku": "HBR-MUG-BLU",
        "options": {"colour": "Blue"},
        "weight_grams": 380,
        "prices": [{"amount": 1900, "currency": "USD"}],
    }


class ProductIn(In, frozen=True, kw_only=True):
    """A new product; without a slug one is made of the title, without a state it is a draft."""

    title: Title
    slug: Slug | UnsetType = UNSET
    description: Description = ""
    brand_id: UUID | None = None
    category_id: UUID | None = None
    tax_category: TaxCategory = "standard"
    attributes: Attributes = msgspec.field(default_factory=list[AttributeIn])
    option_names: OptionNames = msgspec.field(default_factory=list[str])
    pictures: Pictures = msgspec.field(default_factory=list[PictureIn])
    rating: RatingIn | None = None
    state: ProductState = ProductState.DRAFT
    variants: Annotated[list[VariantIn], Meta(max_length=200)] = msgspec.field(default_factory=list[VariantIn])

    example: ClassVar[dict[str, Any] | None] = {
        "title": "Harbour mug",
        "description": "Thrown by hand, glazed in the blue of a calm bay.",
        "option_names": ["colour"],
        "variants": [VariantIn.example],
    }


class ProductPatch(In, frozen=True, kw_only=True):
    """Members to set; a new slug leaves the old one leading to the product."""

    title: Title | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    brand_id: UUID | UnsetType | None = UNSET
    category_id: UUID | UnsetType | None = UNSET
    tax_category: TaxCategory | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    option_names: OptionNames | UnsetType = UNSET
    pictures: Pictures | UnsetType = UNSET
    rating: RatingIn | UnsetType | None = UNSET
    state: ProductState | UnsetType = UNSET

    example: ClassVar[dict[str, Any] | None] = {"title": "Harbour mug, large", "state": "published"}


class VariantPatch(In, frozen=True, kw_only=True):
    """Members to set; `retired` false sells a retired variant again."""

    sku: Sku | UnsetType = UNSET
    barcode: Barcode | UnsetType | None = UNSET
    title: Annotated[str, Meta(max_length=400)] | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    picture: PictureFile | UnsetType | None = UNSET
    weight_grams: Grams | UnsetType | None = UNSET
    hold_on: HoldOn | UnsetType | None = UNSET
    position: Position | UnsetType = UNSET
    retired: bool | UnsetType = UNSET

    example: ClassVar[dict[str, Any] | None] = {"weight_grams": 390, "hold_on": "checkout"}


class PricesIn(In, frozen=True, kw_only=True):
    """Base prices to set; a null amount removes the price in that currency, a currency that is left out stays."""

    prices: Annotated[list[PriceChangeIn], Meta(min_length=1, max_length=20)]

    example: ClassVar[dict[str, Any] | None] = {"prices": [{"currency": "USD", "amount": 1900}]}


class CategoryIn(In, frozen=True, kw_only=True):
    """A new category; `segment` is the last part of its path."""

    segment: Slug
    title: ShortTitle
    parent_id: UUID | None = None
    description: Annotated[str, Meta(max_length=5000)] = ""
    position: Position = 0

    example: ClassVar[dict[str, Any] | None] = {"segment": "mugs", "title": "Mugs", "position": 2}


class CategoryPatch(In, frozen=True, kw_only=True):
    """Members to set; `segment` and `parent_id` (null: the top) move it with all below it."""

    segment: Slug | UnsetType = UNSET
    title: ShortTitle | UnsetType = UNSET
    parent_id: UUID | UnsetType | None = UNSET
    description: Annotated[str, Meta(max_length=5000)] | UnsetType = UNSET
    position: Position | UnsetType = UNSET

    example: ClassVar[dict[str, Any] | None] = {"title": "Mugs and cups"}


class BrandIn(In, frozen=True, kw_only=True):
    slug: Slug
    title: ShortTitle

    example: ClassVar[dict[str, Any] | None] = {"slug": "fernhill", "title": "Fernhill"}


class BrandPatch(In, frozen=True, kw_only=True):
    slug: Slug | UnsetType = UNSET
    title: ShortTitle | UnsetType = UNSET

    example: ClassVar[dict[str, Any] | None] = {"title": "Fernhill Pottery"}


class SectionIn(In, frozen=True, kw_only=True):
    title: ShortTitle
    text: Annotated[str, Meta(max_length=2000)] = ""
    products: Annotated[list[Slug], Meta(max_length=24)] = msgspec.field(default_factory=list[str])


class ShopIn(In, frozen=True, kw_only=True):
    """The shop's face, whole."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    tagline: Annotated[str, Meta(max_length=300)] = ""
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    currency: CurrencyCode
    currencies: Annotated[list[CurrencyCode], Meta(min_length=1, max_length=20)]
    sections: Annotated[list[SectionIn], Meta(max_length=12)] = msgspec.field(default_factory=list[SectionIn])

    example: ClassVar[dict[str, Any] | None] = {
        "name": "Fernhill & Daughters",
        "country": "US",
        "currency": "USD",
        "currencies": ["USD", "EUR"],
    }
