"""Use cases of the catalogue: reading for buyers, editing by staff, loading in batches."""

from surehold.modules.catalog.service.reading import CatalogService, ListingQuery, ProductMoved

__all__ = ["CatalogService", "ListingQuery", "ProductMoved"]
