"""Pictures and their files: stored before they are written down, once however often they are sent, tidied only when nobody's."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from croniter import croniter

from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.modules.catalog import FilesUnavailableError, PictureLibrary, PictureRecord, PictureRefusedError
from surehold.modules.catalog.jobs import jobs
from surehold.platform.db import Database
from surehold.platform.http.actor import SYSTEM
from tests.support.pictures import bytes_of, decoded, drawn, encoded


class Failing(DiskFiles):
    """A folder that can be told to refuse the n-th file that is put, or to refuse removals."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refuse_put: int | None = None
        self.refuse_delete = False
        self.puts = 0

    async def put(self, name: str, body: bytes, media_type: str) -> None:
        self.puts += 1
        if self.puts == self.refuse_put:
            raise FilesUnavailableError
        await super().put(name, body, media_type)

    async def delete(self, name: str) -> None:
        if self.refuse_delete:
            raise FilesUnavailableError
        await super().delete(name)


@dataclass
class Shop:
    db: Database
    folder: Path
    files: Failing
    library: PictureLibrary

    def stored(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()

    async def count(self, table: str) -> int:
        return (await self.db.fetch_all(f"select count(*) from catalog.{table}"))[0][0]

    async def make_old(self, hours: int = 25) -> None:
        await self.db.execute(
            "update catalog.picture_files set touched_at = touched_at - make_interval(hours => %s)", (hours,)
        )


@pytest.fixture
async def shop(db: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    for table in ("picture_sources", "pictures", "picture_files"):
        await db.execute(f"delete from catalog.{table}")
    files = Failing(tmp_path / "media")
    library = PictureLibrary(db, files, PictureWorkshop(benches=2))
    yield Shop(db, tmp_path / "media", files, library)
    await library.close()


def files_of(record: PictureRecord) -> set[str]:
    return {variant.url.removeprefix("/media/") for variant in record.variants}


async def test_a_picture_is_its_files_and_each_is_called_by_its_content(shop: Shop) -> None:
    record = await shop.library.add(SYSTEM, encoded(drawn(2500, 1000)))
    assert (record.width, record.height) == (2500, 1000)
    assert [(v.type, v.width) for v in record.variants] == [
        (kind, width) for width in (320, 640, 1280, 1920) for kind in ("image/webp", "image/jpeg")
    ]
    assert shop.stored() == files_of(record)
    assert record.file in files_of(record)
    shown = decoded(await bytes_of(shop.library, record.file))
    assert (shown.format, shown.size) == ("JPEG", (1280, 512))


async def test_the_same_upload_is_one_picture_however_often_and_by_how_many_at_once(shop: Shop) -> None:
    body = encoded(drawn())
    records = await asyncio.gather(*(shop.library.add(SYSTEM, body) for _ in range(8)))
    assert all(record == records[0] for record in records)
    assert (await shop.count("pictures"), await shop.count("picture_sources")) == (1, 1)
    puts = shop.files.puts
    assert await shop.library.add(SYSTEM, body) == records[0]
    assert shop.files.puts == puts, "what is known is neither made nor stored again"
    other = await shop.library.add(SYSTEM, encoded(decoded(body), "PNG"))
    assert other == records[0], "the same pixels in another file"
    assert await shop.count("picture_sources") == 2


@pytest.mark.parametrize("at", [1, 2, 4])
async def test_a_store_that_fails_half_way_leaves_no_picture_and_the_next_try_succeeds(shop: Shop, at: int) -> None:
    body = encoded(drawn(400, 300))
    shop.files.refuse_put = at
    with pytest.raises(FilesUnavailableError):
        await shop.library.add(SYSTEM, body)
    assert await shop.count("pictures") == 0
    record = await shop.library.add(SYSTEM, body)
    assert shop.stored() == files_of(record)


async def test_what_was_never_written_down_leaves_after_a_day_and_not_before(shop: Shop) -> None:
    kept = await shop.library.add(SYSTEM, encoded(drawn(400, 300)))
    shop.files.refuse_put = shop.files.puts + 2
    with pytest.raises(FilesUnavailableError):
        await shop.library.add(SYSTEM, encoded(drawn(300, 400)))
    orphans = shop.stored() - files_of(kept)
    assert orphans
    assert await shop.library.tidy() == 0
    await shop.make_old()
    assert await shop.library.tidy() >= len(orphans)
    assert shop.stored() == files_of(kept)
    assert await shop.count("picture_files") == len(files_of(kept))


async def test_a_removal_that_fails_is_taken_up_again_later(shop: Shop) -> None:
    shop.files.refuse_put = 2
    with pytest.raises(FilesUnavailableError):
        await shop.library.add(SYSTEM, encoded(drawn(300, 400)))
    await shop.make_old()
    shop.files.refuse_delete = True
    assert await shop.library.tidy() == 0
    shop.files.refuse_delete = False
    assert await shop.library.tidy() == 0, "somebody may still be at it"
    await shop.make_old(hours=2)
    assert await shop.library.tidy() > 0
    assert (shop.stored(), await shop.count("picture_files")) == (set(), 0)


async def test_an_upload_waits_until_its_old_file_is_gone_so_that_nothing_removes_the_new_one(shop: Shop) -> None:
    body = encoded(drawn(200, 100))
    shop.files.refuse_put = 1
    with pytest.raises(FilesUnavailableError):
        await shop.library.add(SYSTEM, body)
    await shop.make_old()
    leaving = await shop.db.fetch_all(
        "select unnest(catalog.take_leaving_files(interval '1 day', interval '1 hour', 100))"
    )
    adding = asyncio.create_task(shop.library.add(SYSTEM, body))
    await asyncio.sleep(0.5)  # long enough to be at the waiting; a shorter wait could only make the test weaker
    assert not adding.done()
    assert shop.files.puts <= len(leaving), "nothing is stored while it is being removed"
    for (name,) in leaving:
        await shop.files.delete(name)
    await shop.db.execute("delete from catalog.picture_files where state = 'leaving'")
    record = await adding
    await shop.make_old()
    assert await shop.library.tidy() == 0
    assert shop.stored() == files_of(record)


async def test_many_upload_and_many_tidy_and_every_picture_has_its_files(shop: Shop) -> None:
    """Each round, the leftovers of a failed try are old enough to leave while the same picture comes again."""
    for round_ in range(6):
        body = encoded(drawn(120 + round_, 90))
        shop.files.refuse_put = shop.files.puts + 1
        with pytest.raises(FilesUnavailableError):
            await shop.library.add(SYSTEM, body)
        await shop.make_old()
        shop.files.refuse_put = None
        tidying = [shop.library.tidy() for _ in range(3)]
        record, *_ = await asyncio.gather(shop.library.add(SYSTEM, body), *tidying)
        assert files_of(record) <= shop.stored()
    unkept = await shop.db.fetch_all("select 1 from catalog.picture_files where state <> 'kept'")
    assert unkept == []


async def test_files_that_nobody_knows_of_leave_and_what_is_not_ours_stays(shop: Shop) -> None:
    kept = await shop.library.add(SYSTEM, encoded(drawn(100, 100)))
    stray, young, older = f"{1:040x}.webp", f"{2:040x}.jpg", "blue-mug-0123456789.png"
    for name in (stray, young, older):
        await shop.files.put(name, b"x", "image/webp")
    long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for name in (stray, older, *files_of(kept)):
        os.utime(shop.folder / name, (long_ago, long_ago))
    assert await shop.library.find_strays() == 1
    assert await shop.library.tidy() == 1
    assert shop.stored() == {young, older, *files_of(kept)}


async def test_what_products_may_name_are_pictures_and_files_from_before(shop: Shop) -> None:
    record = await shop.library.add(SYSTEM, encoded(drawn(100, 100)))
    older, nothing, part = "blue-mug-0123456789.png", "red-mug-0123456789.png", f"{9:040x}.webp"
    await shop.files.put(older, b"x", "image/png")
    await shop.files.put(part, b"x", "image/webp")
    names = frozenset({record.file, older, nothing, part})
    assert await shop.library.missing(names) == {nothing, part}


@pytest.mark.parametrize("body", [b"", b"x" * 20_000_001])
async def test_nothing_and_too_much_are_refused(shop: Shop, body: bytes) -> None:
    with pytest.raises(PictureRefusedError, match="bytes"):
        await shop.library.add(SYSTEM, body)


async def test_the_worker_tidies_by_the_clock(shop: Shop) -> None:
    shop.files.refuse_put = 2
    with pytest.raises(FilesUnavailableError):
        await shop.library.add(SYSTEM, encoded(drawn(90, 400)))
    await shop.files.put(f"{3:040x}.jpg", b"x", "image/jpeg")
    long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(shop.folder / f"{3:040x}.jpg", (long_ago, long_ago))
    await shop.make_old()
    by_name = {job.name: job for job in jobs(shop.library)}
    assert all(croniter.is_valid(job.cron) for job in by_name.values())
    assert await by_name["catalog.find_stray_files"].run() == 0
    assert await by_name["catalog.tidy_pictures"].run() > 1
    assert shop.stored() == set()
