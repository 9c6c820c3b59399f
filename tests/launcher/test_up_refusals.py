"""What the machine refuses to `up`, on servers of one's own as well: one clear line each, never a traceback."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from surehold.app.up.ports import free_port
from surehold.platform.embedded import PostgresUrls
from tests.embedded.test_faults import small_disk
from tests.launcher.test_up import cli
from tests.support.databases import drop_database, make_database, with_database

KEY = {"SUREHOLD_SECRET_KEY": "ab" * 32}


@pytest.fixture
def servers(postgres_urls: PostgresUrls, template_database: str, valkey_url: str) -> Iterator[list[str]]:
    """Options that name servers of one's own, with a migrated database."""
    name = f"refusals_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    app, owner, audit = (
        with_database(url, name) for url in (postgres_urls.app, postgres_urls.owner, postgres_urls.audit)
    )
    yield ["--database-url", app, "--database-owner-url", owner, "--audit-url", audit, "--valkey-url", valkey_url]
    drop_database(postgres_urls.owner, name)


def last_line(said: subprocess.CompletedProcess[str]) -> str:
    assert said.returncode == 1, said.stdout
    assert said.stderr == ""
    line = said.stdout.splitlines()[-1]
    assert line.startswith("✗ ")
    return line


def up(folder: Path, *options: str, **variables: str) -> str:
    return last_line(cli("up", "--port", str(free_port()), *options, folder=folder, **variables))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("variables", [{}, KEY])
def test_a_full_disk_is_told(tmp_path: Path, servers: list[str], variables: dict[str, str]) -> None:
    """The key, the login of the first admin, logs and what is published: whatever is written first."""
    with small_disk(tmp_path / "shop", "32k") as disk:
        (disk / "up.lock").write_text("0" * 64)
        with pytest.raises(OSError, match="No space"):
            (disk / "ballast").write_bytes(b"0" * 65_536)
        line = up(disk, *servers, **variables)
        assert "is full. Free some space" in line


def test_keys_of_another_shop_are_told(tmp_path: Path, servers: list[str]) -> None:
    with psycopg.connect(servers[servers.index("--database-url") + 1], autocommit=True) as connection:
        connection.execute("select platform.note_index_key('\\x0123456789abcdef')")
    line = up(tmp_path, *servers, **KEY)
    assert "looks things up with the index key 0123456789abcdef" in line
    assert "give the blind-index entry that belongs to it" in line


def test_what_lies_in_the_way_is_told(tmp_path: Path, servers: list[str]) -> None:
    (tmp_path / "logs").write_text("mine")
    assert f"{tmp_path}/logs" in up(tmp_path, *servers)
    (tmp_path / "logs").unlink()
    (tmp_path / "staff-login.txt").unlink()
    (tmp_path / "secret.key").unlink()
    (tmp_path / "secret.key.tmp").mkdir()
    assert f"{tmp_path}/secret.key.tmp" in up(tmp_path, *servers)


def test_on_embedded_engines_as_well(shop_folder: Path) -> None:
    shop_folder.mkdir()
    (shop_folder / "logs").write_text("mine")
    assert f"{shop_folder}/logs" in up(shop_folder)


@pytest.mark.parametrize("option", ["--database-url", "--valkey-url"])
def test_a_url_that_is_none_is_told_without_its_password(shop_folder: Path, servers: list[str], option: str) -> None:
    scheme = {"--database-url": "postgresql", "--valkey-url": "redis"}[option]
    line = up(shop_folder, *servers, option, f"{scheme}://shop:se[cret@127.0.0.1:1/0")
    assert "does not answer" in line
    assert f"Check {option}." in line
    assert "shop:…@127.0.0.1" in line
