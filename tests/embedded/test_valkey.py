"""Valkey in a data folder."""

import os
import signal
from pathlib import Path

import pytest
import valkey

from surehold.platform.embedded import EmbeddedError, EmbeddedValkey, home_of
from tests.support.services import running_valkey


def client(url: str) -> valkey.Valkey:
    return valkey.Valkey.from_url(url, decode_responses=True)


def test_it_has_a_limit_and_evicts_only_what_ends(valkey_url: str) -> None:
    with client(valkey_url) as connection:
        settings = connection.config_get("maxmemory", "maxmemory-policy", "appendonly", "port")
    assert settings == {
        "maxmemory": str(256 * 1024**2),
        "maxmemory-policy": "volatile-lru",
        "appendonly": "yes",
        "port": "0",
    }


def test_nobody_enters_without_the_password(valkey_url: str) -> None:
    path = valkey_url.partition("@")[2]
    with client(f"unix://{path}") as connection, pytest.raises(valkey.exceptions.AuthenticationError):
        connection.get("anything")


def test_the_password_is_not_in_the_command_line(valkey_server: EmbeddedValkey, valkey_url: str) -> None:
    command = Path(f"/proc/{valkey_server.pid}/cmdline").read_bytes().decode()
    password = valkey_url.removeprefix("unix://:").partition("@")[0]
    assert "valkey-server" in command
    assert password not in command


def test_keys_survive_a_clean_stop(shop_folder: Path) -> None:
    with running_valkey(shop_folder) as (server, url):
        with client(url) as connection:
            connection.set("kept", "yes")
        server.stop()
        assert server.pid is None
        with client(server.start()) as connection:
            assert connection.get("kept") == "yes"


def test_it_starts_again_after_kill(shop_folder: Path) -> None:
    with running_valkey(shop_folder) as (server, url):
        server.kill()
        assert server.start() == url
        with client(url) as connection:
            assert connection.ping() is True


def test_a_frozen_one_that_was_left_behind_is_ended(shop_folder: Path) -> None:
    with running_valkey(shop_folder) as (first, _):
        assert first.pid is not None
        os.kill(first.pid, signal.SIGSTOP)
        first._release()  # as if its launcher were gone, and with it the lock
        with running_valkey(shop_folder) as (_, url), client(url) as connection:
            assert connection.ping() is True
            assert first.pid is None


def test_second_one_on_the_same_folder_is_refused(shop_folder: Path) -> None:
    with running_valkey(shop_folder), pytest.raises(EmbeddedError, match="already running"):
        EmbeddedValkey(shop_folder).start()


def test_a_cut_file_is_read_up_to_the_cut(shop_folder: Path) -> None:
    with running_valkey(shop_folder) as (server, url):
        with client(url) as connection:
            connection.set("first", "1")
            connection.set("second", "2" * 1000)
        server.stop()
        log = next((home_of(shop_folder) / "valkey" / "appendonlydir").glob("*.incr.aof"))
        os.truncate(log, log.stat().st_size - 100)
        with client(server.start()) as connection:
            assert connection.get("first") == "1"
            assert connection.get("second") is None


def test_an_unreadable_file_is_set_aside(shop_folder: Path) -> None:
    with running_valkey(shop_folder) as (server, url):
        with client(url) as connection:
            connection.mset({f"key{n}": "x" * 100 for n in range(100)})
        server.stop()
        log = next((home_of(shop_folder) / "valkey" / "appendonlydir").glob("*.incr.aof"))
        log.write_bytes(b"not what it was\r\n" + log.read_bytes())
        with client(server.start()) as connection:
            assert connection.dbsize() == 0
        assert [path.name for path in home_of(shop_folder).glob("valkey.broken-*")] != []
