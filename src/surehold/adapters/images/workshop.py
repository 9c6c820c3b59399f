"""Where pictures are made: a few processes, kept while there is work, each with a time limit."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

import msgspec

from surehold.adapters.images.words import HEAD, LENGTH, Answer
from surehold.kernel.errors import UnavailableError
from surehold.modules.catalog import MadeFile, MadePicture, PictureRefusedError

WAITING_MAX = 32
_TYPES = {"webp": "image/webp", "jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}


class PictureWorkshop:
    """Makes pictures in at most `benches` processes, each within `limit_s` seconds. Nothing is started before it is needed."""

    def __init__(self, *, benches: int = 2, limit_s: float = 20.0) -> None:
        self._limit_s = limit_s
        self._free = asyncio.Semaphore(benches)
        self._idle: list[Process] = []
        self._inside = 0

    async def make(self, body: bytes, *, drawings: bool = False) -> MadePicture:
        """The files of a picture. PictureRefusedError says why it is none; UnavailableError: too many are waiting."""
        if self._inside >= WAITING_MAX:
            raise UnavailableError("Too many pictures are being made at once; try again.", retry_after_s=5)
        self._inside += 1
        try:
            async with self._free:
                answer = await self._ask(body, drawings=drawings)
        finally:
            self._inside -= 1
        if answer.rendered is None:
            raise PictureRefusedError(answer.refused or "")
        rendered = answer.rendered
        files = [
            MadeFile(suffix=f.suffix, media_type=_TYPES[f.suffix], width=f.width, height=f.height, body=f.body)
            for f in rendered.files
        ]
        return MadePicture(width=rendered.width, height=rendered.height, files=files)

    async def close(self) -> None:
        """End the idle processes; those at work end with their input."""
        while self._idle:
            await _end(self._idle.pop())

    async def _ask(self, body: bytes, *, drawings: bool) -> Answer:
        while True:  # an idle bench may have ended by itself; there are few, and after them comes a new one
            idle = self._idle.pop() if self._idle else None
            bench = idle or await _start()
            try:
                answer = await asyncio.wait_for(_exchange(bench, body, drawings=drawings), self._limit_s)
            except TimeoutError:
                await _end(bench)
                raise PictureRefusedError(f"The picture was not ready within {self._limit_s:g} seconds.") from None
            except (ConnectionError, asyncio.IncompleteReadError):
                await _end(bench)
                if idle is None:
                    raise PictureRefusedError("The picture could not be decoded; export it again.") from None
            except BaseException:
                await _end(bench)
                raise
            else:
                self._idle.append(bench)
                return answer


async def _start() -> Process:
    """A bench, told where our code is and nothing else: it has no business with the shop's secrets."""
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PATH": os.defpath}
    command = (sys.executable, "-m", "surehold.adapters.images.bench")
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment)


async def _exchange(bench: Process, body: bytes, *, drawings: bool) -> Answer:
    assert bench.stdin is not None
    assert bench.stdout is not None
    bench.stdin.write(HEAD.pack(drawings, len(body)))
    bench.stdin.write(body)
    await bench.stdin.drain()
    (size,) = LENGTH.unpack(await bench.stdout.readexactly(LENGTH.size))
    return msgspec.msgpack.decode(await bench.stdout.readexactly(size), type=Answer)


async def _end(bench: Process) -> None:
    """Kill it and see it gone."""
    with suppress(ProcessLookupError):
        bench.kill()
    await bench.communicate()
