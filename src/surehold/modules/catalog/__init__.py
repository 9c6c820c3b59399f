"""The catalogue: products with their variants, categories, brands, pictures and the face of the shop.

Published SQL: the views `catalog.sellable` and `catalog.known_variants`.
"""

from surehold.modules.catalog.errors import (
    BrandNotFoundError,
    CategoryNotFoundError,
    PictureNotFoundError,
    ProductNotFoundError,
    VariantNotFoundError,
)
from surehold.modules.catalog.model import (
    Backorder,
    Category,
    Listing,
    PictureDraft,
    ProductDraft,
    ProductPage,
    Section,
    ShopProfile,
    Sort,
    VariantDraft,
    slug_of,
)
from surehold.modules.catalog.ports import MEDIA_TYPES, PICTURE_BYTES_MAX, PictureStore, PriceBook, StoredFile
from surehold.modules.catalog.service import (
    BatchOutcome,
    CatalogDesk,
    CatalogIntake,
    CatalogService,
    CatalogTaxonomy,
    ListingQuery,
    ProductMoved,
    ReadyDraft,
    Rejection,
)
from surehold.modules.catalog.store.bulk import Progress

__all__ = [
    "MEDIA_TYPES",
    "PICTURE_BYTES_MAX",
    "Backorder",
    "BatchOutcome",
    "BrandNotFoundError",
    "CatalogDesk",
    "CatalogIntake",
    "CatalogService",
    "CatalogTaxonomy",
    "Category",
    "CategoryNotFoundError",
    "Listing",
    "ListingQuery",
    "PictureDraft",
    "PictureNotFoundError",
    "PictureStore",
    "PriceBook",
    "ProductDraft",
    "ProductMoved",
    "ProductNotFoundError",
    "ProductPage",
    "Progress",
    "ReadyDraft",
    "Rejection",
    "Section",
    "ShopProfile",
    "Sort",
    "StoredFile",
    "VariantDraft",
    "VariantNotFoundError",
    "slug_of",
]
