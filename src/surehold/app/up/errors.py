"""Why a shop cannot start."""

import errno
import os
from pathlib import Path

from surehold.platform.embedded.errors import explain

_WITH_ADVICE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


class StartError(Exception):
    """The shop cannot start; the text is one line that says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))


def from_os_error(error: OSError, *, place: Path) -> StartError:
    """What the operating system refused, at the file that it names or at the place where we worked, and what to do about it."""
    where = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else place
    if error.errno not in _WITH_ADVICE:
        return StartError(f"{where}: {error.strerror or str(error) or type(error).__name__}.")
    return StartError(str(explain(f"{error.strerror}: {where}", place=where, what="The shop")))
