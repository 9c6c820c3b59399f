"""Argon2id off the event loop, a bounded number at a time: hashing is meant to be dear, so it must not take the shop down."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2
import msgspec

from surehold.kernel.errors import UnavailableError

ResultT = TypeVar("ResultT")


class PasswordSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of a hash (OWASP's minimum for Argon2id: 19 MiB, two passes, one lane) and how many are made and waited for."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1
    at_once: int = 2
    max_waiting: int = 64


class Passwords:
    """Hashes and verifies; an unknown account costs the same as a known one."""

    def __init__(self, settings: PasswordSettings | None = None) -> None:
        self._settings = settings or PasswordSettings()
        self._hasher = argon2.PasswordHasher(
            time_cost=self._settings.passes, memory_cost=self._settings.memory_kib, parallelism=self._settings.lanes
        )
        self._threads = ThreadPoolExecutor(self._settings.at_once, thread_name_prefix="argon2")
        self._queued = 0
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """A hash with its parameters in it. UnavailableError when too many are waiting."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one; None (nobody's hash) takes as long and is False."""
        fits = await self._run(self._fits, password_hash or self._nobody, password)
        return fits and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    async def _run(self, work: Callable[..., ResultT], *arguments: str) -> ResultT:
        if self._queued >= self._settings.at_once + self._settings.max_waiting:
            raise UnavailableError("Too many people are signing in at this moment; please try again.", retry_after_s=2)
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._queued -= 1
