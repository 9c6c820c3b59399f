"""Puts the demo shop into an empty one, through the same import that everybody's files take."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from surehold.app.importing import ProductImporter
from surehold.kernel.ids import uuid7
from surehold.modules.catalog import CatalogIntake, ShopProfile
from surehold.modules.inventory import InventoryService, Location
from surehold.platform.http.actor import SYSTEM

FOLDER = Path(__file__).resolve().parent


class DemoError(Exception):
    """The demo's files do not fit this version; the text names the first fault."""


async def load_demo_if_empty(
    intake: CatalogIntake, inventory: InventoryService, importer: ProductImporter, folder: Path = FOLDER
) -> bool:
    """Load the demo unless the shop has a product already; whether it was loaded. Cut short, it is completed next time."""
    if not await intake.is_empty() and not await intake.was_cut_short("products.jsonl"):
        return False
    await intake.write_shop(msgspec.json.decode((folder / "shop.json").read_bytes(), type=ShopProfile))
    await _ensure_locations(inventory, _read(folder / "locations.json"))
    await intake.ensure_categories(_read(folder / "categories.json"))
    report = await importer.run(folder / "products.jsonl")
    if report.faults:
        first = report.faults[0]
        raise DemoError(f"products.jsonl, line {first.line}: {first.reason}")
    return True


async def _ensure_locations(inventory: InventoryService, wanted: list[Mapping[str, Any]]) -> None:
    there = {location.code for location in await inventory.locations()}
    for facts in wanted:
        if facts["code"] not in there:
            location = Location(id=uuid7(), active=True, version=1, **facts)
            await inventory.add_location(SYSTEM, location)


def _read(path: Path) -> list[Mapping[str, Any]]:
    return msgspec.json.decode(path.read_bytes())
