"""Things on sale for tests, put into the database as the import would."""

import uuid
from collections.abc import Sequence
from uuid import UUID

import psycopg


class Policy:
    """When things are held unless a test says otherwise: a suite that must hold for both sets it for each."""

    hold_on: str | None = None


def put_on_sale(
    owner_url: str,
    quantities: Sequence[int],
    *,
    unit_minor: int = 1000,
    hold_on: str | None = None,
    locations: Sequence[str] = ("here",),
) -> list[UUID]:
    """One product with one variant for each quantity, all of it at the first location; out go the variants' ids."""
    variants, products = [uuid.uuid4() for _ in quantities], [uuid.uuid4() for _ in quantities]
    with psycopg.connect(owner_url) as connection:
        for variant, product in zip(variants, products, strict=True):
            connection.execute(
                """insert into catalog.products (id, slug, title, title_key, state, published_at)
                   values (%s, %s, %s, %s, 'published', now())""",
                (product, f"thing-{product}", f"Thing {product}", f"thing {product}"),
            )
            connection.execute(
                "insert into catalog.variants (id, product_id, sku, hold_on) values (%s, %s, %s, %s)",
                (variant, product, f"SKU-{variant}", hold_on or Policy.hold_on),
            )
        places = [_location(connection, code, priority) for priority, code in enumerate(locations)]
        there = [(variant, quantity) for variant, quantity in zip(variants, quantities, strict=True) if quantity > 0]
        if there:
            connection.execute(
                "select inventory.receive(%s, %s, %s, 'receipt', %s)",
                ([v for v, _ in there], [places[0]] * len(there), [q for _, q in there], f"test-{uuid.uuid4()}"),
            )
        connection.execute("select inventory.ensure_stock(%s)", (variants,))
        connection.execute(
            "select pricing.import_prices(%s, %s, %s)",
            (variants, ["USD"] * len(variants), [unit_minor] * len(variants)),
        )
    return variants


def _location(connection: psycopg.Connection[tuple[UUID]], code: str, priority: int) -> UUID:
    row = connection.execute(
        "select inventory.ensure_location(%s, %s, %s, 'US', '', %s)", (uuid.uuid4(), code, code.title(), priority)
    ).fetchone()
    assert row is not None
    return row[0]
