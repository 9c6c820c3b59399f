"""The whole way of a person: `up`, the printed login, the README's purchase, Ctrl-C, and `up` again."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from surehold.platform.sealed import FileKeys, key_id
from tests.support.real_up import ROOT, RealUp, real_up, run_command

SHELL_TIMEOUT_S = 60


def sign_in(up: RealUp) -> httpx.Response:
    email, password = up.rows["Staff"].split()
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}") as client:
        answer = client.post("/v1/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        assert client.get("/v1/admin/staff").status_code == 200
    return answer


def require_plain_cookies(set_cookie: list[str]) -> None:
    """Over plain HTTP a phone on the same network keeps them only without Secure and the prefix that demands it."""
    assert set_cookie
    for cookie in set_cookie:
        assert cookie.startswith("surehold_")
        assert "secure" not in cookie.lower()
        assert "httponly" in cookie.lower()


def readme_purchase(up: RealUp, folder: Path) -> list[dict[str, Any]]:
    """Runs the README's lines as they stand, at this shop's address; out go the JSON documents that they print."""
    chapter = (ROOT / "README.md").read_text().partition("## Buy something")[2]
    block = re.search(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert block is not None
    script = block[1].replace("localhost:8000", f"localhost:{up.port}")
    last = script.strip().splitlines()[-1]
    said = subprocess.run(
        ["sh", "-e", "-c", f"{script}\n{last}"],
        cwd=folder, capture_output=True, text=True, timeout=SHELL_TIMEOUT_S, check=True,
    ).stdout  # fmt: skip
    return list(documents(said))


def documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        document, at = decoder.raw_decode(text, at)
        yield document


def test_up_as_a_person_meets_it(shop_folder: Path, tmp_path: Path) -> None:
    with real_up(shop_folder) as up:
        address = f"http://localhost:{up.port}"
        assert (up.rows["Shop"], up.rows["API docs"]) == (f"{address}/", f"{address}/docs")
        assert up.rows["Data"] == str(shop_folder)
        assert "Plain HTTP: for development." in up.said
        login = up.rows["Staff"]
        require_plain_cookies(sign_in(up).headers.get_list("set-cookie"))
        products = httpx.get(f"{address}/v1/products").json()["items"]
        assert len(products) > 10
        if shutil.which("curl") is not None:
            buy(up, tmp_path)
        assert up.interrupt() == 0
        assert "Everything has stopped." in up.said
    doctor = run_command(shop_folder, "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "not judged" in doctor.stdout
    add_key(shop_folder)
    with real_up(shop_folder, port=up.port) as again:
        print(f"the second start took {again.seconds:.1f} s")  # noqa: T201  told, not judged: machines differ
        assert again.rows["Staff"] == login
        sign_in(again)
        assert httpx.get(f"{address}/v1/products").json()["items"] == products
        doctor = run_command(shop_folder, "doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert "not judged" not in doctor.stdout
        change_key(shop_folder)
        sign_in(again)
        assert again.interrupt() == 0


def add_key(folder: Path) -> None:
    """A new key, which waits for the next start."""
    was = FileKeys(folder / "secret.key").read().current
    added = run_command(folder, "keys", "add")
    assert added.returncode == 0, added.stdout + added.stderr
    assert FileKeys(folder / "secret.key").read().current == was


def change_key(folder: Path) -> None:
    """The new key seals since the start; what is stored is sealed anew, and the old one goes."""
    _, old = FileKeys(folder / "secret.key").read().keys
    for words in (("rotate",), ("retire", key_id(old).hex())):
        done = run_command(folder, "keys", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(FileKeys(folder / "secret.key").read().keys) == 1


def buy(up: RealUp, folder: Path) -> None:
    added, placed, repeated = readme_purchase(up, folder)
    assert added["lines"][0]["quantity"] == 2
    assert added["lines"][0]["reservation"]["reserved_until"]
    assert placed == repeated
    assert placed["order"]["status"] == "CONFIRMED"


def test_behind_a_tls_proxy_it_says_so(shop_folder: Path) -> None:
    given = {"SUREHOLD_SECURE": "yes", "SUREHOLD_SECRET_KEY": "ab" * 32}
    with real_up(shop_folder, "--workers", "1", **given) as up:
        assert "Cookies are marked Secure" in up.said
        assert "Plain HTTP" not in up.said
        for cookie in sign_in_only(up).headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-surehold_")
            assert "secure" in cookie.lower()
        assert not (shop_folder / "secret.key").exists()
        assert given["SUREHOLD_SECRET_KEY"] not in (shop_folder / "running.json").read_text()


def sign_in_only(up: RealUp) -> httpx.Response:
    email, password = up.rows["Staff"].split()
    return httpx.post(f"http://127.0.0.1:{up.port}/v1/session", json={"email": email, "password": password})
