"""What staff sees and edits, and what must hold of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.money import Money
from surehold.modules.catalog.errors import NotPublishableError
from surehold.modules.catalog.model.pages import Attribute, HoldOn, Rating


class ProductState(StrEnum):
    """Who sees a product: staff only, everybody, or nobody any more."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class StoredPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture by the name of its file in the picture store."""

    file: str
    alt: str = ""


class VariantPrices(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's base prices. `version` counts every change of its prices, in whatever list."""

    variant_id: UUID
    version: int
    prices: list[Money]

    example: ClassVar[dict[str, Any]] = {
        "variant_id": "0193a1c0-0000-7000-8000-000000000004",
        "version": 2,
        "prices": [{"amount": 1900, "currency": "USD"}],
    }


class VariantRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A variant with its base prices and their version; a retired one is no longer sold, and kept for the orders that name it."""

    id: UUID
    sku: str
    barcode: str | None
    title: str
    options: dict[str, str]
    picture: str | None
    weight_grams: int | None
    hold_on: HoldOn | None
    position: int
    retired: bool
    prices: list[Money]
    price_version: int


class ProductRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A product as staff edits it. `version` is the version of it and its variants together."""

    id: UUID
    version: int
    state: ProductState
    slug: str
    earlier_slugs: list[str]
    title: str
    description: str
    brand_id: UUID | None
    category_id: UUID | None
    tax_category: str
    attributes: list[Attribute]
    option_names: list[str]
    pictures: list[StoredPicture]
    rating: Rating | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    variants: list[VariantRecord]

    example: ClassVar[dict[str, Any]] = {
        "id": "0193a1c0-0000-7000-8000-000000000001",
        "version": 3,
        "state": "published",
        "slug": "harbour-mug",
        "earlier_slugs": ["blue-mug"],
        "title": "Harbour mug",
        "description": "Thrown by hand, glazed in the blue of a calm bay.",
        "brand_id": None,
        "category_id": "0193a1c0-0000-7000-8000-000000000003",
        "tax_category": "standard",
        "attributes": [{"name": "material", "value": "Stoneware"}],
        "option_names": ["colour"],
        "pictures": [{"file": "harbour-mug-blue-1f2e3d4c5b.svg", "alt": "A blue mug"}],
        "rating": None,
        "published_at": "2026-01-05T09:00:00Z",
        "created_at": "2026-01-04T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z",
        "variants": [
            {
                "id": "0193a1c0-0000-7000-8000-000000000004",
                "sku": "HBR-MUG-BLU",
                "barcode": None,
                "title": "Blue",
                "options": {"colour": "Blue"},
                "picture": "harbour-mug-blue-1f2e3d4c5b.svg",
                "weight_grams": 380,
                "hold_on": None,
                "position": 0,
                "retired": False,
                "prices": [{"amount": 1900, "currency": "USD"}],
                "price_version": 2,
            }
        ],
    }

    @property
    def tags(self) -> list[str]:
        """What cached answers may have been made from it."""
        return [f"product:{self.id}", *(f"variant:{variant.id}" for variant in self.variants)]

    def prices_of(self, variant_id: UUID) -> VariantPrices:
        """The base prices of one of its variants."""
        variant = next(variant for variant in self.variants if variant.id == variant_id)
        return VariantPrices(variant_id=variant_id, version=variant.price_version, prices=variant.prices)


class ProductLine(msgspec.Struct, frozen=True, kw_only=True):
    """A product in the list that staff works through."""

    id: UUID
    version: int
    state: ProductState
    slug: str
    title: str
    picture: str | None
    skus: list[str]
    updated_at: datetime


class CategoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A category as staff edits it."""

    id: UUID
    version: int
    path: str
    parent_id: UUID | None
    title: str
    description: str
    position: int

    example: ClassVar[dict[str, Any]] = {
        "id": "0193a1c0-0000-7000-8000-000000000003",
        "version": 1,
        "path": "kitchen/mugs",
        "parent_id": "0193a1c0-0000-7000-8000-000000000005",
        "title": "Mugs",
        "description": "",
        "position": 2,
    }


class BrandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A brand as staff edits it."""

    id: UUID
    version: int
    slug: str
    title: str

    example: ClassVar[dict[str, Any]] = {
        "id": "0193a1c0-0000-7000-8000-000000000002",
        "version": 1,
        "slug": "fernhill",
        "title": "Fernhill",
    }


def check_record(record: ProductRecord) -> None:
    """What must hold of a product after an edit: each variant makes every choice, and what is shown can be bought."""
    live = [variant for variant in record.variants if not variant.retired]
    if len(set(record.option_names)) != len(record.option_names):
        raise InvalidInputError("An option is named twice.", field="option_names")
    for variant in live:
        if set(variant.options) != set(record.option_names):
            needed = ", ".join(record.option_names) or "none"
            raise InvalidInputError(f"{variant.sku}: state exactly these options: {needed}.", field="options")
    if record.state is ProductState.PUBLISHED and not any(variant.prices for variant in live):
        raise NotPublishableError("Give it a variant with a price first; until then it can only be a draft.")
