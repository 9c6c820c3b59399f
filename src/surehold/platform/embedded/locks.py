"""One holder per folder, told apart from a dead one by the operating system itself."""

import fcntl
import os
from pathlib import Path

from surehold.platform.embedded.errors import EmbeddedError, from_os_error


class FolderLock:
    """An advisory lock on a file; it ends with our process, however that ends."""

    def __init__(self, path: Path, *, what: str) -> None:
        self._path = path
        self._what = what
        self._fd: int | None = None

    def acquire(self) -> None:
        """Takes the lock, or says who has it."""
        if self._fd is not None:
            return
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise from_os_error(error, place=self._path.parent) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.write(fd, str(os.getpid()).encode())
        except BlockingIOError as error:
            holder = os.read(fd, 32).decode(errors="replace").strip()
            os.close(fd)
            raise EmbeddedError(
                f"{self._what} in {self._path.parent} is already running (process {holder or 'unknown'}). Stop it there with "
                "Ctrl-C, or choose another folder with SUREHOLD_DATA_DIR."
            ) from error
        except OSError as error:
            os.close(fd)
            raise from_os_error(error, place=self._path.parent) from error
        self._fd = fd

    def release(self) -> None:
        """Gives the lock back; the file stays, since removing it would race with the next holder."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
