"""What `up` was asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.tls import NO_HTTPS, HttpsChoice

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

    @property
    def are_given(self) -> bool:
        """Whether any server was named."""
        return self != ServerUrls()

    @property
    def are_whole(self) -> bool:
        """Whether nothing embedded is needed beside them."""
        return bool(self.database and self.valkey)

    def agree_with(self, environment: Mapping[str, str]) -> bool:
        """Whether the shop that an environment describes uses every server that was named."""
        named = {
            "SUREHOLD_DATABASE_URL": self.database,
            "SUREHOLD_DATABASE_OWNER_URL": self.owner,
            "SUREHOLD_AUDIT_URL": self.audit,
            "SUREHOLD_VALKEY_URL": self.valkey,
        }
        return all(environment.get(name) == url for name, url in named.items() if url)


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The place, the address and the servers of one shop."""

    data_dir: Path
    host: str
    port: int
    workers: int
    urls: ServerUrls
    https: HttpsChoice = NO_HTTPS
