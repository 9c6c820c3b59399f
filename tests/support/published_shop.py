"""A data folder in which a shop runs, as far as other commands can tell: its lock is held, its variables are published."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surehold.app.up.environment import publish
from surehold.app.up.shop_lock import shop_lock
from surehold.platform.embedded import PostgresUrls


@contextmanager
def published_shop(folder: Path, urls: PostgresUrls, valkey_url: str, **more: str) -> Iterator[dict[str, str]]:
    """Holds and publishes for the length of the block; out goes what is published."""
    lock = shop_lock(folder)
    lock.acquire()
    environment = {
        "SUREHOLD_DATABASE_URL": urls.app,
        "SUREHOLD_DATABASE_OWNER_URL": urls.owner,
        "SUREHOLD_AUDIT_URL": urls.audit,
        "SUREHOLD_VALKEY_URL": valkey_url,
        "SUREHOLD_DATA_DIR": str(folder),
        "SUREHOLD_HOST": "127.0.0.1",
        "SUREHOLD_PORT": "8000",
        **more,
    }
    try:
        publish(folder, environment)
        yield environment
    finally:
        lock.release()
