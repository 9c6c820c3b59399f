"""Where the shop's pictures are, by its settings."""

from pathlib import Path

from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.adapters.storage.s3 import BucketFiles
from surehold.adapters.storage.settings import MediaSettings
from surehold.modules.catalog import FileStore, PictureLibrary
from surehold.platform.db import Database

FOLDER = "media"


def open_pictures(db: Database, data_dir: Path, settings: MediaSettings) -> PictureLibrary:
    """The library of pictures over the store that the settings name. Nothing is opened or started yet."""
    files: FileStore = BucketFiles(settings) if settings.store == "s3" else DiskFiles(data_dir / FOLDER)
    return PictureLibrary(db, files, PictureWorkshop(benches=settings.benches, limit_s=settings.limit_s))
