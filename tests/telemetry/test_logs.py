"""Log lines as a collector reads them: one JSON object each, with all that was said and the request it belongs to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from surehold.platform.embedded import PostgresUrls
from tests.support.api import environment_of, served_api

ROOT = Path(__file__).resolve().parents[2]
SAYS = """
import logging, structlog
from surehold.platform.telemetry import request_id_var, set_up_logs
set_up_logs("info")
request_id_var.set("request-1")
order = {"order_id": "0199f3a1", "level": "odd", "event": "odd", "logger": "odd"}
logging.getLogger("surehold.flows").error("an order could not be recovered: %s", "x", extra=order)
structlog.get_logger().info("said", number=1)
try:
    raise ValueError("broken")
except ValueError:
    logging.getLogger("library").exception("it failed", extra={"thing": object})
request_id_var.set("")
logging.getLogger("library").warning("on its own")
logging.getLogger("library").debug("never")
"""


def lines_of(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_what_the_standard_library_is_told_is_in_the_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAYS], cwd=ROOT / "src", capture_output=True, text=True, timeout=60, check=True
    )
    recovered, said, failed, alone = lines_of(done.stderr)
    assert recovered["event"] == "an order could not be recovered: x"
    assert (recovered["level"], recovered["logger"], recovered["request_id"]) == (
        "error",
        "surehold.flows",
        "request-1",
    )
    assert recovered["order_id"] == "0199f3a1"
    assert {recovered[f"extra_{name}"] for name in ("level", "event", "logger")} == {"odd"}
    assert recovered["timestamp"].endswith("Z")
    assert (said["number"], said["request_id"]) == (1, "request-1")
    assert "ValueError: broken" in failed["exception"]
    assert "object" in failed["thing"]
    assert "request_id" not in alone


async def test_a_request_is_a_line_with_its_id(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    environment = environment_of(database_urls.app, valkey_url, tmp_path)
    environment |= {"SUREHOLD_LOG_LEVEL": "info", "SUREHOLD_EDGE_LOG_EVERY": "1"}
    log = tmp_path / "server.log"
    async with served_api(environment, log) as url, httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/v1/cart", headers={"x-request-id": "request-12345"})
        assert answer.headers["x-request-id"] == "request-12345"
    text = log.read_text()
    said = [line for line in map(json.loads, text.splitlines()) if line["event"] == "request"]
    [line] = [line for line in said if line["request_id"] == "request-12345"]
    assert (line["method"], line["route"], line["status"], line["level"]) == ("GET", "/v1/cart", 404, "info")
    assert line["ms"] >= 0
