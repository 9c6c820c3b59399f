"""What buyers see."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from surehold.kernel.money import Money
from surehold.modules.catalog.model.pictures import Picture


class Sort(StrEnum):
    """Orders of a listing."""

    NEWEST = "newest"
    PRICE = "price"
    TITLE = "title"


StockState = Literal["in_stock", "low", "backorder", "sold_out"]
HoldOn = Literal["add", "checkout"]


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about a product that nobody chooses: material, care."""

    name: str
    value: str


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The average of so many ratings, 0 to 5. Unknown ratings are null, never zero."""

    average: float
    count: int


class BrandRef(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    slug: str
    title: str


class CategoryRef(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    path: str
    title: str


class OptionChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice to make, and what there is to choose from."""

    name: str
    values: list[str]


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """What can be promised: units free now, or a date for units that are on their way."""

    available: int
    state: StockState
    promised_on: date | None


class VariantPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer puts into the cart. No price means: not for sale in this currency."""

    id: UUID
    sku: str
    barcode: str | None
    title: str
    options: dict[str, str]
    price: Money | None
    picture: str | None
    weight_grams: int | None
    hold_on: HoldOn | None
    availability: Availability


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that a buyer is told about one product."""

    id: UUID
    slug: str
    version: int
    title: str
    description: str
    brand: BrandRef | None
    breadcrumbs: list[CategoryRef]
    attributes: list[Attribute]
    options: list[OptionChoice]
    pictures: list[Picture]
    rating: Rating | None
    tax_category: str
    published_at: datetime
    currency: str
    variants: list[VariantPage]

    example: ClassVar[dict[str, Any]] = {
        "id": "0193a1c0-0000-7000-8000-000000000001",
        "slug": "harbour-mug",
        "version": 3,
        "title": "Harbour mug",
        "description": "Thrown by hand, glazed in the blue of a calm bay.",
        "brand": {"id": "0193a1c0-0000-7000-8000-000000000002", "slug": "fernhill", "title": "Fernhill"},
        "breadcrumbs": [{"id": "0193a1c0-0000-7000-8000-000000000003", "path": "kitchen", "title": "Kitchen"}],
        "attributes": [{"name": "material", "value": "Stoneware"}],
        "options": [{"name": "colour", "values": ["Blue"]}],
        "pictures": [{"url": "/media/harbour-mug-blue-1f2e3d4c5b.svg", "alt": "A blue mug"}],
        "rating": None,
        "tax_category": "standard",
        "published_at": "2026-01-05T09:00:00Z",
        "currency": "USD",
        "variants": [
            {
                "id": "0193a1c0-0000-7000-8000-000000000004",
                "sku": "HBR-MUG-BLU",
                "barcode": None,
                "title": "Blue",
                "options": {"colour": "Blue"},
                "price": {"amount": 1900, "currency": "USD"},
                "picture": "/media/harbour-mug-blue-1f2e3d4c5b.svg",
                "weight_grams": 380,
                "hold_on": None,
                "availability": {"available": 12, "state": "in_stock", "promised_on": None},
            }
        ],
    }

    @property
    def tags(self) -> Iterator[str]:
        """What makes a cached copy of this page old."""
        yield "shop"  # its currency, where the request names none
        yield f"product:{self.id}"
        yield from (f"variant:{variant.id}" for variant in self.variants)
        yield from (f"category:{category.id}" for category in self.breadcrumbs)
        if self.brand is not None:
            yield f"brand:{self.brand.id}"


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a listing: the lowest price of its variants, and whether any of them can be bought now."""

    id: UUID
    slug: str
    title: str
    brand: str | None
    category_id: UUID | None
    picture: Picture | None
    hover_picture: Picture | None
    price: Money | None
    price_varies: bool
    in_stock: bool
    rating: Rating | None
    variant_ids: list[UUID]


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One page of products."""

    items: list[ProductCard]
    category: CategoryRef | None
    breadcrumbs: list[CategoryRef]
    brand: BrandRef | None
    currency: str
    next_cursor: str | None

    example: ClassVar[dict[str, Any]] = {
        "items": [
            {
                "id": "0193a1c0-0000-7000-8000-000000000001",
                "slug": "harbour-mug",
                "title": "Harbour mug",
                "brand": "Fernhill",
                "category_id": "0193a1c0-0000-7000-8000-000000000003",
                "picture": {"url": "/media/harbour-mug-blue-1f2e3d4c5b.svg", "alt": "A blue mug"},
                "hover_picture": None,
                "price": {"amount": 1900, "currency": "USD"},
                "price_varies": False,
                "in_stock": True,
                "rating": None,
                "variant_ids": ["0193a1c0-0000-7000-8000-000000000004"],
            }
        ],
        "category": {"id": "0193a1c0-0000-7000-8000-000000000003", "path": "kitchen", "title": "Kitchen"},
        "breadcrumbs": [{"id": "0193a1c0-0000-7000-8000-000000000003", "path": "kitchen", "title": "Kitchen"}],
        "brand": None,
        "currency": "USD",
        "next_cursor": None,
    }

    @property
    def tags(self) -> Iterator[str]:
        """What makes a cached copy of this page old: another product in the list, or anything that a card shows."""
        yield from ("listing", "shop")
        for card in self.items:
            yield f"product:{card.id}"
            yield from (f"variant:{variant_id}" for variant_id in card.variant_ids)
        yield from (f"category:{category.id}" for category in self.breadcrumbs)
        if self.brand is not None:
            yield f"brand:{self.brand.id}"


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree; `product_count` counts what is published in it and below it."""

    id: UUID
    path: str
    title: str
    description: str
    position: int
    parent_id: UUID | None
    depth: int
    product_count: int
    version: int


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the shop's front page: a few words and the products they are about."""

    title: str
    text: str = ""
    products: list[str] = []


class ShopProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The face of the shop. The first of `currencies` need not be `currency`, which is what it counts in by default."""

    name: str
    tagline: str
    country: str
    currency: str
    currencies: list[str]
    sections: list[Section]
    version: int = 1

    example: ClassVar[dict[str, Any]] = {
        "name": "Fernhill & Daughters",
        "tagline": "Things worth keeping",
        "country": "US",
        "currency": "USD",
        "currencies": ["USD", "EUR", "GBP"],
        "sections": [{"title": "New this week", "text": "Fresh from the kiln.", "products": ["harbour-mug"]}],
        "version": 1,
    }
