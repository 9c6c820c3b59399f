"""Bringing products into the shop from files; the formats are described in docs/import-format.md."""

from surehold.app.importing.run import ImportOptions, ImportReport, ProductImporter
from surehold.app.importing.source import FileError

__all__ = ["FileError", "ImportOptions", "ImportReport", "ProductImporter"]
