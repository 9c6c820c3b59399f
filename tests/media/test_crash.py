"""Killed after any step of adding or removing a picture: nothing that is named is missing, and what is left over leaves."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.modules.catalog import PictureLibrary
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http.actor import SYSTEM
from tests.support.pictures import drawn, encoded

pytestmark = pytest.mark.crash
SCRIPT = """
import asyncio, os
from pathlib import Path
from surehold.platform.db import Database
from surehold.platform.http.actor import SYSTEM
from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.modules.catalog import PictureLibrary

async def main():
    db = Database(os.environ["AT"])
    await db.open()
    folder = Path(os.environ["FOLDER"])
    library = PictureLibrary(db, DiskFiles(folder / "media"), PictureWorkshop(benches=1))
    if os.environ["DO"] == "add":
        await library.add(SYSTEM, (folder / "body").read_bytes())
    else:
        await library.tidy()

asyncio.run(main())
"""


async def killed_at(name: str, work: str, url: str, folder: Path) -> None:
    """Do it in a process that dies there."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": f"{name}=kill",
        "AT": url,
        "FOLDER": str(folder),
        "DO": work,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIPT, env=environment)
    assert await process.wait() == -9, "it was to die there"


def stored(folder: Path) -> set[str]:
    return {path.name for path in (folder / "media").iterdir()} if (folder / "media").exists() else set()


async def named(db: Database) -> set[str]:
    rows = await db.fetch_all("select v ->> 'file' from catalog.pictures, jsonb_array_elements(variants) v")
    return {name for (name,) in rows}


async def grow_old(db: Database) -> None:
    await db.execute("update catalog.picture_files set touched_at = touched_at - interval '25 hours'")


@pytest.mark.parametrize("point", ["media.after_announce", "media.after_store", "media.after_keep"])
@pytest.mark.parametrize("again", [True, False])
async def test_a_picture_is_whole_or_not_there(
    db: Database, database_urls: PostgresUrls, tmp_path: Path, point: str, *, again: bool
) -> None:
    for table in ("picture_sources", "pictures", "picture_files"):
        await db.execute(f"delete from catalog.{table}")
    body = encoded(drawn(60, 40))
    await asyncio.to_thread((tmp_path / "body").write_bytes, body)
    await killed_at(point, "add", database_urls.app, tmp_path)
    assert await named(db) <= stored(tmp_path)
    library = PictureLibrary(db, DiskFiles(tmp_path / "media"), PictureWorkshop(benches=1))
    if again:
        await library.add(SYSTEM, body)
    await grow_old(db)
    await library.tidy()
    await library.close()
    assert stored(tmp_path) == await named(db)
    assert bool(stored(tmp_path)) == (again or point == "media.after_keep")


async def test_a_removal_that_died_half_way_is_ended_by_another(
    db: Database, database_urls: PostgresUrls, tmp_path: Path
) -> None:
    body = encoded(drawn(64, 40))
    await asyncio.to_thread((tmp_path / "body").write_bytes, body)
    await killed_at("media.after_store", "add", database_urls.app, tmp_path)
    assert len(stored(tmp_path)) == 2
    await grow_old(db)
    await killed_at("media.after_delete", "tidy", database_urls.app, tmp_path)
    assert len(stored(tmp_path)) == 1
    await grow_old(db)
    library = PictureLibrary(db, DiskFiles(tmp_path / "media"), PictureWorkshop(benches=1))
    assert await library.tidy() == 2
    assert stored(tmp_path) == set()
    record = await library.add(SYSTEM, body)
    await library.close()
    assert record.file in stored(tmp_path)
