"""The seam to what makes a database a shop: `surehold.app.boot`, which knows the migrations and the demo."""

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Protocol, cast

from surehold.platform.embedded import PostgresUrls


class StaffLogin(Protocol):
    """A login to show at the end of `up`."""

    @property
    def email(self) -> str: ...
    @property
    def password(self) -> str: ...


class Boot(Protocol):
    """What `surehold.app.boot` offers."""

    def migrate(self, urls: PostgresUrls) -> None:
        """Brings the database to this version; does nothing when it is there."""
        ...

    def furnish(self, environment: Mapping[str, str]) -> StaffLogin | None:
        """Loads the demo into an empty shop, makes the first admin where there is none; returns the latter's login if it opens."""
        ...


def find_boot() -> Boot | None:
    """The hooks, or None in an installation that has none."""
    if find_spec("surehold.app.boot") is None:
        return None
    return cast("Boot", importlib.import_module("surehold.app.boot"))
