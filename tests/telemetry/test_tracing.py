"""Traces as a collector receives them: over OTLP/HTTP, part of the caller's trace, named by the route."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from surehold.platform.embedded import PostgresUrls
from surehold.platform.telemetry import tracing_from_environment
from tests.support.api import environment_of, served_api

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WAIT_S = 30.0


@contextmanager
def collector() -> Iterator[tuple[str, "Queue[Any]"]]:
    """An OTLP/HTTP endpoint of our own: its address, and what it was sent."""
    received: Queue[Any] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def spans_in(sent: tuple[str, bytes]) -> list[tuple[str, Any]]:
    """Service and span, one after the other."""
    path, body = sent
    assert path == "/v1/traces"
    message: Any = ExportTraceServiceRequest.FromString(body)
    found: list[tuple[str, Any]] = []
    for resource in message.resource_spans:
        [service] = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
        found += [(service, span) for scope in resource.scope_spans for span in scope.spans]
    return found


async def test_a_request_is_a_span_of_the_callers_trace(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    with collector() as (endpoint, received):
        environment = environment_of(database_urls.app, valkey_url, tmp_path)
        environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        async with served_api(environment, tmp_path / "server.log") as url, httpx.AsyncClient() as client:
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            assert (await client.get(f"{url}/v1/cart", headers=headers)).status_code == 404
        spans = spans_in(received.get(timeout=WAIT_S))  # sent when the process ended, if not before
    [(service, span)] = [(service, span) for service, span in spans if span.name == "GET /v1/cart"]
    assert service == "surehold-api"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == span.SPAN_KIND_SERVER
    said = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
    assert (said["http.request.method"], said["http.route"], said["http.response.status_code"]) == (
        "GET",
        "/v1/cart",
        404,
    )


def test_work_is_a_span_with_its_facts_and_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (endpoint, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-worker")
        tracing = tracing_from_environment("surehold-worker")
        assert tracing is not None
        with pytest.raises(ValueError, match="unlucky"), tracing.work("letters", {"surehold.event_id": 7}):
            raise ValueError("unlucky")
        tracing.close()
        [(service, span)] = spans_in(received.get(timeout=WAIT_S))
    assert (service, span.name, span.kind) == ("shop-worker", "letters", span.SPAN_KIND_CONSUMER)
    assert [(one.key, one.value.int_value) for one in span.attributes] == [("surehold.event_id", 7)]
    assert span.status.code == span.status.STATUS_CODE_ERROR


@pytest.mark.parametrize("environment", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}])
def test_nothing_is_traced_unless_asked_for(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert tracing_from_environment("surehold-api") is None
