"""A shop that was given the keys of another does not start, and says why, before anybody is told that they have no account."""

import subprocess
import sys
from pathlib import Path

import psycopg

from surehold.app.up.ports import free_port
from surehold.app.up.services import serve_command
from surehold.platform.embedded import PostgresUrls
from surehold.platform.sealed import KeyRing, key_id
from tests.support.api import SECRET_KEY, environment_of

START_TIMEOUT_S = 60.0


def test_the_api_refuses_another_index_key(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    mine, other = (key_id(KeyRing(current=key).index_key) for key in (SECRET_KEY, b"o" * 32))
    with psycopg.connect(database_urls.app, autocommit=True) as connection:
        connection.execute("select platform.note_index_key(%s)", (mine,))
    environment = environment_of(database_urls.app, valkey_url, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", *serve_command("127.0.0.1", free_port(), 1)],
        env={**environment, "SUREHOLD_SECRET_KEY": (b"o" * 32).hex()},
        capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert f"with the index key {mine.hex()}, and the keys that were given bring {other.hex()}" in said
    assert (b"o" * 32).hex() not in said
