"""The shop's engines for a command that needs them for a while: those of a running `up`, or our own for as long as it takes."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from surehold.app.up.engines import Engines, EngineUrls
from surehold.app.up.environment import published, shop_environment
from surehold.app.up.fresh import holds_data
from surehold.app.up.options import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_WORKERS, ServerUrls, UpOptions
from surehold.app.up.shop_lock import shop_lock
from surehold.platform.embedded import EmbeddedError


def require_shop(data_dir: Path) -> None:
    """EmbeddedError if there is no shop in a folder: who only looks must not make one."""
    folder = data_dir.expanduser().resolve()
    if not holds_data(folder) and published(folder) is None:
        raise EmbeddedError(f"There is no shop in {data_dir}: name its folder with --data-dir or SUREHOLD_DATA_DIR.")


@contextmanager
def borrowed_shop(data_dir: Path, urls: ServerUrls | None = None) -> Generator[dict[str, str]]:
    """The environment variables of the shop in a folder, its engines running for the length of the block.

    Raises EmbeddedError with one line that says what to do.
    """
    data_dir = data_dir.expanduser().resolve()
    lock = shop_lock(data_dir)
    try:
        lock.acquire()
    except EmbeddedError:
        environment = published(data_dir)
        if environment is None:  # it is on its way up or down
            raise
        yield environment
        return
    engines = Engines(data_dir, urls or ServerUrls())
    try:
        options = UpOptions(data_dir, DEFAULT_HOST, DEFAULT_PORT, DEFAULT_WORKERS, urls or ServerUrls())
        yield shop_environment(options, EngineUrls(engines.start_postgres(), engines.start_valkey()))
    finally:
        engines.stop()
        lock.release()
