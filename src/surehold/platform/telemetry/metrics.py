"""Prometheus metrics, added up in plain integers and handed over once a second, so that a cached answer pays next to nothing.

With PROMETHEUS_MULTIPROC_DIR set (before the first import) all processes of a machine share one set of figures.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MAX_ROUTES = 500


class Metrics:
    """The figures of one process. `watch_*` register numbers that somebody else counts; `flush` reads them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._requests = Counter(
            "surehold_http_requests",
            "Requests that reached the application",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "surehold_http_request_seconds",
            "How long they took",
            ["method", "route"],
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "surehold_http_in_flight",
            "Requests in the application now",
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._cells: dict[tuple[str, str, int], list[float]] = {}
        self._counted: list[tuple[Counter, Callable[[], Mapping[str, int]], dict[str, int]]] = []
        self._gauged: list[tuple[Gauge, Callable[[], float]]] = []

    def watch_counts(self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, int]]) -> None:
        """Publish counters that only grow, one per value of a label."""
        self._counted.append((Counter(name, help_text, [label], registry=self.registry), read, {}))

    def watch_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Publish a number as it is now, summed over live processes."""
        gauge = Gauge(name, help_text, multiprocess_mode="livesum", registry=self.registry)
        self._gauged.append((gauge, read))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. Routes are templates, so there are few of them."""
        cell = (method, route, status)
        if cell not in self._cells and len(self._cells) >= MAX_ROUTES:
            cell = (method, "other", status)
        self._cells.setdefault(cell, []).append(seconds)

    def flush(self) -> None:
        """Hand over what was counted since the last time."""
        cells, self._cells = self._cells, {}
        for (method, route, status), times in cells.items():
            self._requests.labels(method, route, str(status)).inc(len(times))
            histogram = self._seconds.labels(method, route)
            for seconds in times:
                histogram.observe(seconds)
        self._in_flight.set(self.in_flight)
        for counter, read, last in self._counted:
            for label, value in read().items():
                counter.labels(label).inc(value - last.get(label, 0))
                last[label] = value
        for gauge, read_gauge in self._gauged:
            gauge.set(read_gauge())

    def page(self) -> bytes:
        """What Prometheus reads: the figures of all processes in multiprocess mode, else of this one."""
        self.flush()
        if not os.environ.get(MULTIPROCESS_VARIABLE):
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return generate_latest(registry)

    def close(self) -> None:
        """Take this process's live figures out of the sum."""
        if os.environ.get(MULTIPROCESS_VARIABLE):
            mark_process_dead(os.getpid())


def make_metrics_folder() -> None:
    """Make the folder that multiprocess mode is told to use, if it is on: a process that finds none dies of it."""
    folder = os.environ.get(MULTIPROCESS_VARIABLE)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)


def clean_metrics_folder(folder: Path) -> None:
    """Make an empty folder for multiprocess mode; call before the processes start."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
