"""A small catalogue to read and edit."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import pytest

from surehold.kernel.ids import uuid7
from surehold.platform.db import Database
from surehold.platform.http import CursorCodec


@pytest.fixture(scope="session")
def cursors() -> CursorCodec:
    return CursorCodec(b"k" * 32)


class Seed:
    """Puts things into the catalogue the way an import does."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def categories(self, *paths: str) -> dict[str, UUID]:
        rows = [
            {"id": str(uuid7()), "path": path, "title": path.title(), "description": "", "position": 0}
            for path in paths
        ]
        await self.db.fetch_one("select catalog.ensure_categories(%s::jsonb, false)", (json.dumps(rows),))
        return {
            path: category_id
            for category_id, path in await self.db.fetch_all("select id, path from catalog.categories")
        }

    async def product(
        self,
        slug: str,
        variants: Iterable[Mapping[str, Any]] = (),
        *,
        prices: Mapping[str, int] | None = None,
        **facts: Any,
    ) -> UUID:
        product_id = uuid7()
        doc = {"id": str(product_id), "slug": slug, "title": slug.title(), "title_key": slug, **facts}
        docs = [
            {"id": str(uuid7()), "product_id": str(product_id), "sku": f"{slug}-{place}", "position": place, **variant}
            for place, variant in enumerate(variants or [{}])
        ]
        async with self.db.unit() as unit:
            await unit.execute(
                "select catalog.write_products(%s::jsonb, %s::jsonb)", (json.dumps([doc]), json.dumps(docs))
            )
            for currency, amount in (prices or {}).items():
                ids = [doc["id"] for doc in docs]
                await unit.execute(
                    "select pricing.import_prices(%s::uuid[], %s::text[], %s::bigint[])",
                    (ids, [currency] * len(ids), [amount + place for place in range(len(ids))]),
                )
            await unit.execute("select catalog.announce(%s::uuid[])", ([product_id],))
        return product_id

    async def stock(self, product_id: UUID, quantity: int) -> None:
        location = await self.db.fetch_one(
            "select inventory.ensure_location(%s, 'main', 'Main', 'US', 'OR', 1)", (uuid7(),)
        )
        variants = [
            row[0]
            for row in await self.db.fetch_all(
                "select id from catalog.variants where product_id = %s order by position", (product_id,)
            )
        ]
        await self.db.execute(
            "select inventory.receive(%s::uuid[], %s::uuid[], %s::int[], 'receipt', %s)",
            (variants, [location[0]] * len(variants), [quantity] * len(variants), str(uuid7())),
        )


@pytest.fixture(scope="module")
def seed(db: Database) -> Seed:
    return Seed(db)
