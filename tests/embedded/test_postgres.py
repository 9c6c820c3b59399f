"""PostgreSQL in a data folder: what a shop relies on."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from surehold.platform.embedded import EmbeddedError, EmbeddedPostgres, PostgresUrls, home_of
from tests.support.services import running_postgres, running_valkey


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_durability_is_the_default_one(postgres_urls: PostgresUrls) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert ask(postgres_urls.app, f"SHOW {setting}") == "on"


def test_roles_are_what_they_are_named(postgres_urls: PostgresUrls) -> None:
    for url, role in ((postgres_urls.owner, "owner"), (postgres_urls.app, "app"), (postgres_urls.audit, "audit")):
        assert ask(url, "SELECT current_user") == f"surehold_{role}"
        assert (
            ask(url, "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            is False
        )


def test_app_and_audit_may_make_nothing(postgres_urls: PostgresUrls) -> None:
    for url in (postgres_urls.app, postgres_urls.audit):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in ("CREATE SCHEMA x", "CREATE TABLE public.x (y int)", "CREATE DATABASE x"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_extensions_are_there(postgres_urls: PostgresUrls) -> None:
    assert (
        ask(postgres_urls.owner, "SELECT unaccent('Crème') || similarity('crème', 'creme')::text LIKE 'Creme%'") is True
    )
    assert ask(postgres_urls.owner, "SELECT 'A'::citext = 'a'::citext") is True


def test_owner_makes_databases_that_have_the_extensions(postgres_urls: PostgresUrls) -> None:
    with psycopg.connect(postgres_urls.owner, autocommit=True) as connection:
        connection.execute("CREATE DATABASE made_by_owner")
    url = postgres_urls.owner.replace("/surehold?", "/made_by_owner?")
    assert ask(url, "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_trgm', 'unaccent', 'citext')") == 3


def test_nobody_enters_without_the_password(postgres_urls: PostgresUrls) -> None:
    head, _, tail = postgres_urls.app.partition("@")
    wrong = head.rpartition(":")[0] + ":wrong@" + tail
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_nothing_listens_on_the_network(postgres_urls: PostgresUrls) -> None:
    assert ask(postgres_urls.app, "SHOW listen_addresses") == ""


def test_sorting_does_not_depend_on_the_machine(postgres_urls: PostgresUrls) -> None:
    assert (
        ask(postgres_urls.app, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'surehold'")
        == "bC.UTF-8"
    )


def test_what_was_committed_survives_every_way_of_stopping(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    urls = server.start()
    with psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE public.kept (n int)")
    for n, end in enumerate((server.stop, lambda: server.stop("immediate"), server.kill)):
        with psycopg.connect(server.start().owner) as connection:
            connection.execute("INSERT INTO public.kept VALUES (%s)", (n,))
        end()
        assert server.pid is None
    assert server.start() == urls
    assert ask(urls.owner, "SELECT array_agg(n ORDER BY n) FROM public.kept") == [0, 1, 2]
    server.stop()


def test_sessions_of_a_killed_server_do_not_hinder_the_next_start(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    urls = server.start()
    with psycopg.connect(urls.app) as busy:
        backend = busy.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # a session that cannot notice that its server died
        server.kill()
        server.start()
        assert ask(urls.app, "SELECT 1") == 1
    server.stop()


def test_pid_file_of_a_stranger_is_no_obstacle(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    urls = server.start()
    server.kill()
    pid_file = home_of(shop_folder) / "pg18" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]))  # after a power cut, numbers are dealt anew
    server.start()
    assert ask(urls.app, "SELECT 1") == 1
    server.stop()


def test_second_server_on_the_same_folder_is_refused(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    server.start()
    with pytest.raises(EmbeddedError, match=rf"already running \(process {os.getpid()}\).*SUREHOLD_DATA_DIR"):
        EmbeddedPostgres(shop_folder).start()
    server.stop()


def test_two_shops_run_side_by_side(shop_folder: Path, postgres_urls: PostgresUrls) -> None:
    server = EmbeddedPostgres(shop_folder)
    urls = server.start()
    assert urls.app != postgres_urls.app
    assert ask(urls.app, "SELECT 1") == ask(postgres_urls.app, "SELECT 1")
    server.stop()


def test_lost_passwords_are_set_anew_and_data_kept(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    before = server.start()
    with psycopg.connect(before.owner) as connection:
        connection.execute("CREATE TABLE public.kept AS SELECT 7 AS n")
    server.stop()
    (shop_folder / "engines.json").unlink()
    after = server.start()
    assert after.owner != before.owner
    assert ask(after.owner, "SELECT n FROM public.kept") == 7
    server.stop()


def test_passwords_are_for_the_owner_only(shop_folder: Path) -> None:
    server = EmbeddedPostgres(shop_folder)
    server.start()
    server.stop()
    assert (shop_folder / "engines.json").stat().st_mode & 0o777 == 0o600
    assert (home_of(shop_folder) / "pg18").stat().st_mode & 0o777 == 0o700


def test_folders_that_exist_keep_their_mode(tmp_path: Path, shop_folder: Path) -> None:
    shop_folder.mkdir(mode=0o750)
    tmp_path.chmod(0o755)
    server = EmbeddedPostgres(shop_folder)
    server.start()
    server.stop()
    assert shop_folder.stat().st_mode & 0o777 == 0o750
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_very_long_path(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a very long folder name, with spaces and ünïcode " * 3] * 4)
    with running_valkey(folder), running_postgres(folder) as running:
        assert ask(running.urls.app, "SELECT 1") == 1
