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
from surehold.modules.catalog.model import Category, Listing, ProductPage, ShopProfile, Sort
from surehold.modules.catalog.ports import MEDIA_TYPES, PICTURE_BYTES_MAX, PictureStore, PriceBook, StoredFile
from surehold.modules.catalog.service import CatalogDesk, CatalogService, CatalogTaxonomy, ListingQuery, ProductMoved

__all__ = [
    "MEDIA_TYPES",
    "PICTURE_BYTES_MAX",
    "BrandNotFoundError",
    "CatalogDesk",
    "CatalogService",
    "CatalogTaxonomy",
    "Category",
    "CategoryNotFoundError",
    "Listing",
    "ListingQuery",
    "PictureNotFoundError",
    "PictureStore",
    "PriceBook",
    "ProductMoved",
    "ProductNotFoundError",
    "ProductPage",
    "ShopProfile",
    "Sort",
    "StoredFile",
    "VariantNotFoundError",
]
