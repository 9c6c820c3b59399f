"""An importer on the module's database."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from surehold.app.importing import ImportOptions, ImportReport, ProductImporter
from surehold.kernel.ids import uuid7
from surehold.modules.catalog import CatalogIntake, PictureLibrary
from surehold.modules.inventory import InventoryService
from surehold.modules.inventory.errors import LocationExistsError
from surehold.modules.inventory.model import Location
from surehold.platform.db import Database
from surehold.platform.http.actor import SYSTEM
from surehold.platform.realtime import Hint
from tests.support.pictures import opened_library


class Quiet:
    """Takes invalidations, wake-ups and hints."""

    def __init__(self) -> None:
        self.tags: set[str] = set()

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.update(tags)

    def wake(self) -> None:
        pass

    def hint(self, *hints: Hint) -> None:
        pass


class Desk:
    """Imports text and looks at what came of it."""

    def __init__(self, db: Database, folder: Path, quiet: Quiet, pictures: PictureLibrary) -> None:
        self.db, self.folder, self.quiet = db, folder, quiet
        self.pictures = pictures
        self.intake = CatalogIntake(db, invalidator=quiet, waker=quiet)
        self.inventory = InventoryService(db, waker=quiet, hinter=quiet, invalidator=quiet)
        self.importer = ProductImporter(self.intake, self.inventory, self.pictures)

    async def take(self, name: str, content: bytes | str, **options: bool) -> ImportReport:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return await self.importer.run(path, ImportOptions(**options))

    async def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        return await self.db.fetch_all(sql, params)

    async def count(self, table: str) -> int:
        return (await self.db.fetch_all(f"select count(*) from {table}"))[0][0]


@pytest.fixture
def quiet() -> Quiet:
    return Quiet()


@pytest.fixture
async def pictures(db: Database, tmp_path: Path) -> AsyncIterator[PictureLibrary]:
    async with opened_library(db, tmp_path / "store") as library:
        yield library


@pytest.fixture
async def desk(db: Database, tmp_path: Path, quiet: Quiet, pictures: PictureLibrary) -> Desk:
    desk = Desk(db, tmp_path, quiet, pictures)
    for code in ("main", "north"):
        try:
            await desk.inventory.add_location(
                SYSTEM,
                Location(
                    id=uuid7(), code=code, title=code, country="US", region="OR", priority=1, active=True, version=1
                ),
            )
        except LocationExistsError:
            continue
    return desk


def lines(products: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(product) + "\n" for product in products)


def product(slug: str, *skus: str, **facts: Any) -> dict[str, Any]:
    variants = [
        {
            "sku": sku,
            "prices": {"USD": 1000},
            "stock": {"main": 5},
            **({"options": {"size": sku}} if len(skus) > 1 else {}),
        }
        for sku in skus or (slug.upper(),)
    ]
    return {
        "slug": slug,
        "title": slug.title(),
        "options": ["size"] if len(skus) > 1 else [],
        "variants": [{"options": {}, **variant} for variant in variants],
        **facts,
    }
