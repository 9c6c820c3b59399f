"""What the running shop tells about itself: logs, metrics, traces."""

from surehold.platform.telemetry.logs import request_id_var, set_up_logs
from surehold.platform.telemetry.metrics import Metrics, clean_metrics_folder, make_metrics_folder
from surehold.platform.telemetry.tracing import Span, Tracing, tracing_from_environment

__all__ = [
    "Metrics",
    "Span",
    "Tracing",
    "clean_metrics_folder",
    "make_metrics_folder",
    "request_id_var",
    "set_up_logs",
    "tracing_from_environment",
]
