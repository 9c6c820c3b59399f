"""What can be wrong with a machine or a folder: each works, or gets one clear line that says what to do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from surehold.platform.embedded import (
    POSTGRES_17_PACKAGE,
    EmbeddedError,
    EmbeddedPostgres,
    EmbeddedValkey,
    find_postgres,
    home_of,
    wipe,
)
from surehold.platform.embedded.place import prepare
from tests.support.services import running_postgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def the_line(folder: Path) -> str:
    """What a start is refused with; it must be one line."""
    with pytest.raises(EmbeddedError) as refused:
        EmbeddedPostgres(folder).start()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_another_major_version_is_refused_with_the_way_out(shop_folder: Path) -> None:
    old = EmbeddedPostgres(shop_folder, binaries=find_postgres(POSTGRES_17_PACKAGE))
    old.start()
    old.stop()
    line = the_line(shop_folder)
    assert f"{home_of(shop_folder)}/pg17 holds a PostgreSQL 17 database, and this is PostgreSQL 18." in line
    assert "db backup" in line
    assert "db restore" in line
    assert not (home_of(shop_folder) / "pg18").exists()
    with pytest.raises(EmbeddedError, match="holds a PostgreSQL 18"):
        _mislabelled(shop_folder)


def _mislabelled(shop_folder: Path) -> None:
    """A folder that was moved under another version's name by hand."""
    place = home_of(shop_folder)
    shutil.move(place / "pg17", shop_folder.with_name("aside"))
    new = EmbeddedPostgres(shop_folder)
    new.start()
    new.stop()
    shutil.move(place / "pg18", place / "pg17")
    EmbeddedPostgres(shop_folder, binaries=find_postgres(POSTGRES_17_PACKAGE)).start()


def test_a_broken_setting_is_named(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    server.start()
    server.stop()
    settings = home_of(shop_folder) / "pg18" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "max_connections = plenty\n")
    line = the_line(shop_folder)
    assert 'invalid value for parameter "max_connections": "plenty"' in line
    assert "Correct or delete it" in line
    settings.write_text(good)
    server.start()
    server.stop()


def test_an_interrupted_first_start_is_simply_made_again(shop_folder: Path) -> None:
    place = prepare(shop_folder)
    half_made = place.make(place.home / "pg18.new")
    half_made.joinpath("PG_VERSION").write_text("18\n")
    with running_postgres(shop_folder):
        assert not half_made.exists()


def test_damaged_files_are_told(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    server.start()
    server.stop()
    (home_of(shop_folder) / "pg18" / "global" / "pg_control").unlink()
    assert "Restore a backup" in the_line(shop_folder)


def test_a_file_where_the_folder_should_be(shop_folder: Path) -> None:
    shop_folder.write_text("not a folder")
    assert "SUREHOLD_DATA_DIR" in the_line(shop_folder)
    shop_folder.unlink()


@as_root
def test_data_that_is_gone_is_not_silently_replaced(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    server.start()
    server.stop()
    shutil.rmtree(home_of(shop_folder))
    assert "which is gone" in the_line(shop_folder)


@as_root
def test_a_renamed_folder_keeps_its_shop(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    urls = server.start()
    server.stop()
    renamed = shop_folder.rename(shop_folder.with_name("renamed"))
    server = EmbeddedPostgres(renamed)
    assert server.start() == urls
    server.stop()
    wipe(renamed)


@as_root
def test_a_full_disk_is_told_before_and_while_running(shop_folder: Path) -> None:
    with small_disk(home_of(shop_folder), "60m"):
        assert "is full: " in the_line(shop_folder)
    shop_folder.joinpath("engines.json").unlink(missing_ok=True)
    with small_disk(home_of(shop_folder), "450m") as disk:
        server = EmbeddedPostgres(shop_folder)
        server.start()
        server.stop()
        _fill(disk)
        line = the_line(shop_folder)
        assert "is full" in line
        assert "Free some space" in line
        with pytest.raises(EmbeddedError, match="is full"):
            EmbeddedValkey(shop_folder).start()
        (disk / "ballast").unlink()
        server.start()
        server.stop()


def _fill(disk: Path) -> None:
    with (disk / "ballast").open("wb") as ballast:
        left = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        os.posix_fallocate(ballast.fileno(), 0, left)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this root may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
