"""What makes a database a shop: its tables, the demo if nothing is there yet, and somebody who can administer it."""

import asyncio
from collections.abc import Mapping

from surehold.app.container import open_tools
from surehold.app.demo import DemoError, load_demo_if_empty
from surehold.app.first_admin import StaffLogin, ensure_admin
from surehold.app.importing.services import make_importer
from surehold.app.schema import bring_up_to_date
from surehold.app.settings import read_settings
from surehold.app.up.errors import StartError
from surehold.kernel.errors import ShopError
from surehold.modules.catalog import CatalogIntake
from surehold.platform.embedded import PostgresUrls


def migrate(urls: PostgresUrls) -> None:
    """Bring the database to this version; does nothing when it is there."""
    bring_up_to_date(urls.owner)


def furnish(environment: Mapping[str, str]) -> StaffLogin | None:
    """Load the demo into an empty shop and make the first admin where there is none; out goes the latter's login if it opens.

    It may be killed anywhere and is completed by the next call. StartError says in one line why it could not be done.
    """
    try:
        return asyncio.run(_furnish(environment))
    except (DemoError, ShopError) as error:
        raise StartError(f"The shop cannot be furnished: {error}") from error


async def _furnish(environment: Mapping[str, str]) -> StaffLogin | None:
    settings = read_settings(environment)
    folder = settings.core.data_dir
    async with open_tools(settings) as tools:
        nerves, identity = tools.nerves, tools.parts.identity
        importer = make_importer(tools.db, tools.parts.pictures, nerves.invalidator, nerves.waker)
        intake = CatalogIntake(tools.db, invalidator=nerves.invalidator, waker=nerves.waker)
        try:
            await load_demo_if_empty(intake, tools.parts.inventory, importer)
            return await ensure_admin(identity, folder)
        finally:
            identity.close()
