"""The engines of one shop: embedded ones, or servers of your own by URL."""

from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.options import ServerUrls
from surehold.app.up.reach import require_postgres, require_valkey
from surehold.platform.embedded import EmbeddedPostgres, EmbeddedValkey, PostgresUrls


@dataclass(frozen=True, slots=True)
class EngineUrls:
    """Where the shop finds its database (per role) and its Valkey."""

    postgres: PostgresUrls
    valkey: str


class Engines:
    """Starts what no URL was given for; tends it and stops it."""

    def __init__(self, data_dir: Path, urls: ServerUrls) -> None:
        self._urls = urls
        self.postgres = None if urls.database else EmbeddedPostgres(data_dir)
        self.valkey = None if urls.valkey else EmbeddedValkey(data_dir)

    def start_postgres(self) -> PostgresUrls:
        """The database's URLs; blocks until an embedded one answers."""
        if self.postgres is not None:
            return self.postgres.start()
        database = self._urls.database or ""
        require_postgres(database)
        return PostgresUrls(self._urls.owner or database, database, self._urls.audit or database)

    def start_valkey(self) -> str:
        """Valkey's URL; blocks until an embedded one answers."""
        if self.valkey is not None:
            return self.valkey.start()
        url = self._urls.valkey or ""
        require_valkey(url)
        return url

    def tend(self) -> list[str]:
        """Starts again what died; returns lines to show. Raises EmbeddedError when that fails."""
        said: list[str] = []
        if self.postgres is not None and self.postgres.pid is None:
            self.postgres.start()
            said.append("PostgreSQL had ended; it runs again")
        if self.valkey is not None and self.valkey.pid is None:
            self.valkey.start()
            said.append("Valkey had ended; it runs again")
        return said

    def stop(self) -> None:
        """Stops Valkey, then PostgreSQL."""
        if self.valkey is not None:
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.stop()
