"""Starting over: removing what the shop in a folder holds, and nothing else that may lie there."""

import shutil
from pathlib import Path

from surehold.app.up.environment import RUNNING_FILE, STAFF_FILE
from surehold.app.up.secret_key import SECRET_KEY_FILE
from surehold.platform.embedded import EmbeddedPostgres, EmbeddedValkey, home_of, wipe

# Folders that the shop's processes make in the data folder.
FOLDERS = ("logs", "mail", "search", "metrics", "media", "replay")


def holds_data(data_dir: Path) -> bool:
    """Whether there is anything to lose."""
    return data_dir.joinpath("engines.json").exists() or (home_of(data_dir) != data_dir and home_of(data_dir).exists())


def start_over(data_dir: Path) -> None:
    """Removes the shop's data. Call it while holding the shop's lock."""
    EmbeddedPostgres(data_dir).end_leftovers()
    EmbeddedValkey(data_dir).end_leftovers()
    wipe(data_dir)
    for name in FOLDERS:
        shutil.rmtree(data_dir / name, ignore_errors=True)
    for name in (SECRET_KEY_FILE, f"{SECRET_KEY_FILE}.lock", RUNNING_FILE, STAFF_FILE):
        data_dir.joinpath(name).unlink(missing_ok=True)
