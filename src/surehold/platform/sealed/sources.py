"""Where keys come from: a port with three adapters. Any key management service is reached by the command that its vendor gives."""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from surehold.platform.sealed.ring import KeyRing, KeyRingError, parse_ring

COMMAND_TIMEOUT_S = 20.0
TEXT_MAX_BYTES = 64 * 1024


class KeySource(Protocol):
    """Reads the keys, once per start of a process."""

    def read(self) -> KeyRing:
        """The keys; KeyRingError with one line that says what is wrong and never holds a key."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class GivenKeys:
    """Keys by value: `text` the current one (or a whole ring), `others` what is kept of earlier ones."""

    text: str
    others: str = ""

    def read(self) -> KeyRing:
        """The keys as they were given."""
        return parse_ring(self.text, self.others)


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Keys in a file; `others` as in GivenKeys."""

    file: Path
    others: str = ""

    def read(self) -> KeyRing:
        """The keys as the file has them now."""
        try:
            with self.file.open("rb") as file:
                text = file.read(TEXT_MAX_BYTES + 1)
            return parse_ring(_decoded(text), self.others)
        except OSError as error:
            raise KeyRingError(f"{self.file} cannot be read ({error.strerror})") from error
        except KeyRingError as error:
            raise KeyRingError(f"in {self.file}: {error}") from error


@dataclass(frozen=True, slots=True)
class CommandKeys:
    """Keys that an operator's command writes to its standard output. No shell; it must be done within COMMAND_TIMEOUT_S."""

    command: str
    timeout_s: float = COMMAND_TIMEOUT_S

    def read(self) -> KeyRing:
        """The keys as the command gives them now. What it says on its standard error goes where ours goes."""
        words = self._words()
        try:
            done = subprocess.run(  # noqa: S603  the operator's own command
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=self.timeout_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise KeyRingError(f"{words[0]} gave no keys within {self.timeout_s:g} s") from error
        except OSError as error:
            raise KeyRingError(f"{words[0]} cannot be run ({error.strerror})") from error
        if done.returncode != 0:
            raise KeyRingError(f"{words[0]} ended with code {done.returncode}; run it by hand to see why")
        try:
            return parse_ring(_decoded(done.stdout))
        except KeyRingError as error:
            raise KeyRingError(f"from {words[0]}: {error}") from error

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise KeyRingError(f"the command is not one ({error})") from error
        if not words:
            raise KeyRingError("the command is empty")
        return words


def _decoded(raw: bytes) -> str:
    if len(raw) > TEXT_MAX_BYTES:
        raise KeyRingError(f"this is more than {TEXT_MAX_BYTES} bytes, and so no list of keys")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise KeyRingError("this is not text of hexadecimal digits") from error
