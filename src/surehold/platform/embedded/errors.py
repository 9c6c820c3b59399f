"""What can go wrong with an engine, told in one line that says what to do."""

from pathlib import Path

LOG_TAIL_BYTES = 16_384

# What the engines print, and what a person can do about it. The first match wins, the most telling mark first.
_ADVICE: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("No space left on device", "Disk quota exceeded"),
        "The disk that holds {place} is full. Free some space, then start again; nothing that was acknowledged is lost.",
    ),
    (
        ("Read-only file system",),
        "The disk that holds {place} is read-only. Make it writable, or choose another folder with SUREHOLD_DATA_DIR.",
    ),
    (
        ("Permission denied", "Operation not permitted"),
        "This user may not use {place} ({line}). Run as the user who owns it, or choose another folder with SUREHOLD_DATA_DIR.",
    ),
    (
        ("could not look up effective user ID",),
        "This user id has no name on this machine, which PostgreSQL asks for. Run as a user listed in /etc/passwd.",
    ),
    (
        ("invalid value for parameter", "unrecognized configuration", "outside the valid range", "contains errors"),
        "A setting in {place}/postgresql.conf is wrong: {line}. Correct or delete it, then start again.",
    ),
    (
        ("Cannot allocate memory", "could not map anonymous shared memory", "could not create semaphores"),
        "There is too little memory to start ({line}). Close something, or lower shared_buffers in {place}/postgresql.conf.",
    ),
    (
        ("valid checkpoint record", "control file contains invalid", "invalid checkpoint", "global/pg_control"),
        "The database files in {place} are damaged ({line}). Restore a backup, or start over with --fresh.",
    ),
)
_TELLING = ("FATAL", "PANIC", "ERROR", "error:", "Fatal", "could not", "# ")


class EmbeddedError(Exception):
    """An engine cannot start or stop; the text is one line that says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))


def tail(log: Path) -> str:
    """The last part of a log file; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def explain(output: str, *, place: Path, what: str) -> EmbeddedError:
    """Turns what an engine printed before it died into one line of advice."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for marks, advice in _ADVICE:
        hit = next((line for mark in marks for line in reversed(lines) if mark in line), None)
        if hit is not None:
            return EmbeddedError(advice.format(place=place, line=_bare(hit)))
    telling = [line for line in lines if any(mark in line for mark in _TELLING)]
    reason = (telling or lines or ["it said nothing"])[-1]
    return EmbeddedError(f"{what} did not start: {_bare(reason)} (its folder: {place}).")


def _bare(line: str) -> str:
    """A log line without its time stamp and level."""
    for level in ("FATAL:", "PANIC:", "ERROR:", "LOG:", "error:"):
        _, found, rest = line.partition(level)
        if found:
            return rest.strip()
    return line


def from_os_error(error: OSError, *, place: Path) -> EmbeddedError:
    """The same advice for what the operating system refused to us directly."""
    return explain(f"{error.strerror}: {error.filename or place}", place=place, what="The engine")
