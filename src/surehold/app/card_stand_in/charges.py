"""Charges: what an intent did to a payment method, held, taken or refused."""

from surehold.app.card_stand_in.call import Call, get, new_object
from surehold.app.card_stand_in.errors import ApiError, Json

DAY_S = 24 * 3600
CARD_HELD_S = 7 * DAY_S
REDIRECT_HELD_S = 28 * DAY_S
_CARD_SHOWN = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "network", "wallet")


def held_s(method: Json) -> int:
    """How long an authorisation holds, in seconds."""
    return CARD_HELD_S if method["type"] == "card" else REDIRECT_HELD_S


def charge(call: Call, intent: Json, method: Json, *, refusal: ApiError | None, is_captured: bool) -> Json:
    """Book a charge: held, taken at once, or refused."""
    is_paid = refusal is None
    taken = intent["amount"] if is_paid and is_captured else 0
    error = refusal.error if refusal else {}
    body = new_object(
        "ch",
        call.now,
        amount=intent["amount"],
        amount_captured=taken,
        amount_refunded=0,
        balance_transaction=None,
        billing_details=method["billing_details"],
        captured=bool(taken),
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=error.get("code"),
        failure_message=error.get("message"),
        metadata=intent["metadata"],
        outcome=_outcome(error.get("decline_code"), is_paid=is_paid),
        paid=is_paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(call, method, is_held=is_paid and not is_captured),
        receipt_url=None,
        refunded=False,
        status="succeeded" if is_paid else "failed",
        _refund=method["_refund"],
    )
    call.books.add(body, parent=intent["id"])
    return body


def retrieve(call: Call, id_: str) -> Json:
    """GET /v1/charges/{id}."""
    call.params.done()
    return get(call, id_, "charge")


def _outcome(reason: str | None, *, is_paid: bool) -> Json:
    return {
        "network_status": "approved_by_network" if is_paid else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "seller_message": "Payment complete." if is_paid else "The bank did not return any further details.",
        "type": "authorized" if is_paid else "issuer_declined",
    }


def _details(call: Call, method: Json, *, is_held: bool) -> Json:
    if method["type"] != "card":
        return {
            "type": method["type"],
            method["type"]: {"payment_method_category": "pay_later", "preferred_locale": None},
        }
    shown = {name: method["card"].get(name) for name in _CARD_SHOWN}
    shown["network"] = method["card"]["brand"]
    if is_held:
        shown["capture_before"] = call.now + CARD_HELD_S
    return {"type": "card", "card": shown}
