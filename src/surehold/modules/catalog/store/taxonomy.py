"""The category tree, brands and the shop's face, as staff edits them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from surehold.modules.catalog.errors import BrandNotFoundError, CategoryNotFoundError
from surehold.modules.catalog.model import BrandRecord, CategoryRecord, Section, ShopProfile, title_key_of
from surehold.modules.catalog.store.edits import conflicts, in_use
from surehold.platform.db import Executor

_CATEGORY = """
select id, version, path, ancestor_ids[cardinality(ancestor_ids) - 1], title, description, position
from catalog.categories where id = %s for update
"""


async def lock_category(executor: Executor, category_id: UUID) -> CategoryRecord:
    """A category, locked; CategoryNotFoundError without it."""
    row = await executor.fetch_one(_CATEGORY, (category_id,))
    if row is None:
        raise CategoryNotFoundError
    return CategoryRecord(
        id=row[0], version=row[1], path=row[2], parent_id=row[3], title=row[4], description=row[5], position=row[6]
    )


async def count_categories(executor: Executor) -> int:
    """How many there are."""
    row = await executor.fetch_one("select count(*) from catalog.categories")
    assert row is not None
    return row[0]


async def insert_category(executor: Executor, category: CategoryRecord, segment: str) -> None:
    """Add a category below its parent."""
    # Placing it locks the tree; who wrote a row before would deadlock with another who did.
    await executor.execute("lock table catalog.categories in share row exclusive mode")
    # It comes to life at the root under a name that nobody can have, and is put where it belongs.
    await executor.execute(
        """insert into catalog.categories (id, path, ancestor_ids, title, description, position)
           values (%(id)s, replace(%(id)s::text, '-', ''), array[%(id)s::uuid], %(title)s, %(description)s, %(position)s)""",
        msgspec.structs.asdict(category),
    )
    await place_category(executor, category.id, category.parent_id, segment)


async def place_category(executor: Executor, category_id: UUID, parent_id: UUID | None, segment: str) -> None:
    """Put a category, and all below it, under a parent."""
    with conflicts():
        await executor.execute(
            "select catalog.place_category(%s, %s::uuid, %s::text)", (category_id, parent_id, segment)
        )


async def update_category(executor: Executor, category: CategoryRecord) -> None:
    """Write a category that was locked, its version one higher."""
    await executor.execute(
        """update catalog.categories set title = %(title)s, description = %(description)s, position = %(position)s,
             version = version + 1 where id = %(id)s""",
        msgspec.structs.asdict(category),
    )


async def delete_category(executor: Executor, category_id: UUID) -> bool:
    """Remove a category that has nothing below it; CategoryInUseError if products are in it. False with children."""
    with in_use():
        removed = await executor.execute(
            """delete from catalog.categories c where c.id = %(id)s and not exists (
                 select 1 from catalog.categories below
                 where below.id <> c.id and below.path > c.path || '/' and below.path < c.path || '0')""",
            {"id": category_id},
        )
    return removed == 1


async def lock_brand(executor: Executor, brand_id: UUID) -> BrandRecord:
    """A brand, locked; BrandNotFoundError without it."""
    row = await executor.fetch_one(
        "select id, version, slug, title from catalog.brands where id = %s for update", (brand_id,)
    )
    if row is None:
        raise BrandNotFoundError
    return BrandRecord(id=row[0], version=row[1], slug=row[2], title=row[3])


async def insert_brand(executor: Executor, brand: BrandRecord) -> None:
    """Add a brand; SlugTakenError when there is one of its slug."""
    with conflicts():
        await executor.execute(
            "insert into catalog.brands (id, slug, title, title_key) values (%s, %s, %s, %s)",
            (brand.id, brand.slug, brand.title, title_key_of(brand.title)),
        )


async def update_brand(executor: Executor, brand: BrandRecord) -> None:
    """Write a brand that was locked, its version one higher."""
    with conflicts():
        await executor.execute(
            "update catalog.brands set slug = %s, title = %s, title_key = %s, version = version + 1 where id = %s",
            (brand.slug, brand.title, title_key_of(brand.title), brand.id),
        )


async def delete_brand(executor: Executor, brand_id: UUID) -> None:
    """Remove a brand; BrandInUseError while products carry it."""
    with in_use():
        await executor.execute("delete from catalog.brands where id = %s", (brand_id,))


async def lock_shop_version(executor: Executor) -> int:
    """Lock the shop's profile; its version."""
    row = await executor.fetch_one("select version from catalog.shop_profile for update")
    assert row is not None
    return row[0]


async def write_shop(executor: Executor, profile: ShopProfile) -> None:
    """Write the shop's profile, its version one higher."""
    await executor.execute(
        """update catalog.shop_profile set name = %s, tagline = %s, country = %s, currency = %s, currencies = %s,
             sections = %s::jsonb, version = version + 1""",
        (
            profile.name,
            profile.tagline,
            profile.country,
            profile.currency,
            profile.currencies,
            _sections(profile.sections),
        ),
    )


def _sections(sections: Sequence[Section]) -> str:
    return msgspec.json.encode(sections).decode()
