"""Settings are checked before anything starts, by `up` and by `config check`, and each refusal names its variable."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.up.environment import require_settings
from surehold.app.up.errors import StartError
from surehold.app.up.options import ServerUrls, UpOptions


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "VALKEY_URL", "SECRET_KEY", "SECRET_KEY_FILE", "DATA_DIR"):
        monkeypatch.delenv(f"SUREHOLD_{name}", raising=False)


def options(folder: Path) -> UpOptions:
    return UpOptions(folder, "127.0.0.1", 8000, 1, ServerUrls())


def config_check() -> tuple[int, str]:
    said = CliRunner().invoke(build(["config"]), ["config", "check"])
    return said.exit_code, said.output


def test_an_empty_environment_is_enough_for_up(tmp_path: Path) -> None:
    require_settings(options(tmp_path))
    assert config_check()[0] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUREHOLD_CART_HOLD_S", "soon"),
        ("SUREHOLD_CART_HOLD_S", "899"),
        ("SUREHOLD_CART_HOLD_S", "1801"),
        ("SUREHOLD_CART_MAX_HOLD_S", "60"),
        ("SUREHOLD_CART_HOLDS", "60"),
        ("SUREHOLD_CHECKOUT_HOLD_S", "900"),
        ("SUREHOLD_CART_MERGE_STRATEGY", "lowest"),
        ("SUREHOLD_TRUSTED_PROXIES", "10.0.0.300"),
        ("SUREHOLD_TRUSTED_PROXIES", "proxy.example"),
        ("SUREHOLD_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SUREHOLD_TRUSTED_PROXIES", "10.0.0.1, 0.0.0.0/0"),
        ("SUREHOLD_TRUSTED_PROXIES", "::ffff:10.0.0.1"),
        ("SUREHOLD_EDGE_TRUSTED_PROXIES", "all"),
        ("SUREHOLD_EDGE_METRICS_NETWORKS", "inside"),
        ("SUREHOLD_EDGE_UNLIMITED_NETWORKS", "10.0.0.0/33"),
    ],
)
def test_a_broken_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartError, match=name):
        require_settings(options(tmp_path))
    code, said = config_check()
    assert code == 2
    assert name in said


def test_a_wrong_proxy_is_told_in_one_line_that_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong, right in (("10.0.0.1/8", "write 10.0.0.0/8 or"), ("proxy", "like 10.0.0.5 or"), ("::/0", "everybody")):
        monkeypatch.setenv("SUREHOLD_TRUSTED_PROXIES", wrong)
        code, said = config_check()
        assert (code, said.count("\n")) == (2, 1)
        assert right in said


def test_whether_it_is_https_follows_from_its_address_unless_somebody_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not require_settings(options(tmp_path)).core.secure
    monkeypatch.setenv("SUREHOLD_PUBLIC_URL", "https://shop.example")
    assert require_settings(options(tmp_path)).core.secure
    monkeypatch.setenv("SUREHOLD_SECURE", "no")
    assert not require_settings(options(tmp_path)).core.secure


def test_servers_of_your_own_need_all_that_a_process_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREHOLD_DATABASE_URL", "postgresql://shop@db/shop")
    code, said = config_check()
    assert code == 2
    assert "SUREHOLD_SECRET_KEY" in said
    monkeypatch.setenv("SUREHOLD_SECRET_KEY", "0" * 64)
    monkeypatch.setenv("SUREHOLD_DATA_DIR", "shop")
    monkeypatch.setenv("SUREHOLD_VALKEY_URL", "nonsense")
    assert "SUREHOLD_VALKEY_URL" in config_check()[1]
    monkeypatch.setenv("SUREHOLD_VALKEY_URL", "valkey://cache:6379")
    assert config_check()[0] == 0


def test_who_only_looks_makes_no_shop(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    for words in (["dead-letters", "list"], ["db", "backup", str(tmp_path / "dump")], ["db", "migrate"]):
        said = CliRunner().invoke(build(words), [*words, "--data-dir", str(folder)])
        assert said.exit_code == 1, words
        assert "There is no shop in" in said.output, words
        assert not folder.exists()
