"""Endpoints, as staff sets them up."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from surehold.kernel.ids import uuid7
from surehold.modules.webhooks.errors import EndpointNotFoundError, EndpointsFullError
from surehold.modules.webhooks.model import (
    DisabledReason,
    Endpoint,
    EndpointDraft,
    TargetRules,
    WebhookSettings,
    new_secret,
    read_target,
)
from surehold.modules.webhooks.store import endpoints as store
from surehold.platform.db import Database, Unit
from surehold.platform.http import Actor, check_if_match
from surehold.platform.sealed import SealedCodec


def secret_context(endpoint_id: UUID) -> str:
    """Where a sealed secret belongs, the present and the former one alike."""
    return f"webhooks.endpoints.secret:{endpoint_id}"


class WebhookDesk:
    """Adds, changes and removes endpoints. Every change is in the audit log, without URLs, which may carry secrets."""

    def __init__(self, db: Database, codec: SealedCodec, rules: TargetRules, settings: WebhookSettings) -> None:
        self._db, self._codec, self._rules, self._settings = db, codec, rules, settings

    async def listen(self) -> int:
        """Have events delivered to this module if, and only if, there is anybody to be told; out goes 0, for nothing waits."""
        await store.listen(self._db)
        return 0

    async def list_all(self) -> Sequence[Endpoint]:
        """All endpoints, oldest first."""
        return await store.list_endpoints(self._db, self._settings.endpoints_max)

    async def get(self, endpoint_id: UUID) -> Endpoint:
        """One endpoint; EndpointNotFoundError."""
        return await store.get_endpoint(self._db, endpoint_id)

    async def add(self, actor: Actor, draft: EndpointDraft, asked_as: UUID) -> tuple[Endpoint, str]:
        """A new endpoint and its secret; the same ones when it was asked for under this name before.

        UrlRefusedError, EndpointsFullError.
        """
        read_target(draft.url, self._rules)
        async with self._db.unit() as unit:
            made = await store.find_asked(unit, asked_as)
            if made is not None:
                endpoint_id, sealed = made
                return await store.get_endpoint(unit, endpoint_id), self._opened(endpoint_id, sealed)
            endpoint_id, secret = uuid7(), new_secret()
            if not await store.add_endpoint(
                unit,
                draft,
                endpoint_id=endpoint_id,
                asked_as=asked_as,
                secret=self._sealed(endpoint_id, secret),
                most=self._settings.endpoints_max,
            ):
                raise EndpointsFullError(f"Remove one of the {self._settings.endpoints_max} first.")
            await store.record_audit(unit, actor, "webhooks.endpoint_added", endpoint_id, _facts(draft))
            return await store.get_endpoint(unit, endpoint_id), secret

    async def change(self, actor: Actor, endpoint_id: UUID, draft: EndpointDraft, if_match: str | None) -> Endpoint:
        """Make it what the draft says. What waited for a disabled one is sent once it is enabled again."""
        read_target(draft.url, self._rules)
        async with self._db.unit() as unit:
            current = await self._locked(unit, endpoint_id, if_match)
            reason = None if draft.enabled else (current.disabled_reason or DisabledReason.STAFF)
            await store.set_endpoint(unit, endpoint_id, draft, reason)
            facts = {**_facts(draft), "url_changed": draft.url != current.url}
            await store.record_audit(unit, actor, "webhooks.endpoint_changed", endpoint_id, facts)
            return await store.get_endpoint(unit, endpoint_id)

    async def rotate_secret(self, actor: Actor, endpoint_id: UUID, if_match: str | None) -> tuple[Endpoint, str]:
        """Another secret; the former one signs as well for a day."""
        secret = new_secret()
        async with self._db.unit() as unit:
            await self._locked(unit, endpoint_id, if_match)
            sealed = self._sealed(endpoint_id, secret)
            await store.rotate_secret(unit, endpoint_id, sealed, self._settings.old_secret_s)
            await store.record_audit(unit, actor, "webhooks.secret_rotated", endpoint_id, {})
            return await store.get_endpoint(unit, endpoint_id), secret

    async def remove(self, actor: Actor, endpoint_id: UUID) -> None:
        """It is told nothing any more; its log goes with the nightly tidying. EndpointNotFoundError."""
        async with self._db.unit() as unit:
            if not await store.remove_endpoint(unit, endpoint_id):
                raise EndpointNotFoundError
            await store.record_audit(unit, actor, "webhooks.endpoint_removed", endpoint_id, {})

    async def _locked(self, unit: Unit, endpoint_id: UUID, if_match: str | None) -> Endpoint:
        current = await store.lock_endpoint(unit, endpoint_id)
        check_if_match(if_match, current.version, msgspec.to_builtins(current))
        return current

    def _sealed(self, endpoint_id: UUID, secret: str) -> bytes:
        return self._codec.seal(secret.encode(), context=secret_context(endpoint_id))

    def _opened(self, endpoint_id: UUID, sealed: bytes) -> str:
        return self._codec.open(sealed, context=secret_context(endpoint_id)).decode()


def _facts(draft: EndpointDraft) -> dict[str, object]:
    return {"enabled": draft.enabled, "events": None if draft.events is None else [str(one) for one in draft.events]}
