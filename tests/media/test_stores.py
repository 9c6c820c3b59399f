"""One suite over every place for files: a folder, and a bucket that speaks the S3 API."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from surehold.adapters.storage.disk import DiskFiles
from surehold.adapters.storage.s3 import BucketFiles
from surehold.adapters.storage.settings import MediaSettings
from surehold.app.settings import SettingsError, read_media_settings, read_settings
from surehold.modules.catalog import FileNotStoredError, FileStore, FilesUnavailableError, OpenedFile, Span
from tests.support.bucket import Bucket, opened_bucket

NAME = "0123456789012345678901234567890123456789.webp"
LONG = bytes(range(256)) * 4_000


@dataclass
class Place:
    """A store, and how to make one of its files look old."""

    files: FileStore
    age: Callable[[str, datetime], None]


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with opened_bucket() as bucket:
        yield bucket


def settings(bucket: Bucket, **changes: object) -> MediaSettings:
    given = {"s3_timeout_s": 5.0, "s3_retry_s": 5.0, "s3_prefix": "shop/", **changes}
    return MediaSettings(
        store="s3",
        s3_bucket="pictures",
        s3_endpoint=bucket.endpoint,
        s3_access_key_id="key",
        s3_secret_access_key="secret",
        **given,  # type: ignore[arg-type]
    )


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "disk":
        folder = tmp_path / "media"
        yield Place(DiskFiles(folder), lambda name, at: os.utime(folder / name, (at.timestamp(), at.timestamp())))
        return
    bucket: Bucket = request.getfixturevalue("bucket")
    yield Place(BucketFiles(settings(bucket)), lambda name, at: bucket.age(f"shop/{name}", at))


async def read(opened: OpenedFile) -> bytes:
    return b"".join([part async for part in opened.chunks])


async def test_what_is_put_is_there_until_it_is_removed(place: Place) -> None:
    assert not await place.files.exists(NAME)
    await place.files.put(NAME, LONG, "image/webp")
    assert await place.files.exists(NAME)
    opened = await place.files.open(NAME)
    assert (opened.total_bytes, opened.first, opened.size) == (len(LONG), 0, len(LONG))
    assert await read(opened) == LONG
    await place.files.delete(NAME)
    await place.files.delete(NAME)
    assert not await place.files.exists(NAME)
    with pytest.raises(FileNotStoredError):
        await place.files.open(NAME)


@pytest.mark.parametrize(
    ("span", "first", "size"),
    [
        (Span(first=0, last=0), 0, 1),
        (Span(first=5, last=300_000), 5, 299_996),
        (Span(first=1_023_990), 1_023_990, 10),
        (Span(first=1_023_990, last=9_999_999), 1_023_990, 10),
        (Span(last=7), 1_023_993, 7),
        (Span(last=9_999_999), 0, 1_024_000),
        (Span(first=1_024_000), 0, 1_024_000),
        (Span(first=9, last=8), 0, 1_024_000),
        (Span(last=0), 0, 1_024_000),
    ],
)
async def test_a_part_is_what_was_asked_for(place: Place, span: Span, first: int, size: int) -> None:
    await place.files.put(NAME, LONG, "image/webp")
    opened = await place.files.open(NAME, span)
    assert (opened.first, opened.size, opened.total_bytes) == (first, size, len(LONG))
    assert await read(opened) == LONG[first : first + size]


async def test_a_span_of_nothing_is_not_there_either(place: Place) -> None:
    with pytest.raises(FileNotStoredError):
        await place.files.open(NAME, Span(first=1, last=2))


async def test_all_files_are_listed_once_page_by_page_with_their_age(place: Place) -> None:
    names = sorted(f"{n:040x}.jpg" for n in range(11))
    for name in reversed(names):
        await place.files.put(name, name.encode(), "image/jpeg")
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    place.age(names[4], old)
    found, after = [], ""
    while page := await place.files.list_files(after, 4):
        assert len(page) <= 4
        after = page[-1].name
        found += page
    assert [facts.name for facts in found] == names
    assert {facts.size for facts in found} == {44}
    assert found[4].modified_at == old
    assert found[5].modified_at > old + timedelta(days=2)


async def test_putting_it_again_makes_it_young(place: Place) -> None:
    await place.files.put(NAME, b"same", "image/webp")
    place.age(NAME, datetime.now(UTC) - timedelta(days=9))
    await place.files.put(NAME, b"same", "image/webp")
    (facts,) = await place.files.list_files("", 5)
    assert facts.modified_at > datetime.now(UTC) - timedelta(minutes=5)


@pytest.mark.parametrize("name", ["../x.webp", "/etc/x.webp", "a/b.webp", "x.webp\n", "x.webp\0", "", ".webp", "x.exe"])
async def test_a_name_is_a_name_and_never_a_path(place: Place, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "x.webp"
    secret.write_bytes(b"secret")
    assert not await place.files.exists(name)
    with pytest.raises(FileNotStoredError):
        await place.files.open(name)
    with pytest.raises(FileNotStoredError):
        await place.files.put(name, b"evil", "image/webp")
    with pytest.raises(FileNotStoredError):
        await place.files.delete(name)
    assert secret.read_bytes() == b"secret"


async def test_an_empty_store_lists_nothing(place: Place) -> None:
    assert await place.files.list_files("", 10) == []


async def test_a_folder_shows_no_file_before_it_is_whole(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    (tmp_path / ".incoming-abc").write_bytes(b"half")
    await files.put(NAME, b"whole", "image/webp")
    assert [facts.name for facts in await files.list_files("", 10)] == [NAME]


async def test_a_bucket_tells_browsers_to_keep_a_file_for_ever(bucket: Bucket) -> None:
    await BucketFiles(settings(bucket)).put(NAME, b"x", "image/webp")
    _, headers, _ = bucket.objects[f"shop/{NAME}"]
    assert headers == {"Content-Type": "image/webp", "Cache-Control": "public, max-age=31536000, immutable"}


@pytest.mark.parametrize("fault", [403, 500, 503, "silence"])
async def test_a_bucket_that_fails_is_a_clear_error_within_its_time(bucket: Bucket, fault: int | str) -> None:
    files = BucketFiles(settings(bucket, s3_timeout_s=0.2, s3_retry_s=0.5))
    await files.put(NAME, b"x", "image/webp")
    bucket.fault = fault
    for call in (
        lambda: files.put(NAME, b"y", "image/webp"),
        lambda: files.open(NAME),
        lambda: files.open(NAME, Span(first=0, last=0)),
        lambda: files.exists(NAME),
        lambda: files.delete(NAME),
        lambda: files.list_files("", 10),
    ):
        with pytest.raises(FilesUnavailableError) as caught:
            await call()
        assert "secret" not in str(caught.value)
    bucket.fault = None
    bucket.released.set()
    assert await read(await files.open(NAME)) == b"x"


async def test_nobody_at_the_address_is_a_clear_error() -> None:
    files = BucketFiles(
        MediaSettings(
            store="s3", s3_bucket="b", s3_endpoint="http://127.0.0.1:1", s3_access_key_id="key", s3_retry_s=0.3
        )
    )
    with pytest.raises(FilesUnavailableError):
        await files.exists(NAME)


def test_a_bucket_without_a_name_stops_the_start_with_what_to_do() -> None:
    given = {"SUREHOLD_MEDIA_STORE": "s3", "SUREHOLD_DATABASE_URL": "x", "SUREHOLD_VALKEY_URL": "valkey://x"}
    given |= {"SUREHOLD_SECRET_KEY": "00" * 32, "SUREHOLD_DATA_DIR": "/x"}
    for read in (read_settings, read_media_settings):
        with pytest.raises(SettingsError, match="SUREHOLD_MEDIA_S3_BUCKET"):
            read(given)
        read({**given, "SUREHOLD_MEDIA_S3_BUCKET": "pictures"})
