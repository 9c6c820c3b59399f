"""The parts that an import needs, opened for as long as it takes."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from surehold.app.importing.run import ProductImporter
from surehold.app.pictures import open_pictures
from surehold.app.settings import read_media_settings
from surehold.modules.catalog import CatalogIntake, PictureLibrary
from surehold.modules.inventory import InventoryService
from surehold.platform.cache import Invalidator, NoInvalidator, build_invalidator
from surehold.platform.db import Database, PoolSettings
from surehold.platform.events import SilentWaker, Waker
from surehold.platform.realtime import Hint
from surehold.platform.valkey import ValkeyLink

BATCH_TIMEOUT_MS = 120_000


class _NoHints:
    """Nobody watches a product page for a delivery; who does, asks again."""

    def hint(self, *hints: Hint) -> None:
        """Do nothing."""


def make_importer(
    db: Database,
    pictures: PictureLibrary,
    invalidator: Invalidator,
    waker: Waker,
    on_progress: Callable[[int, int], None] = lambda _bytes, _products: None,
) -> ProductImporter:
    """An importer over an open database; pictures go where `/media/` serves them from."""
    return ProductImporter(
        CatalogIntake(db, invalidator=invalidator, waker=waker),
        InventoryService(db, waker=waker, hinter=_NoHints(), invalidator=invalidator),
        pictures,
        on_progress=on_progress,
    )


@asynccontextmanager
async def opened_importer(
    environment: Mapping[str, str], on_progress: Callable[[int, int], None] = lambda _bytes, _products: None
) -> AsyncGenerator[ProductImporter]:
    """An importer for the shop that the environment describes; what it changes is forgotten by every cache of the shop."""
    settings = PoolSettings(
        min_size=1,
        max_size=3,
        acquire_timeout_s=10,
        statement_timeout_ms=BATCH_TIMEOUT_MS,
        application_name="surehold import",
    )
    db = Database(environment["SUREHOLD_DATABASE_URL"], settings)
    pictures = open_pictures(db, Path(environment["SUREHOLD_DATA_DIR"]), read_media_settings(environment))
    await db.open()
    try:
        async with _invalidator(environment.get("SUREHOLD_VALKEY_URL", "")) as invalidator:
            yield make_importer(db, pictures, invalidator, SilentWaker(), on_progress)
    finally:
        await pictures.close()
        await db.close()


@asynccontextmanager
async def _invalidator(valkey_url: str) -> AsyncGenerator[Invalidator]:
    if not valkey_url:
        yield NoInvalidator()  # without Valkey a cached answer lives two seconds
        return
    link = ValkeyLink(valkey_url)
    bus = build_invalidator(link)
    await bus.start()
    await link.start()
    try:
        yield bus
    finally:
        await bus.stop()
        await link.stop()
