"""Runs a handler once per key. The answer is kept sealed (it may carry an address) and given again byte for byte.

The claim is a row with a lease: who dies while holding it is followed by the next request with the same key, so a handler must
itself be safe to run twice (a UNIQUE per checkout, a conditional update); the claim token keeps a late owner from storing its answer.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable

import msgspec

from surehold.kernel.errors import Kind, NotFoundError, ShopError, UnavailableError
from surehold.platform.db import Database
from surehold.platform.http import Actor, ActorKind, problem_of
from surehold.platform.idempotency import store
from surehold.platform.idempotency.errors import (
    IdempotencyInFlightError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyMismatchError,
)
from surehold.platform.idempotency.store import KeyRef
from surehold.platform.jobs import Job
from surehold.platform.sealed import SealedCodec

MAX_KEY_CHARS = 255
PURGE_BATCH = 1_000
IN_FLIGHT_RETRY_AFTER_S = 1

_log = logging.getLogger(__name__)

# These changed nothing, and the same request may well succeed later: the answer is told, and not kept.
_NOT_KEPT = frozenset(
    {
        Kind.UNAVAILABLE,
        Kind.LIMITED,
        Kind.UNAUTHENTICATED,
        Kind.FORBIDDEN,
        Kind.STALE,
        Kind.PRECONDITION_REQUIRED,
    }
)


class IdempotencySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long a claim without an answer is respected, and how long answers are kept (at least 24 h are promised)."""

    lease_s: float = 30.0
    keep_s: float = 48 * 3600.0


class StoredResponse(msgspec.Struct, frozen=True):
    """An answer that can be kept: status, headers (with the content type) and the exact bytes of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


Handle = Callable[[], Awaitable[StoredResponse]]


class Idempotency:
    """Claims keys, runs handlers, keeps answers."""

    def __init__(self, db: Database, codec: SealedCodec, settings: IdempotencySettings | None = None) -> None:
        self._db, self._codec = db, codec
        self.settings = settings or IdempotencySettings()

    async def run(
        self,
        *,
        actor: Actor,
        route: str,
        key: str | None,
        body: bytes,
        handle: Handle,
        target: str = "",
        owner: str | None = None,
    ) -> StoredResponse:
        """The answer of `handle`, run once per actor, route and key; a repeated request gets the first one's answer.

        `target` is what the path names (an order's id): the same key for another target is refused like other content.
        `owner` names whose key it is where the asker proved themselves otherwise (the hash of an order's token); an asker
        without any proof owns nothing to act on and is told NOT_FOUND.
        Errors of kinds that changed nothing and may pass are raised and not kept; other ShopErrors are kept as answers. Any other
        exception is an unknown outcome: it is raised, and the next request with the key runs the handler again.
        """
        ref = KeyRef(_owner_of(actor, owner), route, _checked(key), uuid.uuid4())
        content = self._fingerprint(target, body)
        claim = await store.claim(self._db, ref, content, self.settings.lease_s)
        if claim.outcome == "claimed":
            return await self._run_claimed(ref, actor, handle)
        return self._told(ref, claim)

    async def purge(self) -> int:
        """Remove a batch of old keys; out goes how many."""
        return await store.purge(self._db, self.settings.keep_s, PURGE_BATCH)

    async def _run_claimed(self, ref: KeyRef, actor: Actor, handle: Handle) -> StoredResponse:
        try:
            answer = await handle()
        except ShopError as error:
            if error.kind in _NOT_KEPT:
                await self._release(ref)
                raise
            answer = _as_answer(error, actor.request_id)
        except Exception:  # the claim must not block the retry that will find out
            await self._release(ref)
            raise
        if answer.status >= 500:
            await self._release(ref)
            return answer
        return await self._keep(ref, answer)

    async def _keep(self, ref: KeyRef, answer: StoredResponse) -> StoredResponse:
        headers = msgspec.json.encode(answer.headers).decode()
        sealed = self._codec.seal(answer.body, context=_context(ref))
        try:
            kept = await store.complete(self._db, ref, answer.status, headers, sealed)
        except UnavailableError:
            # The effect is committed: telling the truth now is worth more than being able to repeat it.
            _log.warning("an idempotent answer could not be kept", extra={"route": ref.route})
            return answer
        if not kept:  # somebody took the claim over: theirs is the answer that every later request gets
            raise _in_flight()
        return answer

    async def _release(self, ref: KeyRef) -> None:
        try:
            await store.release(self._db, ref, self.settings.lease_s)
        except UnavailableError:
            _log.warning("an idempotency claim waits for its lease to end", extra={"route": ref.route})

    def _told(self, ref: KeyRef, claim: store.Claim) -> StoredResponse:
        if claim.outcome == "mismatch":
            raise IdempotencyMismatchError("Send a new Idempotency-Key with a new request.")
        if claim.outcome == "in_flight" or claim.status is None or claim.headers is None or claim.body is None:
            raise _in_flight()
        headers = msgspec.json.decode(claim.headers, type=dict[str, str])
        return StoredResponse(claim.status, headers, self._codec.open(claim.body, context=_context(ref)))

    def _fingerprint(self, target: str, body: bytes) -> bytes:
        return self._codec.blind_index(f"{target}\0{body.decode('latin-1')}", purpose="idempotency")


def purge_job(idempotency: Idempotency) -> Job:
    """The hourly removal of old keys."""
    return Job(name="platform.purge_idempotency_keys", run=idempotency.purge, cron="17 * * * *")


def _owner_of(actor: Actor, owner: str | None) -> str:
    if owner is not None:
        return owner
    if actor.kind is ActorKind.ANONYMOUS:
        raise NotFoundError
    return actor.key


def _checked(key: str | None) -> str:
    if key is None or not key:
        raise IdempotencyKeyMissingError(
            "Send an Idempotency-Key (a UUID is fine), and the same one when you try again."
        )
    if len(key) > MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalidError(f"Use 1 to {MAX_KEY_CHARS} printable ASCII characters; a UUID is fine.")
    return key


def _context(ref: KeyRef) -> str:
    return f"platform.idempotency_keys.body:{ref.actor}:{ref.route}:{ref.key}"


def _as_answer(error: ShopError, request_id: str) -> StoredResponse:
    status, document = problem_of(error, request_id)
    return StoredResponse(status, {"content-type": "application/problem+json"}, msgspec.json.encode(document))


def _in_flight() -> IdempotencyInFlightError:
    return IdempotencyInFlightError("Ask again in a moment with the same key.", retry_after_s=IN_FLIGHT_RETRY_AFTER_S)
