"""`surehold doctor` as a person calls it: on a shop that runs, on one that is stopped, and on what is neither."""

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.doctor import load_checks
from surehold.app.schema import bring_up_to_date
from surehold.platform.embedded import PostgresUrls
from tests.doctor.conftest import SEED
from tests.doctor.test_doctor import INJURIES
from tests.support.published_shop import published_shop
from tests.support.services import running_postgres

OF_TIME = ["I4.expired", "I7.unknown", "I11.waiting", "I15.news"]


def call(*words: str) -> tuple[int, str]:
    """The exit code and what was said; an error that is not told in words is raised."""
    result = CliRunner().invoke(build(["doctor"]), ["doctor", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_shop_that_runs_is_found_by_its_folder(shop_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    with published_shop(tmp_path, shop_urls, valkey_url):
        assert call("--data-dir", str(tmp_path)) == (0, call("--database-url", shop_urls.app)[1])
        with psycopg.connect(shop_urls.owner, autocommit=True) as connection:
            connection.execute(INJURIES["I4.expired"])
        code, said = call("--data-dir", str(tmp_path), "--only", "I4")
    assert code == 1
    assert "1 of 2 checks found something wrong." in said


def test_a_stopped_shop_is_not_blamed_for_the_time_that_passed(shop_folder: Path) -> None:
    with running_postgres(shop_folder) as running:
        bring_up_to_date(running.urls.owner)
        with psycopg.connect(running.urls.owner, autocommit=True) as connection:
            connection.execute(SEED)
            connection.execute(INJURIES["I11.waiting"])
        running.server.stop()
        code, said = call("--data-dir", str(shop_folder))
        assert code == 0
        assert (
            f"All {len(load_checks()) - len(OF_TIME)} checks passed. {len(OF_TIME)} were not judged: no worker runs."
            in said
        )
        told = json.loads(call("--data-dir", str(shop_folder), "--json")[1])
        assert [check["id"] for check in told["checks"] if not check["judged"]] == OF_TIME
        urls = running.server.start()
        with psycopg.connect(urls.owner, autocommit=True) as connection:
            connection.execute(INJURIES["I1.stock"])
        assert call("--database-url", urls.app, "--only", "I11.waiting")[0] == 1  # of a server of your own it is
        running.server.stop()
        assert call("--data-dir", str(shop_folder))[0] == 1  # what time does not explain is told all the same


@pytest.mark.parametrize("url", ["foo", "postgresql://x:sec[ret@h/x", "postgresql://x@127.0.0.1:1/x", "host=/nowhere"])
def test_what_is_no_database_gives_one_line(url: str) -> None:
    code, said = call("--database-url", url)
    assert code == 2
    assert said.startswith("The database cannot be asked: ")
    assert len(said.splitlines()) == 1


def test_a_folder_that_may_not_be_read_gives_one_line(shop_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    call("--database-url", "foo")  # what the command imports may lie where the other user cannot read
    tmp_path.chmod(0o755)
    with published_shop(tmp_path / "shop", shop_urls, valkey_url), as_somebody_else(tmp_path / "shop"):
        code, said = call("--data-dir", str(tmp_path / "shop"))
    assert code == 2
    assert "This user may not use" in said
    assert len(said.splitlines()) == 1


@contextmanager
def as_somebody_else(folder: Path) -> Iterator[None]:
    """Without the right to look into a folder: by closing it, or for root, whom nothing is closed to, by being `nobody`."""
    root = os.geteuid() == 0
    mode = folder.stat().st_mode
    if root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    else:
        folder.chmod(0)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        else:
            folder.chmod(mode)
