"""What `up` was asked to do."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]  # the checkout
DEFAULT_DATA_DIR = ROOT / ".surehold"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DEFAULT_WORKERS = 2
WORKERS_MAX = 64


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Servers of your own, instead of the embedded ones. `owner` and `audit` default to `database`."""

    database: str | None = None
    owner: str | None = None
    audit: str | None = None
    valkey: str | None = None


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The place, the address and the servers of one shop."""

    data_dir: Path
    host: str
    port: int
    workers: int
    urls: ServerUrls
