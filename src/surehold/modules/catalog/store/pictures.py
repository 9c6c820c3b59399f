"""Pictures and the files that belong to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.catalog.model import PictureRecord
from surehold.modules.catalog.ports import FileFacts
from surehold.platform.db import Executor, fetch_json

_OF_SOURCE = """
select catalog.picture_record((select s.file from catalog.picture_sources s where s.digest = %s::text))::text
"""


async def find_by_source(executor: Executor, digest: str) -> PictureRecord | None:
    """The picture that was made of the bytes with this SHA-256, or None."""
    return await fetch_json(executor, _OF_SOURCE, (digest,), PictureRecord)


async def get(executor: Executor, file: str) -> PictureRecord:
    """A picture that is known to be there."""
    found = await fetch_json(executor, "select catalog.picture_record(%s::text)::text", (file,), PictureRecord)
    assert found is not None
    return found


async def list_known(executor: Executor, files: Sequence[str]) -> frozenset[str]:
    """Those of the names that are pictures."""
    rows = await executor.fetch_all("select i.file from catalog.pictures i where i.file = any (%s)", (list(files),))
    return frozenset(file for (file,) in rows)


async def expect_files(executor: Executor, files: Sequence[str]) -> int:
    """Say that these files will be stored; out goes how many of them must first be gone."""
    row = await executor.fetch_one("select catalog.expect_files(%s::text[])", (list(files),))
    assert row is not None
    return row[0]


async def keep(
    executor: Executor, file: str, size: tuple[int, int], variants: Sequence[Any], digest: str, files: Sequence[str]
) -> bool:
    """Write down a picture whose files are stored; False when one of them was given up meanwhile."""
    document = msgspec.json.encode(variants).decode()
    row = await executor.fetch_one(
        "select catalog.keep_picture(%s::text, %s::integer, %s::integer, %s::jsonb, %s::text, %s::text[])",
        (file, *size, document, digest, list(files)),
    )
    assert row is not None
    return row[0]


async def take_leaving(executor: Executor, idle_s: int, lease_s: int, limit: int) -> list[str]:
    """Files that belong to no picture, for the caller to remove."""
    row = await executor.fetch_one(
        "select catalog.take_leaving_files(make_interval(secs => %s), make_interval(secs => %s), %s::integer)",
        (idle_s, lease_s, limit),
    )
    assert row is not None
    return row[0]


async def forget_files(executor: Executor, files: Sequence[str]) -> None:
    """Write down that these have left."""
    await executor.execute(
        "delete from catalog.picture_files where file = any (%s) and state = 'leaving'", (list(files),)
    )


async def adopt(executor: Executor, strays: Sequence[FileFacts]) -> int:
    """Write down files that nobody announced, as old as they are; out goes how many were not known."""
    return await executor.execute(
        """insert into catalog.picture_files (file, state, touched_at)
           select u.file, 'arriving', u.at from unnest(%s::text[], %s::timestamptz[]) as u (file, at) order by u.file
           on conflict (file) do nothing""",
        ([stray.name for stray in strays], [stray.modified_at for stray in strays]),
    )


def subject_of(file: str) -> UUID:
    """What the audit log calls a picture: the first half of its digest, for a log of ids."""
    return UUID(hex=file[:32])
