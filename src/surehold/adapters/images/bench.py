"""One process of the workshop: a picture in by its standard input, its files out by its standard output, until the input ends.

What decodes strangers' bytes shares neither memory nor secrets with the shop, and can be killed. It ends with who started it, for
then its input ends, and by itself when nothing came for a while.
"""

import resource
import select
import sys
from typing import BinaryIO

import msgspec

from surehold.adapters.images.drawings import is_drawing, redraw
from surehold.adapters.images.recipe import render
from surehold.adapters.images.words import HEAD, LENGTH, Answer, RefusedError

IDLE_S = 60.0
MEMORY_BYTES = 3 * 1024**3


def work(source: BinaryIO, target: BinaryIO) -> None:
    """Serve until the input ends or nothing comes for IDLE_S."""
    while select.select([source], [], [], IDLE_S)[0]:
        head = source.read(HEAD.size)
        if len(head) < HEAD.size:
            return
        takes_drawings, size = HEAD.unpack(head)
        answer = msgspec.msgpack.encode(answer_to(source.read(size), takes_drawings=takes_drawings))
        target.write(LENGTH.pack(len(answer)) + answer)
        target.flush()


def answer_to(body: bytes, *, takes_drawings: bool) -> Answer:
    """What comes of one picture."""
    try:
        if not is_drawing(body):
            return Answer(rendered=render(body))
        if takes_drawings:
            return Answer(rendered=redraw(body))
    except RefusedError as error:
        return Answer(refused=str(error))
    return Answer(refused="Drawings (SVG) are not taken here; export it as PNG or WebP.")


def main() -> None:
    """Limit what this process may take, then work."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as source:
        work(_Whole(source), sys.stdout.buffer)  # pyright: ignore[reportArgumentType]


class _Whole:
    """Reads all of what is asked for, and nothing ahead: `select` must see what has not been read."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._raw.fileno()

    def read(self, size: int) -> bytes:
        """That many bytes, or fewer when the input ends."""
        parts: list[bytes] = []
        while size > 0 and (part := self._raw.read(min(size, 1 << 20))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


if __name__ == "__main__":
    main()
