"""Use cases of the catalogue: reading for buyers, editing by staff, loading in batches."""

from surehold.modules.catalog.service.desk import CatalogDesk
from surehold.modules.catalog.service.intake import BatchOutcome, CatalogIntake, ReadyDraft, Rejection
from surehold.modules.catalog.service.pictures import PictureLibrary
from surehold.modules.catalog.service.reading import CatalogService, ListingQuery, ProductMoved
from surehold.modules.catalog.service.taxonomy import CatalogTaxonomy

__all__ = [
    "BatchOutcome",
    "CatalogDesk",
    "CatalogIntake",
    "CatalogService",
    "CatalogTaxonomy",
    "ListingQuery",
    "PictureLibrary",
    "ProductMoved",
    "ReadyDraft",
    "Rejection",
]
