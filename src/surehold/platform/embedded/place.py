"""Where the engines of one shop live: data, sockets, passwords, and as which user.

Nobody's folder is ever chmodded or chowned unless we made it. As root, PostgreSQL must run as somebody else, who may not be able
to reach the data folder that was named: the data then lives under /var/lib/surehold, and the named folder keeps the passwords and
remembers where the data is.
"""

import grp
import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from surehold.platform.embedded.errors import EmbeddedError, from_os_error
from surehold.platform.embedded.process import Account

SYSTEM_ROOT = Path("/var/lib/surehold")
SYSTEM_USER = "surehold"
SOCKET_PATH_MAX = 103  # macOS; Linux allows 107
SOCKET_NAME_LONGEST = ".s.PGSQL.5432.lock"
FREE_BYTES_NEW = 400_000_000
FREE_BYTES_AGAIN = 48_000_000
USERADD_TIMEOUT_S = 60
_SECRETS = "engines.json"
_OUR_FOLDERS = re.compile(r"pg\d+(\.new)?|valkey(\.broken-[\d-]+)?|run")
_OUR_FILES = frozenset({"postgres.log", "postgres-setup.log", "valkey.log", "valkey.old.log", "postgres.old.log"})
_ROLES = ("admin", "owner", "app", "audit", "valkey")


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one shop. `key` names it wherever a short name is needed; `passwords` are per role."""

    data_dir: Path
    home: Path
    sockets: Path
    key: str
    account: Account | None
    passwords: dict[str, str]

    def log(self, name: str) -> Path:
        """The log file of one engine."""
        return self.home / f"{name}.log"

    def make(self, folder: Path) -> Path:
        """Makes a 0700 folder that belongs to whoever runs the engine; one that exists is left as it is."""
        try:
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if self.account is not None:
                    os.chown(folder, self.account.uid, self.account.gid)
        except OSError as error:
            raise from_os_error(error, place=folder) from error
        return folder

    def require_space(self, *, new: bool) -> None:
        """Refuses to start where the first write would fail."""
        free, needed = shutil.disk_usage(self.home).free, FREE_BYTES_NEW if new else FREE_BYTES_AGAIN
        if free < needed:
            raise EmbeddedError(
                f"The disk that holds {self.home} is full: {free // 1_000_000} MB are free, {needed // 1_000_000} MB are needed. "
                "Free some space, or choose another folder with SUREHOLD_DATA_DIR."
            )


def prepare(data_dir: Path) -> Place:
    """Makes the folders and passwords of a shop, or finds them again."""
    try:
        data_dir = data_dir.expanduser().resolve()
        _make_folder(data_dir)
        return _prepare(data_dir)
    except OSError as error:
        raise from_os_error(error, place=data_dir) from error


def home_of(data_dir: Path) -> Path:
    """Where the data of a new shop in this folder would live."""
    return SYSTEM_ROOT / _key(data_dir.expanduser().resolve()) if os.geteuid() == 0 else data_dir.expanduser().resolve()


def wipe(data_dir: Path) -> None:
    """Removes the engines' data and passwords of a stopped shop; the folder itself and what else is in it stay."""
    data_dir = data_dir.expanduser().resolve()
    recorded = _read_record(data_dir)
    home = Path(recorded["home"]) if recorded and recorded.get("home") else home_of(data_dir)
    data_dir.joinpath(_SECRETS).unlink(missing_ok=True)
    for entry in home.iterdir() if home.exists() else ():
        if entry.is_dir() and _OUR_FOLDERS.fullmatch(entry.name):
            shutil.rmtree(entry)
        elif entry.name in _OUR_FILES:
            entry.unlink()
    for sockets in _socket_candidates(_key(home)):
        if sockets.is_dir() and sockets.lstat().st_uid == os.getuid():
            shutil.rmtree(sockets)
    if home.parent == SYSTEM_ROOT and home.exists():
        shutil.rmtree(home)


def _prepare(data_dir: Path) -> Place:
    record = _read_record(data_dir)
    home = _home(data_dir, record)
    key = _key(home)
    account = _account() if os.geteuid() == 0 else None
    if account is not None:
        _make_folder(SYSTEM_ROOT, mode=0o755)
        _make_folder(home, mode=0o755)
    passwords = _passwords(record)
    if record is None:
        _write_record(data_dir, home=home if home != data_dir else None, passwords=passwords)
    return Place(data_dir, home, _sockets(home, key, account), key, account, passwords)


def _key(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _make_folder(folder: Path, mode: int = 0o700) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)  # ours: we just made it
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{folder} cannot be written by this user. Choose another folder with SUREHOLD_DATA_DIR.")


def _home(data_dir: Path, record: dict[str, str] | None) -> Path:
    """A shop stays where it was made, even if its folder is renamed since."""
    root = os.geteuid() == 0
    if record is None:
        return home_of(data_dir)
    if not record.get("home"):
        if root:
            owner = _name_of(data_dir.joinpath(_SECRETS).stat().st_uid)
            raise EmbeddedError(
                f"The shop in {data_dir} was made by {owner}: run it as {owner}, or choose another folder with SUREHOLD_DATA_DIR."
            )
        return data_dir
    home = Path(record["home"])
    if not home.exists():  # it was made before the record was: starting empty here would hide a loss
        raise EmbeddedError(
            f"The data of the shop in {data_dir} was in {home}, which is gone. Bring it back, or start over with --fresh."
        )
    return home


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _read_record(data_dir: Path) -> dict[str, str] | None:
    path = data_dir / _SECRETS
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        owner = _name_of(path.stat().st_uid)
        raise EmbeddedError(
            f"The shop in {data_dir} was made by {owner}: run it as {owner}, or choose another folder with SUREHOLD_DATA_DIR."
        ) from error
    except ValueError:  # cut short by a power failure: new passwords are set at the next start
        return None


def _passwords(record: dict[str, str] | None) -> dict[str, str]:
    return {role: (record or {}).get(role) or secrets.token_urlsafe(24) for role in _ROLES}


def _write_record(data_dir: Path, *, home: Path | None, passwords: dict[str, str]) -> None:
    scratch = data_dir / f"{_SECRETS}.tmp"
    scratch.unlink(missing_ok=True)
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump({"home": str(home) if home else None, **passwords}, file)
        file.flush()
        os.fsync(file.fileno())
    scratch.rename(data_dir / _SECRETS)


def _sockets(home: Path, key: str, account: Account | None) -> Path:
    """A 0700 folder with a short path; the first candidate that is safe to use."""
    if account is not None:
        return _own_folder(home / "run", account)
    for folder in _socket_candidates(key):
        try:
            return _own_folder(folder, None)
        except OSError:
            continue  # the next candidate; the error below speaks of all
    raise EmbeddedError(
        "No short folder for the sockets can be made. Set TMPDIR to a folder with a short path that you own."
    )


def _socket_candidates(key: str) -> list[Path]:
    parents = dict.fromkeys((tempfile.gettempdir(), "/tmp", os.environ.get("HOME") or "/tmp"))  # noqa: S108
    folders = [Path(parent, f"surehold-{os.getuid()}-{key}") for parent in parents]
    return [folder for folder in folders if len(os.fsencode(folder / SOCKET_NAME_LONGEST)) <= SOCKET_PATH_MAX]


def _own_folder(folder: Path, account: Account | None) -> Path:
    """Makes the folder, or checks that the one that exists is ours and closed to others."""
    uid = account.uid if account else os.getuid()
    try:
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise PermissionError(13, "Permission denied", str(folder)) from None
    return folder


def _account() -> Account:
    """The system user that runs the engines when we are root; made when missing."""
    if sys.platform == "darwin":
        raise EmbeddedError("PostgreSQL does not run as root. Run ./surehold as a normal user.")
    try:
        found = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _create_user()
        found = pwd.getpwnam(SYSTEM_USER)
    return Account(found.pw_name, found.pw_uid, found.pw_gid)


def _create_user() -> None:
    for command in _user_commands():
        if shutil.which(command[0]) is None:
            continue
        made = subprocess.run(command, capture_output=True, text=True, timeout=USERADD_TIMEOUT_S, check=False)  # noqa: S603
        if made.returncode == 0 or SYSTEM_USER in (entry.pw_name for entry in pwd.getpwall()):
            return
        raise EmbeddedError(
            f"The system user {SYSTEM_USER} cannot be made: {made.stderr.strip()}. Run ./surehold as a normal user instead."
        )
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and there is no useradd to make the user {SYSTEM_USER}. Run as a normal user."
    )


def _user_commands() -> tuple[list[str], ...]:
    group = ["--gid", SYSTEM_USER] if SYSTEM_USER in (entry.gr_name for entry in grp.getgrall()) else ["--user-group"]
    shell = next((path for path in ("/usr/sbin/nologin", "/sbin/nologin") if Path(path).exists()), "/bin/false")
    return (
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            str(SYSTEM_ROOT),
            "--shell",
            shell,
            *group,
            SYSTEM_USER,
        ],
        ["adduser", "-S", "-D", "-H", "-h", str(SYSTEM_ROOT), "-s", shell, SYSTEM_USER],
    )
