"""What makes a database a shop: its tables, and the demo if nothing is there yet."""

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surehold.app.container import Tools, open_tools
from surehold.app.demo import load_demo_if_empty as load_demo
from surehold.app.importing.services import make_importer
from surehold.app.schema import bring_up_to_date
from surehold.app.settings import read_settings
from surehold.modules.catalog import CatalogIntake
from surehold.modules.identity import EmailTakenError
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role

DEMO_STAFF_EMAIL = "staff@quillmoor.example"
STAFF_FILE = "staff-login.txt"
PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """A login to show at the end of `up`."""

    email: str
    password: str


def migrate(urls: PostgresUrls) -> None:
    """Bring the database to this version; does nothing when it is there."""
    bring_up_to_date(urls.owner)


def load_demo_if_empty(environment: Mapping[str, str]) -> StaffLogin | None:
    """Load the demo shop into an empty one; out goes the demo's staff login while this shop has one."""
    return asyncio.run(_load_demo_if_empty(environment))


async def _load_demo_if_empty(environment: Mapping[str, str]) -> StaffLogin | None:
    settings = read_settings(environment)
    folder = settings.core.data_dir
    async with open_tools(settings) as tools:
        nerves = tools.nerves
        importer = make_importer(tools.db, folder / "media", nerves.invalidator, nerves.waker)
        intake = CatalogIntake(tools.db, invalidator=nerves.invalidator, waker=nerves.waker)
        if await load_demo(intake, tools.parts.inventory, importer):
            return await _make_staff(tools, folder / STAFF_FILE)
    return _known_staff(folder / STAFF_FILE)


async def _make_staff(tools: Tools, file: Path) -> StaffLogin | None:
    """An admin for the demo, with a password of its own that stands in a file for the owner's eyes only."""
    login = _known_staff(file) or StaffLogin(DEMO_STAFF_EMAIL, secrets.token_urlsafe(PASSWORD_BYTES))
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
    ) as out:  # before the account exists
        out.write(f"{login.email}\n{login.password}\n")
    try:
        await tools.parts.identity.create_staff(login.email, login.password, [Role.ADMIN], "Demo staff")
    except EmailTakenError:
        return _known_staff(file)
    return login


def _known_staff(file: Path) -> StaffLogin | None:
    try:
        email, password = file.read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return StaffLogin(email, password)
