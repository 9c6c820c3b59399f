"""A payment provider that does what a test tells it: slow, lost, declined, unknown. It keeps its own books in a folder, so that
they outlive a killed process, and honours idempotency keys as a real one does."""

import asyncio
import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from surehold.modules.payments import CapturesOn, Outcome, OutcomeKind, PaymentMethod, ProviderRequest

LOST_S = 3600.0


class ScriptedProvider:
    """`script(phase, behaviour, …)` says what the next calls of a phase do; after that each is `ok`.

    Behaviours: `ok`, `declined`, `slow:SECONDS`, `lost_before` (nothing happened, no answer), `lost_after` (it happened, no
    answer), `requires_action` (until `complete_challenge`), `declined_challenge`.
    """

    is_direct = False
    needs_buyer = False

    def __init__(self, folder: Path, captures_on: CapturesOn = "placement", code: str = "scripted") -> None:
        self._folder = folder
        self.captures_on: CapturesOn = captures_on
        self.method = PaymentMethod(code=code, title="Scripted")
        folder.mkdir(parents=True, exist_ok=True)

    def script(self, phase: str, *behaviours: str) -> None:
        """What the next calls of a phase do."""
        with self._books() as books:
            books["script"].setdefault(phase, []).extend(behaviours)

    def effects(self, phase: str, order_id: object | None = None) -> list[dict[str, Any]]:
        """What really happened, once per key."""
        with self._books() as books:
            return [
                effect
                for effect in books["effects"].values()
                if effect["phase"] == phase
                and effect["kind"] == "succeeded"
                and (order_id is None or effect["order_id"] == str(order_id))
            ]

    def calls(self, phase: str) -> int:
        """How often a phase was called, repeats included."""
        with self._books() as books:
            return books["calls"].get(phase, 0)

    def held_minor(self, order_id: object) -> int:
        """What the buyer's bank still holds or has paid for an order: authorized, not voided, not refunded."""
        authorized, voided, refunded = (
            sum(e["amount"] for e in self.effects(p, order_id)) for p in ("authorize", "void", "refund")
        )
        return authorized - voided - refunded

    def complete_challenge(self, order_id: object) -> None:
        """The buyer passes the challenge."""
        with self._books() as books:
            for effect in books["effects"].values():
                if effect["order_id"] == str(order_id) and effect["kind"] == "requires_action":
                    effect["kind"] = "succeeded"

    def change_mind(self, phase: str, order_id: object) -> None:
        """What was declined in a phase turns out to be done."""
        with self._books() as books:
            for effect in books["effects"].values():
                if effect["order_id"] == str(order_id) and effect["phase"] == phase:
                    effect["kind"] = "succeeded"

    async def authorize(self, request: ProviderRequest) -> Outcome:
        return await self._call("authorize", request)

    async def capture(self, request: ProviderRequest) -> Outcome:
        return await self._call("capture", request)

    async def void(self, request: ProviderRequest) -> Outcome:
        return await self._call("void", request)

    async def refund(self, request: ProviderRequest) -> Outcome:
        return await self._call("refund", request)

    async def look_up(self, request: ProviderRequest) -> Outcome | None:
        with self._books() as books:
            behaviour = _next(books, "look_up")
            effect = books["effects"].get(request.idempotency_key)
        if behaviour.startswith("lost"):
            raise TimeoutError
        return None if effect is None else _outcome(effect)

    async def _call(self, phase: str, request: ProviderRequest) -> Outcome:
        with self._books() as books:
            books["calls"][phase] = books["calls"].get(phase, 0) + 1
            behaviour = _next(books, phase)
            slow = behaviour.startswith("slow:")
            if not slow and behaviour != "lost_before":
                # Decided with the script's line in hand, so that a repeat at the same time cannot decide otherwise.
                books["effects"].setdefault(request.idempotency_key, _effect(phase, request, behaviour))
        if behaviour == "lost_before":
            raise TimeoutError
        if slow:
            await asyncio.sleep(float(behaviour.partition(":")[2]))
        with self._books() as books:
            effect = books["effects"].setdefault(request.idempotency_key, _effect(phase, request, behaviour))
        if behaviour == "lost_after":
            raise ConnectionResetError
        return _outcome(effect)

    @contextmanager
    def _books(self) -> Iterator[dict[str, Any]]:
        """The books, locked against other processes, written back whole."""
        path = self._folder / "books.json"
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            empty: Callable[[], dict[str, Any]] = lambda: {"effects": {}, "script": {}, "calls": {}}  # noqa: E731
            books = json.loads(path.read_text()) if path.exists() else empty()
            yield books
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(books))
            fresh.replace(path)


def _next(books: dict[str, Any], phase: str) -> str:
    waiting = books["script"].get(phase) or ["ok"]
    return waiting.pop(0)


def _effect(phase: str, request: ProviderRequest, behaviour: str) -> dict[str, Any]:
    kind = {"declined": "declined", "requires_action": "requires_action"}.get(behaviour, "succeeded")
    return {
        "phase": phase,
        "kind": kind,
        "order_id": str(request.order_id),
        "amount": request.amount.amount,
        "currency": request.amount.currency,
        "ref": request.provider_ref or f"ref-{request.idempotency_key}",
    }


def _outcome(effect: dict[str, Any]) -> Outcome:
    kind = OutcomeKind(effect["kind"])
    return Outcome(
        kind=kind,
        provider_ref=effect["ref"],
        reason="CARD_DECLINED" if kind is OutcomeKind.DECLINED else None,
        action="https://bank.example/challenge" if kind is OutcomeKind.REQUIRES_ACTION else None,
    )
