"""The shop's engines for a command that needs them for a while: those of a running `up`, servers that were named, or our own."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.engines import Engines, EngineUrls
from surehold.app.up.environment import published, shop_environment
from surehold.app.up.fresh import holds_data
from surehold.app.up.options import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_WORKERS, ServerUrls, UpOptions
from surehold.app.up.secret_key import given_key, key_variables
from surehold.app.up.shop_lock import shop_lock
from surehold.platform.embedded import EmbeddedError, FolderLock
from surehold.platform.embedded.errors import from_os_error

NO_URLS = ServerUrls()


@dataclass(frozen=True, slots=True)
class BorrowedShop:
    """A shop's environment variables, and whether it is at work: else nobody sweeps, sends or recovers anything in it."""

    environment: dict[str, str]
    is_running: bool


def require_shop(data_dir: Path, urls: ServerUrls = NO_URLS) -> None:
    """EmbeddedError if there is no shop, neither in a folder nor by URL: who only looks must not make one."""
    if urls.database:
        return
    folder = data_dir.expanduser().resolve()
    try:
        is_there = holds_data(folder) or published(folder) is not None
    except OSError as error:
        raise from_os_error(error, place=folder) from error
    if not is_there:
        raise EmbeddedError(f"There is no shop in {data_dir}: name its folder with --data-dir or SUREHOLD_DATA_DIR.")


@contextmanager
def borrowed_shop(data_dir: Path, urls: ServerUrls = NO_URLS) -> Generator[BorrowedShop]:
    """The shop in a folder, its engines running for the length of the block. Servers that are named are those that are used.

    Raises EmbeddedError or StartError with one line that says what to do.
    """
    data_dir = data_dir.expanduser().resolve()
    lock = shop_lock(data_dir)
    running = _taken(lock, data_dir, urls)
    if running is not None:
        yield running
        return
    engines = Engines(data_dir, urls)
    try:
        started = EngineUrls(engines.start_postgres(), engines.start_valkey())
        key = _folders_key(data_dir, urls)
        yield BorrowedShop(_environment(data_dir, urls, started, key), is_running=urls.database is not None)
    finally:
        engines.stop()
        lock.release()


def _taken(lock: FolderLock, data_dir: Path, urls: ServerUrls) -> BorrowedShop | None:
    """None when the folder is ours now; else the shop that runs in it, if it is the one that is meant."""
    try:
        lock.acquire()
    except EmbeddedError:
        environment = published(data_dir)
        if environment is not None and urls.agree_with(environment):
            return BorrowedShop(environment, is_running=True)
        if urls.are_whole:  # another shop than the one in the folder, and nothing of the folder's is needed for it
            engines = Engines(data_dir, urls)
            started = EngineUrls(engines.start_postgres(), engines.start_valkey())
            # The folder's key is that of its own shop: sealed with it, the other's data would be lost to it.
            return BorrowedShop(_environment(data_dir, urls, started, given_key()), is_running=True)
        if urls.are_given and environment is not None:
            raise EmbeddedError(
                f"The shop that runs in {data_dir} uses other servers than those that were named. Name the database and the "
                "Valkey of the one you mean (--database-url, --valkey-url), or leave both out."
            ) from None
        raise  # it is on its way up or down
    return None


def _folders_key(data_dir: Path, urls: ServerUrls) -> Mapping[str, str]:
    """A key is made only where the database is made: sealed with a key of its own, data elsewhere would be lost to its shop."""
    try:
        return key_variables(data_dir, may_make=urls.database is None)
    except OSError as error:
        raise from_os_error(error, place=data_dir) from error


def _environment(data_dir: Path, urls: ServerUrls, started: EngineUrls, key: Mapping[str, str]) -> dict[str, str]:
    return shop_environment(UpOptions(data_dir, DEFAULT_HOST, DEFAULT_PORT, DEFAULT_WORKERS, urls), started, key=key)
