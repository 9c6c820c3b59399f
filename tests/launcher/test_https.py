"""`up --https` as a person meets it: a certificate of this machine's own, nothing in the clear, and the same one after a restart."""

import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from surehold.app.up.certificates import local_certificate
from surehold.app.up.tls import own_names
from tests.support.real_up import RealUp, real_up, run_command

CURL_TIMEOUT_S = 30


def require_secure(up: RealUp, authority: Path, host: str) -> None:
    """Signing in over TLS: cookies that only TLS sees, our own origin and no other's."""
    email, password = up.rows["Staff"].split()
    trusted = ssl.create_default_context(cafile=str(authority))
    url = f"https://{host}:{up.port}"
    with httpx.Client(base_url=url, verify=trusted) as client:
        login = {"email": email, "password": password}
        for origin, status in ((url, 200), (url.replace("https", "http"), 403), ("https://evil.example", 403)):
            answer = client.post("/v1/session", json=login, headers={"origin": origin})
            assert answer.status_code == status, (origin, answer.text)
            for cookie in answer.headers.get_list("set-cookie"):
                assert cookie.startswith("__Host-surehold_")
                assert "secure" in cookie.lower()
        assert client.get("/v1/admin/staff").status_code == 200
        assert "strict-transport-security" not in client.get("/").headers
        jar = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with connect(f"wss://{host}:{up.port}/v1/ws", ssl=trusted, origin=url, additional_headers={"cookie": jar}) as live:  # pyright: ignore[reportArgumentType]
        live.ping().wait(CURL_TIMEOUT_S)


def require_http2(up: RealUp, authority: Path) -> None:
    """A browser's protocol: there `Host` is called `:authority`, and origins are checked all the same."""
    if shutil.which("curl") is None:
        return
    url = f"https://localhost:{up.port}"
    for origin, status in ((url, "404"), ("https://evil.example", "403")):
        said = subprocess.run(
            [
                *("curl", "-s", "--http2", "--cacert", str(authority), "-o", "/dev/null"),
                *("-w", "%{http_version} %{http_code}", "-X", "DELETE", "-H", f"Origin: {origin}", f"{url}/v1/cart"),
            ],
            capture_output=True, text=True, timeout=CURL_TIMEOUT_S, check=True,
        ).stdout  # fmt: skip
        assert said == f"2 {status}"


def test_up_with_https(shop_folder: Path) -> None:
    authority = shop_folder / "tls" / "authority.pem"
    with real_up(shop_folder, "--workers", "1", "--https") as up:
        assert up.rows["Shop"] == f"https://localhost:{up.port}/"
        assert f"curl --cacert {authority}" in up.said
        assert "Plain HTTP" not in up.said
        for host in ("localhost", "127.0.0.1"):
            require_secure(up, authority, host)
        require_http2(up, authority)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{up.port}/healthz")
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(f"https://localhost:{up.port}/healthz")
        warmed = run_command(shop_folder, "warm", "--top", "3")
        assert warmed.returncode == 0, warmed.stdout
        kept = {file.name: file.read_bytes() for file in (shop_folder / "tls").iterdir()}
        assert up.interrupt() == 0
    with real_up(shop_folder, "--workers", "1", port=up.port, SUREHOLD_HTTPS="yes") as again:
        assert {file.name: file.read_bytes() for file in (shop_folder / "tls").iterdir()} == kept
        require_secure(again, authority, "localhost")


def test_up_with_a_certificate_of_ones_own(shop_folder: Path, tmp_path: Path) -> None:
    files = local_certificate(tmp_path / "elsewhere", own_names("127.0.0.1"))
    given = ("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    with real_up(shop_folder, "--workers", "1", *given) as up:
        assert not (shop_folder / "tls").exists()
        trusted = ssl.create_default_context(cafile=str(files.authority))
        answer = httpx.get(f"https://localhost:{up.port}/healthz", verify=trusted)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    refused = run_command(shop_folder, "up", "--tls-cert", str(files.certificate))
    assert refused.returncode == 1
    assert "--tls-key" in refused.stdout
