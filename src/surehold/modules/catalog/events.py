"""Facts about products, with all the words of the product in them; `seq` is the product's version."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.events import Event


class VariantFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as it was at the time of the event."""

    variant_id: UUID
    sku: str
    barcode: str | None
    title: str
    options: dict[str, str]


class ProductFacts(Event, frozen=True, kw_only=True):
    """A product as it was at the time of the event: no prices, no stock, those have events of their own."""

    product_id: UUID
    version: int
    slug: str
    title: str
    description: str
    brand: str | None
    category_id: UUID | None
    category_path: str | None
    attributes: list[dict[str, Any]]
    picture: str | None
    rating_average: float | None
    rating_count: int | None
    variants: list[VariantFacts]


class ProductPublished(ProductFacts, frozen=True, kw_only=True):
    """It was not for sale, and now it is."""

    wire_name: ClassVar[str] = "catalog.product_published.v1"


class ProductChanged(ProductFacts, frozen=True, kw_only=True):
    """It is for sale, and something about it is different."""

    wire_name: ClassVar[str] = "catalog.product_changed.v1"


class ProductUnpublished(ProductFacts, frozen=True, kw_only=True):
    """It is no longer for sale."""

    wire_name: ClassVar[str] = "catalog.product_unpublished.v1"
