"""Refunds: money given back, never more than was taken; some are slow, some fail in the end."""

from surehold.app.card_stand_in.call import Call, get, new_object
from surehold.app.card_stand_in.errors import ApiError, Json, refuse_parameter
from surehold.app.card_stand_in.events import emit
from surehold.app.card_stand_in.intents import AMOUNT_MAX, AMOUNT_MIN

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
SETTLES_AFTER_S = 3
"""How long a slow card's refund stays as it is, by the stand-in's clock."""


def create(call: Call) -> Json:
    """POST /v1/refunds, by payment intent or charge; everything that is left where no amount is given."""
    params = call.params
    asked = params.integer("amount", AMOUNT_MIN, AMOUNT_MAX)
    reason, metadata = params.text("reason"), params.metadata()
    intent_id, charge_id = params.text("payment_intent"), params.text("charge")
    params.ignore("instructions_email")
    params.done()
    if reason is not None and reason not in REASONS:
        refuse_parameter(f"Invalid reason: must be one of {', '.join(REASONS)}", "reason")
    charge = _charge(call, intent_id, charge_id)
    amount = _amount(charge, asked)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    is_slow = call.is_refund_held or charge["_refund"] == "pending"
    will_change = charge["_refund"] is not None and not call.is_refund_held
    refund = new_object(
        "re",
        call.now,
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"type": "card", "card": {"type": "refund", "reference_status": "pending"}},
        metadata=metadata,
        payment_intent=charge["payment_intent"],
        reason=reason,
        receipt_number=None,
        source_transfer_reversal=None,
        status="pending" if is_slow else "succeeded",
        transfer_reversal=None,
        _becomes="failed" if charge["_refund"] == "failed" else "succeeded",
    )
    call.books.save(charge)
    call.books.add(refund, parent=charge["payment_intent"], due=call.now + SETTLES_AFTER_S if will_change else None)
    emit(call, "refund.created", refund)
    emit(call, "charge.refunded", charge)
    return refund


def retrieve(call: Call, id_: str) -> Json:
    """GET /v1/refunds/{id}."""
    call.params.done()
    return get(call, id_, "refund")


def settle_due(call: Call) -> None:
    """What becomes of slow refunds whose time has come."""
    for refund in call.books.bodies(
        "select body from objects where due <= ? and kind = 'refund' order by due, seq", call.now
    ):
        _settle(call, refund, refund["_becomes"])


def settle_pending(call: Call, status: str) -> int:
    """Every pending refund becomes `succeeded` or `failed` now; out goes how many."""
    pending = call.books.bodies(
        "select o.body from tags t join objects o on o.id = t.id"
        " where t.kind = 'refund' and t.name = 'status' and t.value = 'pending' order by o.seq"
    )
    for refund in pending:
        _settle(call, refund, status)
    return len(pending)


def _settle(call: Call, refund: Json, status: str) -> None:
    refund["status"] = status
    if status == "failed":
        refund["failure_reason"] = "lost_or_stolen_card"
        charge = get(call, refund["charge"], "charge")
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        call.books.save(charge)
    call.books.save(refund)
    if status == "failed":
        emit(call, "refund.failed", refund)
    emit(call, "refund.updated", refund)
    emit(call, "charge.refund.updated", refund)


def _charge(call: Call, intent_id: str | None, charge_id: str | None) -> Json:
    if charge_id is not None:
        charge = get(call, charge_id, "charge", param="charge", status=404)
    elif intent_id is not None:
        intent = get(call, intent_id, "payment_intent", param="payment_intent", status=404)
        if intent["latest_charge"] is None:
            raise _nothing_taken(intent_id)
        charge = get(call, intent["latest_charge"], "charge")
    else:
        refuse_parameter("One of the following params should be provided: payment_intent or charge.", "payment_intent")
    if not (charge["paid"] and charge["captured"]):
        raise _nothing_taken(charge["payment_intent"])
    return charge


def _nothing_taken(intent_id: str) -> ApiError:
    return ApiError(
        f"This PaymentIntent ({intent_id}) does not have a captured charge to refund.",
        is_kept=True,
        code="charge_not_refundable",
    )


def _amount(charge: Json, asked: int | None) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise ApiError(
            f"Charge {charge['id']} has already been refunded.", is_kept=True, code="charge_already_refunded"
        )
    if asked is not None and asked > left:
        raise ApiError(
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})",
            is_kept=True,
            code="amount_too_large",
            param="amount",
        )
    return asked or left
