"""`up`: what it starts is found again after any death, and stopped in order."""

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from surehold.app.up.environment import shop_key
from surehold.app.up.leftovers import marked
from surehold.app.up.ports import free_port
from surehold.platform.embedded import wipe
from surehold.platform.embedded.place import prepare
from surehold.platform.embedded.process import alive, tagged

ROOT = Path(__file__).resolve().parents[2]
UP_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
ASK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Up:
    """A running `up` on a folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def ask(self) -> tuple[int, int]:
        """Who answered, and how many rows the database holds now."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", "/")
            with connection.getresponse() as response:
                pid, rows = response.read().split()
        return int(pid), int(rows)

    def answers(self) -> bool:
        try:
            return self.ask()[1] > 0
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def said(self) -> str:
        return self.folder.with_suffix(".out").read_text()


def until(done: Callable[[], bool], timeout_s: float) -> bool:
    """Asks ten times a second: each question costs a connection or a look at every process."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(ASK_EVERY_S)
    return True


def environment() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("SUREHOLD_")}
    return {**mine, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def start(folder: Path, port: int) -> Up:
    command = [sys.executable, "-m", "tests.launcher.parts.up", str(folder), str(port)]
    with folder.with_suffix(".out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment(), cwd=ROOT, start_new_session=True)
    return Up(folder, port, process)


@contextmanager
def running(folder: Path, port: int) -> Iterator[Up]:
    """An `up` that serves; whatever is left of it is ended afterwards."""
    up = start(folder, port)
    try:
        assert until(lambda: up.answers() or up.process.poll() is not None, UP_TIMEOUT_S), up.said()
        assert up.process.poll() is None, up.said()
        yield up
    finally:
        if up.process.poll() is None:
            up.process.send_signal(signal.SIGTERM)
            up.process.wait(STOP_TIMEOUT_S)


def processes_of(folder: Path) -> set[int]:
    place = prepare(folder)
    return {
        *tagged(f"surehold-pg-{place.key}"),
        *tagged(str(place.sockets / "valkey.sock")),
        *marked(f"SUREHOLD_SHOP={shop_key(folder)}"),
    }


def server_of(folder: Path) -> int:
    return tagged(f"cluster_name=surehold-pg-{prepare(folder).key}")[0]


def service_of(folder: Path, name: str) -> int:
    """The process that the supervisor started for a part (its workers have other command lines)."""
    mine = set(marked(f"SUREHOLD_SHOP={shop_key(folder)}"))
    return next(pid for pid in tagged(name) if pid in mine)


def test_ctrl_c_stops_everything_and_the_engines_last(shop_folder: Path) -> None:
    with running(shop_folder, free_port()) as up:
        before = up.ask()[1]
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(STOP_TIMEOUT_S) == 0
    assert processes_of(shop_folder) == set()
    assert int((shop_folder / "last-words").read_text()) > before  # the worker found its database at the very end
    assert not (shop_folder / "running.json").exists()


def test_a_second_ctrl_c_stops_at_once(shop_folder: Path) -> None:
    with running(shop_folder, free_port()) as up:
        os.kill(service_of(shop_folder, "tests.launcher.parts.worker"), signal.SIGSTOP)  # it will not hear us
        up.process.send_signal(signal.SIGINT)
        assert until(lambda: "again to stop at once" in up.said(), UP_TIMEOUT_S)
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(STOP_TIMEOUT_S) == 0  # without it the worker would have a minute (see parts/up.py)
    assert processes_of(shop_folder) == set()


def test_killed_in_every_order_it_comes_back_with_its_data(shop_folder: Path) -> None:
    port, rows = free_port(), 0
    for order in (*orders_of_death(), ("launcher", "server", "api", "worker", "all else"), None):
        with running(shop_folder, port) as up:
            before, rows = rows, up.ask()[1]
            assert rows > before, order
            if order is not None:  # the last one only looks
                kill_in_order(up, order)


def orders_of_death() -> list[tuple[str, ...]]:
    """Launcher, server and API in every order, with the worker's death in another place each time."""
    orders = itertools.permutations(("launcher", "server", "api"))
    return [(*order[: at % 4], "worker", *order[at % 4 :]) for at, order in enumerate(orders)]


def kill_in_order(up: Up, order: tuple[str, ...]) -> None:
    victims = {
        "launcher": [up.process.pid],
        "server": [server_of(up.folder)],
        "api": [up.ask()[0]],
        "worker": [service_of(up.folder, "tests.launcher.parts.worker")],
        "all else": list(processes_of(up.folder)),
    }
    for pid in (pid for name in order for pid in victims[name]):
        if alive(pid):  # some hear of the launcher's death and are gone already
            os.kill(pid, signal.SIGKILL)
    up.process.wait(STOP_TIMEOUT_S)


def test_a_very_long_path(tmp_path: Path) -> None:
    """Far beyond what a socket's path may have, and near what a file's may."""
    folder = tmp_path / ("a very long name " * 12) / ("é" * 100) / ("deeper " * 30) / "shop"
    folder.parent.mkdir(parents=True)
    port = free_port()
    try:
        for _ in range(2):
            with running(folder, port) as up:
                assert up.ask()[1] > 1
                up.process.send_signal(signal.SIGINT)
                assert up.process.wait(STOP_TIMEOUT_S) == 0
        assert processes_of(folder) == set()
    finally:
        wipe(folder)


def test_what_dies_is_started_again(shop_folder: Path) -> None:
    with running(shop_folder, free_port()) as up:
        place = prepare(shop_folder)
        for find in (
            lambda: up.ask()[0],
            lambda: service_of(shop_folder, "granian"),
            lambda: service_of(shop_folder, "tests.launcher.parts.worker"),
            lambda: server_of(shop_folder),
            lambda: tagged(str(place.sockets / "valkey.sock"))[0],
        ):
            victim = find()
            os.kill(victim, signal.SIGKILL)
            assert until(lambda: not alive(victim), UP_TIMEOUT_S)  # noqa: B023
            assert until(up.answers, UP_TIMEOUT_S), up.said()
            assert until(lambda: _found(find) not in {None, victim}, UP_TIMEOUT_S), up.said()  # noqa: B023
        assert "PostgreSQL had ended; it runs again" in up.said()


def _found(find: Callable[[], int]) -> int | None:
    try:
        return find()
    except (OSError, StopIteration, IndexError, ValueError, http.client.HTTPException):
        return None


def test_children_of_a_killed_launcher_stop_by_themselves(shop_folder: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child of its parent's death")
    with running(shop_folder, free_port()) as up:
        up.process.kill()
        up.process.wait(STOP_TIMEOUT_S)
        assert until(lambda: processes_of(shop_folder) == set(), STOP_TIMEOUT_S)


def test_second_up_on_the_same_folder_is_one_clear_line(shop_folder: Path) -> None:
    with running(shop_folder, free_port()) as up:
        refused = cli("up", "--port", str(free_port()), folder=shop_folder)
        assert refused.returncode == 1
        assert refused.stdout == (
            f"✗ The shop in {shop_folder} is already running (process {up.process.pid}). "
            "Stop it there with Ctrl-C, or choose another folder with SUREHOLD_DATA_DIR.\n"
        )
        assert up.answers()


def test_taken_port_is_one_clear_line(shop_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        refused = cli("up", "--port", str(port), folder=shop_folder)
    assert refused.returncode == 1
    assert refused.stdout.splitlines()[0] == (
        f"✗ Port {port} is taken by another program. Choose another one: ./surehold up --port {port + 1}"
    )


def test_two_shops_side_by_side(tmp_path: Path, shop_folder: Path) -> None:
    other_folder = tmp_path / "other"
    with running(shop_folder, free_port()) as one, running(other_folder, free_port()) as other:
        one.process.kill()
        assert other.answers()
    wipe(other_folder)


def test_fresh_starts_over_and_leaves_the_rest(shop_folder: Path) -> None:
    port = free_port()
    with running(shop_folder, port) as up:
        assert up.ask()[1] > 1
    (shop_folder / "notes.txt").write_text("mine")
    refused = cli("up", "--fresh", "--port", str(port), folder=shop_folder, answer="n\n")
    assert refused.returncode != 0
    assert (shop_folder / "engines.json").exists()
    with socket.create_server(("127.0.0.1", port)):  # so that it ends after removing
        cli("up", "--fresh", "--yes", "--port", str(port), folder=shop_folder)
    assert not (shop_folder / "engines.json").exists()
    assert (shop_folder / "notes.txt").read_text() == "mine"
    with running(shop_folder, port) as up:
        assert up.ask()[1] < 5


def test_fresh_never_empties_a_database_of_your_own(shop_folder: Path) -> None:
    refused = cli("up", "--fresh", "--yes", "--database-url", "postgresql://x@127.0.0.1:1/x", folder=shop_folder)
    assert refused.returncode == 1
    assert "--fresh removes only embedded data" in refused.stdout


def test_other_commands_find_the_running_shop(shop_folder: Path) -> None:
    with running(shop_folder, free_port()) as up:
        published = shop_folder / "running.json"
        assert until(published.exists, UP_TIMEOUT_S)
        assert published.stat().st_mode & 0o777 == 0o600
        assert json.loads(published.read_text())["SUREHOLD_PORT"] == str(up.port)


def cli(*words: str, folder: Path, answer: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    variables = {**environment(), "SUREHOLD_DATA_DIR": str(folder), "COLUMNS": "300", **more}
    command = [sys.executable, "-m", "surehold.app.cli", *words]
    return subprocess.run(
        command, input=answer, capture_output=True, text=True, timeout=60, env=variables, cwd=ROOT, check=False
    )


def test_a_broken_setting_is_one_clear_line(shop_folder: Path) -> None:
    for name, value in (("SUREHOLD_CART_HOLD_SECONDS", "1800"), ("SUREHOLD_LOG_LEVEL", "loud")):
        refused = cli("up", "--port", str(free_port()), folder=shop_folder, **{name: value})
        assert refused.returncode == 1
        assert len(refused.stdout.splitlines()) == 1
        assert name in refused.stdout


def test_servers_that_do_not_answer_are_one_clear_line(shop_folder: Path) -> None:
    nowhere = "postgresql://shop:secret@127.0.0.1:1/shop"
    refused = cli("up", "--port", str(free_port()), "--database-url", nowhere, folder=shop_folder)
    assert refused.returncode == 1
    assert refused.stdout.startswith("✗ The database at postgresql://shop:…@127.0.0.1:1/shop does not answer")
    assert "Check --database-url." in refused.stdout
    assert len(refused.stdout.splitlines()) == 1
    refused = cli(
        "up", "--port", str(free_port()), folder=shop_folder, SUREHOLD_VALKEY_URL="redis://:secret@127.0.0.1:1/0"
    )
    assert refused.returncode == 1
    assert refused.stdout.splitlines()[-1].startswith("✗ The Valkey at redis://:…@127.0.0.1:1/0 does not answer")
