"""Which shop a command works on: the one that runs, the one whose servers are named, the one in the folder; never another."""

from pathlib import Path

import pytest

from surehold.app.settings import SettingsError
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.environment import published_address
from surehold.app.up.errors import StartError
from surehold.app.up.options import ServerUrls
from surehold.app.up.secret_key import settings_of
from surehold.platform.embedded import EmbeddedError, PostgresUrls
from tests.support.published_shop import published_shop

ELSEWHERE = PostgresUrls("postgresql://o@x/x", "postgresql://a@x/x", "postgresql://u@x/x")
KEYS = {"SUREHOLD_SECRET_KEY", "SUREHOLD_SECRET_KEY_FILE"}


def named(urls: PostgresUrls, valkey_url: str | None) -> ServerUrls:
    return ServerUrls(urls.app, urls.owner, urls.audit, valkey_url)


def test_a_shop_that_runs_is_taken_as_it_is(tmp_path: Path) -> None:
    with published_shop(tmp_path, ELSEWHERE, "valkey://x") as environment:
        for urls in (ServerUrls(), ServerUrls(ELSEWHERE.app), named(ELSEWHERE, "valkey://x")):
            with borrowed_shop(tmp_path, urls) as shop:
                assert shop.environment == environment
                assert shop.is_running


def test_servers_that_were_named_are_used_beside_a_shop_that_runs_on_others(
    postgres_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    with published_shop(tmp_path, ELSEWHERE, "valkey://x"):
        with borrowed_shop(tmp_path, named(postgres_urls, valkey_url)) as shop:
            assert shop.environment["SUREHOLD_DATABASE_URL"] == postgres_urls.app
            assert shop.environment["SUREHOLD_DATABASE_OWNER_URL"] == postgres_urls.owner
            assert shop.environment["SUREHOLD_AUDIT_URL"] == postgres_urls.audit
            assert shop.environment["SUREHOLD_VALKEY_URL"] == valkey_url
        for half in (ServerUrls(postgres_urls.app), ServerUrls(valkey=valkey_url)):
            with pytest.raises(EmbeddedError, match=r"uses other servers.*--database-url, --valkey-url"):
                borrowed_shop(tmp_path, half).__enter__()


def test_another_shop_is_never_given_the_key_of_the_folders(
    postgres_urls: PostgresUrls, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, urls = tmp_path / "shop", named(postgres_urls, valkey_url)
    folder.mkdir()
    (folder / "secret.key").write_text("ab" * 32)
    (tmp_path / "theirs.key").write_text("cd" * 32)
    with published_shop(folder, ELSEWHERE, "valkey://x"):
        with (
            borrowed_shop(folder, urls) as shop,
            pytest.raises(SettingsError, match="SUREHOLD_SECRET_KEY_FILE is missing"),
        ):
            settings_of(shop.environment)
        monkeypatch.setenv("SUREHOLD_SECRET_KEY_FILE", str(tmp_path / "theirs.key"))
        with borrowed_shop(folder, urls) as shop:
            assert settings_of(shop.environment).core.secret_key.hex() == "cd" * 32
        monkeypatch.setenv("SUREHOLD_SECRET_KEY", "ef" * 32)
        with borrowed_shop(folder, urls) as shop:
            assert settings_of(shop.environment).core.secret_key.hex() == "ef" * 32


def test_servers_that_were_named_need_nothing_embedded_and_no_key_of_another_shop(
    postgres_urls: PostgresUrls, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with borrowed_shop(tmp_path, named(postgres_urls, valkey_url)) as shop:
        assert shop.environment["SUREHOLD_DATABASE_URL"] == postgres_urls.app
        assert not KEYS & set(shop.environment)
    assert [path.name for path in tmp_path.iterdir()] == ["up.lock"]
    monkeypatch.setenv("SUREHOLD_SECRET_KEY_FILE", str(tmp_path / "key"))
    with borrowed_shop(tmp_path, named(postgres_urls, valkey_url)) as shop:
        assert shop.environment["SUREHOLD_SECRET_KEY_FILE"] == str(tmp_path / "key")


def test_a_shop_on_its_way_up_is_waited_for_by_nobody(tmp_path: Path) -> None:
    with published_shop(tmp_path, ELSEWHERE, "valkey://x"):
        tmp_path.joinpath("running.json").unlink()
        with pytest.raises(EmbeddedError, match="is already running"):
            borrowed_shop(tmp_path).__enter__()


def test_a_server_that_does_not_answer_is_one_line(valkey_url: str, tmp_path: Path) -> None:
    for url in ("postgresql://a:secret@127.0.0.1:1/x", "nonsense", "postgresql://a:sec[ret@127.0.0.1:1/x"):
        with pytest.raises(StartError, match="does not answer") as refused:
            borrowed_shop(tmp_path, ServerUrls(url, valkey=valkey_url)).__enter__()
        assert "ret" not in str(refused.value).partition("does not answer")[0]


def test_who_only_looks_needs_a_shop_or_its_database(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="There is no shop in"):
        require_shop(tmp_path / "none")
    require_shop(tmp_path / "none", ServerUrls("postgresql://x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.7", "192.0.2.7")],
)
def test_a_running_shop_is_reached_where_it_listens(host: str, reached_at: str) -> None:
    assert published_address({"SUREHOLD_HOST": host, "SUREHOLD_PORT": "8100"}) == (reached_at, 8100)
