"""One `up` per data folder."""

from pathlib import Path

from surehold.platform.embedded import EmbeddedError, FolderLock
from surehold.platform.embedded.errors import from_os_error


def shop_lock(data_dir: Path) -> FolderLock:
    """The lock that whoever runs the shop in this folder holds; makes the folder when it is missing."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise EmbeddedError(f"{data_dir} is not a folder. Choose another one with SUREHOLD_DATA_DIR.") from error
    except OSError as error:
        raise from_os_error(error, place=data_dir) from error
    return FolderLock(data_dir / "up.lock", what="The shop")
