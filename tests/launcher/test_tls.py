"""Servers of one's own over TLS, when their URLs say so: every process of the shop speaks it, and trusts only the named authority."""

import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from surehold.app.up.ports import free_port
from surehold.platform.embedded import PostgresUrls
from surehold.platform.valkey import with_checked_name
from tests.support.databases import drop_database, make_database
from tests.support.real_up import real_up, run_command
from tests.support.tls_proxy import HOST, TlsProxy, make_authority, tls_proxy


@dataclass(frozen=True)
class Servers:
    """Both servers behind TLS, the authority that vouches for them, and another."""

    postgres: TlsProxy
    valkey: TlsProxy
    authority: Path
    stranger: Path
    database: str
    urls: PostgresUrls
    valkey_password: str

    def options(self, *, database_authority: Path, valkey_authority: Path) -> list[str]:
        tls = f"sslmode=verify-full&sslrootcert={quote(str(database_authority), safe='')}"

        def at_proxy(url: str) -> str:
            parts = urlsplit(url)
            return f"postgresql://{parts.username}:{parts.password}@{HOST}:{self.postgres.port}/{self.database}?{tls}"

        trust = f"ssl_ca_certs={quote(str(valkey_authority), safe='')}"
        valkey_url = f"valkeys://:{self.valkey_password}@{HOST}:{self.valkey.port}/0?{trust}"
        return [
            *("--database-url", at_proxy(self.urls.app), "--database-owner-url", at_proxy(self.urls.owner)),
            *("--audit-url", at_proxy(self.urls.audit), "--valkey-url", valkey_url),
        ]


@pytest.fixture
def servers(postgres_urls: PostgresUrls, template_database: str, valkey_url: str, tmp_path: Path) -> Iterator[Servers]:
    name = f"tls_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    authority, context = make_authority(tmp_path, "our")
    stranger, _ = make_authority(tmp_path, "another")
    sockets = Path(parse_qs(urlsplit(postgres_urls.owner).query)["host"][0])
    valkey = urlsplit(valkey_url)
    with (
        tls_proxy(sockets / ".s.PGSQL.5432", context, speaks_postgres=True) as first,
        tls_proxy(Path(valkey.path), context) as second,
    ):
        yield Servers(first, second, authority, stranger, name, postgres_urls, valkey.password or "")
    drop_database(postgres_urls.owner, name)


def test_the_whole_shop_runs_over_tls(servers: Servers, tmp_path: Path) -> None:
    options = servers.options(database_authority=servers.authority, valkey_authority=servers.authority)
    with real_up(tmp_path / "shop", "--workers", "1", *options) as up:
        address = f"http://127.0.0.1:{up.port}"
        email, password = up.rows["Staff"].split()
        assert httpx.post(f"{address}/v1/session", json={"email": email, "password": password}).status_code == 200
        assert httpx.get(f"{address}/readyz").json()["status"] == "ready"
        doctor = run_command(tmp_path / "shop", "doctor")
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr
        assert up.interrupt() == 0
    assert servers.postgres.encrypted > 3
    assert servers.valkey.encrypted > 3
    assert servers.postgres.clear == 0
    assert not (tmp_path / "shop" / "engines.json").exists()


@pytest.mark.parametrize("which", ["database", "valkey"])
def test_a_server_that_the_named_authority_does_not_know_is_refused(
    servers: Servers, tmp_path: Path, which: str
) -> None:
    trusted = {"database_authority": servers.authority, "valkey_authority": servers.authority}
    options = servers.options(**{**trusted, f"{which}_authority": servers.stranger})
    said = refused_up(tmp_path / "shop", options)
    assert f"Check --{which}-url." in said
    assert "certificate verify failed" in said


@pytest.mark.parametrize("which", ["database", "valkey"])
def test_a_server_by_another_name_is_refused(servers: Servers, tmp_path: Path, which: str) -> None:
    """127.0.0.1 is the same proxy, and not in its certificate."""
    options = servers.options(database_authority=servers.authority, valkey_authority=servers.authority)
    port = servers.postgres.port if which == "database" else servers.valkey.port
    said = refused_up(tmp_path / "shop", [word.replace(f"@{HOST}:{port}", f"@127.0.0.1:{port}") for word in options])
    assert f"Check --{which}-url." in said
    assert "certificate" in said


@pytest.mark.parametrize(
    ("url", "is_checked"),
    [
        ("valkeys://cache:6379", True),
        ("rediss://:p@cache/0?ssl_ca_certs=ca.pem", True),
        ("rediss://cache?ssl_cert_reqs=none", False),
        ("valkey://cache:6379", False),
        ("unix://:p@/run/valkey.sock?db=0", False),
    ],
)
def test_the_name_in_valkeys_certificate_is_checked_unless_nothing_is(url: str, is_checked: bool) -> None:
    assert ("ssl_check_hostname=true" in with_checked_name(url)) is is_checked
    assert with_checked_name(with_checked_name(url)) == with_checked_name(url)
    assert is_checked or with_checked_name(url) == url


def refused_up(folder: Path, options: list[str]) -> str:
    said: subprocess.CompletedProcess[str] = run_command(folder, "up", "--port", str(free_port()), *options)
    assert said.returncode == 1
    assert said.stderr == ""
    return said.stdout.splitlines()[-1]
