"""OpenTelemetry, when the environment asks for it (OTEL_EXPORTER_OTLP_ENDPOINT); otherwise nothing of it is imported."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Span(Protocol):
    """A span under way."""

    def set_attribute(self, key: str, value: Any) -> None:
        """Note a fact."""
        ...

    def update_name(self, name: str) -> None:
        """Name it once the route is known."""
        ...


class Tracing(Protocol):
    """Makes one span per request, and one per piece of work that nobody waits for."""

    def request(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        """A server span that continues the caller's trace (`traceparent`)."""
        ...

    def work(self, name: str, facts: Mapping[str, str | int]) -> AbstractContextManager[Span]:
        """A span with these attributes; an error that passes through it is noted."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


def tracing_from_environment(service: str) -> Tracing | None:
    """Tracing as the OTEL_* variables configure it, or None when they do not."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or not any(map(os.environ.get, SWITCHES)):
        return None
    return _OpenTelemetry(service)


class _OpenTelemetry:
    def __init__(self, service: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        name = os.environ.get("OTEL_SERVICE_NAME", service)
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("surehold")
        self._propagator = TraceContextTextMapPropagator()
        self._server, self._consumer = SpanKind.SERVER, SpanKind.CONSUMER

    def request(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        context = self._propagator.extract(headers)
        return self._tracer.start_as_current_span(name, context=context, kind=self._server)

    def work(self, name: str, facts: Mapping[str, str | int]) -> AbstractContextManager[Span]:
        return self._tracer.start_as_current_span(name, kind=self._consumer, attributes=dict(facts))

    def close(self) -> None:
        self._provider.shutdown()
