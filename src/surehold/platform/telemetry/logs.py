"""JSON lines on standard error, each with the id of the request it belongs to."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog

request_id_var: ContextVar[str] = ContextVar("request_id", default="")
_encode = msgspec.json.Encoder(enc_hook=repr).encode
_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
_OF_EVERY_LINE = frozenset({"event", "level", "logger", "timestamp", "exc_info", "exception"})


def set_up_logs(level: str = "info", *, pretty: bool = False) -> None:
    """Configure structlog and the standard library's logging, once per process. `pretty` is for a terminal."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if pretty:
        ending: list[Any] = [structlog.dev.ConsoleRenderer()]
        factory: Any = structlog.PrintLoggerFactory(sys.stderr)
    else:
        ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_render)]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, handlers=[_ToStructlog()], force=True)


class _ToStructlog(logging.Handler):
    """Lines of libraries, in our shape."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info, **_extras(record)
        )


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`; a name that the line has anyway gets a prefix."""
    given = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    return {f"extra_{name}" if name in _OF_EVERY_LINE else name: value for name, value in given.items()}


def _add_request_id(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = request_id_var.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def _render(event: Mapping[str, Any], **_: object) -> bytes:
    return _encode(event)
