"""Tidying the store of pictures."""

from collections.abc import Sequence

from surehold.modules.catalog.service import PictureLibrary
from surehold.modules.catalog.service.pictures import TIDY_BATCH
from surehold.platform.jobs import Job


def jobs(pictures: PictureLibrary) -> Sequence[Job]:
    """Files of no picture leave after a day; each night the store is looked through for some that nobody knows of."""

    async def find_strays() -> int:
        await pictures.find_strays()
        return 0  # one look is all there is to do

    return (
        Job(name="catalog.tidy_pictures", cron="*/15 * * * *", run=pictures.tidy, batch=TIDY_BATCH),
        Job(name="catalog.find_stray_files", cron="40 3 * * *", run=find_strays),
    )
