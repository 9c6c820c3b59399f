"""Events: what happened to an object, as it was then, written with the change; those that shops listen to get a delivery."""

import time

from surehold.app.card_stand_in.call import Call, new_object, public
from surehold.app.card_stand_in.errors import Json

API_VERSION = "2026-10-28.endive"
DELIVERED = frozenset(
    {
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.requires_action",
        "charge.refunded",
        "charge.refund.updated",
        "refund.updated",
        "refund.failed",
    }
)


def emit(call: Call, type_: str, body: Json) -> None:
    """Book an event, and its delivery to the webhook if there is one."""
    books = call.books
    event = new_object(
        "evt",
        call.now,
        api_version=API_VERSION,
        data={"object": public(body)},
        pending_webhooks=0,
        request={"id": call.request_id or None, "idempotency_key": call.key},
        type=type_,
    )
    is_delivered = type_ in DELIVERED and books.setting("webhook_url", None) is not None
    event["pending_webhooks"] = int(is_delivered)
    books.add(event, parent=body["id"])
    call.events.append(event["id"])
    if is_delivered:
        schedule(call, event["id"], type_)


def schedule(call: Call, event_id: str, type_: str) -> None:
    """Deliveries of an event, as the trouble that was asked for wants them: late, several times, or not at all."""
    books = call.books
    trouble = books.setting("webhook_trouble", {})
    state = "waiting"
    if trouble.get("drop", 0) > 0:
        books.keep_setting("webhook_trouble", {**trouble, "drop": trouble["drop"] - 1})
        state = "dropped"
    due = time.time() + trouble.get("delay_s", 0)
    for _ in range(1 + trouble.get("duplicate", 0)):
        books.run("insert into deliveries (event, type, due, state) values (?, ?, ?, ?)", event_id, type_, due, state)
