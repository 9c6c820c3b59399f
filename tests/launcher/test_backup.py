"""Backup and restore, also from the PostgreSQL that the refusal of another version speaks of."""

import subprocess
from pathlib import Path

import psycopg

from surehold.app.up.fresh import holds_data
from surehold.platform.embedded import POSTGRES_17_PACKAGE, EmbeddedPostgres, PostgresUrls, find_postgres, home_of, tool
from tests.launcher.test_up import cli
from tests.support.databases import drop_database, make_database, with_database
from tests.support.services import running_postgres


def fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.names (name public.citext, n int)")
        connection.execute("CREATE INDEX ON shop.names USING gin (name public.gin_trgm_ops)")
        connection.execute("INSERT INTO shop.names SELECT 'Crème ' || n, n FROM generate_series(1, 1000) n")
        connection.execute("GRANT USAGE ON SCHEMA shop TO surehold_app")
        connection.execute("GRANT SELECT ON shop.names TO surehold_app")


def count(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM shop.names WHERE name = ('crème ' || n)::public.citext"
        ).fetchone()
    assert row is not None
    return row[0]


def test_what_is_backed_up_is_restored_with_its_rights(shop_folder: Path, tmp_path: Path) -> None:
    with running_postgres(tmp_path / "source") as source:
        fill(source.urls.owner)
        source.server.stop()
        saved = cli("db", "backup", str(tmp_path / "shop.dump"), folder=tmp_path / "source")
        assert saved.returncode == 0, saved.stdout + saved.stderr
    restored = cli("db", "restore", str(tmp_path / "shop.dump"), folder=shop_folder)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    with running_postgres(shop_folder) as target:
        assert count(target.urls.app) == 1000
        target.server.stop()
        again = cli("db", "restore", str(tmp_path / "shop.dump"), folder=shop_folder)
        assert again.returncode == 1
        assert "is not empty" in again.stdout


def test_a_database_that_was_named_is_the_one(postgres_urls: PostgresUrls, shop_folder: Path, tmp_path: Path) -> None:
    dump, urls = str(tmp_path / "shop.dump"), dict[str, str]()
    for name in ("backup_from", "backup_into"):
        make_database(postgres_urls.owner, name)
        urls[name] = with_database(postgres_urls.owner, name)
    try:
        fill(urls["backup_from"])
        saved = cli("db", "backup", dump, folder=shop_folder, SUREHOLD_DATABASE_URL=urls["backup_from"])
        assert saved.returncode == 0, saved.stdout + saved.stderr
        for code, said in ((0, "is restored"), (1, "The database that was named is not empty")):
            into = cli("db", "restore", dump, "--database-owner-url", urls["backup_into"], folder=shop_folder)
            assert (into.returncode, said in into.stdout) == (code, True), into.stdout + into.stderr
        assert count(urls["backup_into"]) == 1000
        assert not holds_data(shop_folder)
    finally:
        for name in urls:
            drop_database(postgres_urls.owner, name)


def test_from_one_major_version_to_the_next(shop_folder: Path, tmp_path: Path) -> None:
    old = EmbeddedPostgres(shop_folder, binaries=find_postgres(POSTGRES_17_PACKAGE))
    urls = old.start()
    fill(urls.owner)
    dump = [
        old.tool("pg_dump"),
        "--format=custom",
        "--exclude-extension=*",
        "--file",
        tmp_path / "shop.dump",
        urls.owner,
    ]
    subprocess.run(dump, check=True)
    old.stop()
    (home_of(shop_folder) / "pg17").rename(home_of(shop_folder) / "set-aside")
    restored = cli("db", "restore", str(tmp_path / "shop.dump"), folder=shop_folder)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    with running_postgres(shop_folder) as target:
        assert count(target.urls.app) == 1000


def test_tools_are_part_of_the_wheel() -> None:
    for name in ("psql", "pgbench", "pg_dump", "pg_restore"):
        said = subprocess.run([tool(name), "--version"], capture_output=True, text=True, check=True).stdout
        assert said.startswith(f"{name} (PostgreSQL) 18.")
