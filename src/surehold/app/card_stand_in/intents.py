"""Payment intents: the states of one payment, and the steps between them."""

import re
from urllib.parse import urlsplit

from surehold.app.card_stand_in import charges, methods
from surehold.app.card_stand_in.call import Call, get, new_id, new_object, public
from surehold.app.card_stand_in.errors import ApiError, Json, card_error, refuse_parameter, unexpected_state
from surehold.app.card_stand_in.events import emit
from surehold.app.card_stand_in.forms import Params

AMOUNT_MIN, AMOUNT_MAX = 1, 99_999_999
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_CURRENCY = re.compile(r"[a-z]{3}")
_UNUSED = (
    "automatic_payment_methods",
    "confirmation_method",
    "mandate_data",
    "payment_method_options",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "use_stripe_sdk",
)


def create(call: Call) -> Json:
    """POST /v1/payment_intents, confirmed at once where that is asked for."""
    params = call.params
    intent = _new(call, params)
    manner = _Manner(params)
    is_confirmed, named = params.flag("confirm"), params.text("payment_method")
    data = params.nested("payment_method_data")
    method = _method_of(call, named, data)
    params.ignore(*_UNUSED)
    params.done()
    if not is_confirmed and (manner.return_url or manner.is_off_session):
        refuse_parameter("return_url and off_session need confirm=true", "confirm")
    if method is not None:
        _require_fit(intent, method)
        intent.update(payment_method=method["id"], status="requires_confirmation")
    call.books.add(intent)
    emit(call, "payment_intent.created", intent)
    return _confirm(call, intent, method, manner) if is_confirmed else intent


def retrieve(call: Call, id_: str) -> Json:
    """GET /v1/payment_intents/{id}."""
    call.params.ignore("client_secret")
    call.params.done()
    return get(call, id_, "payment_intent")


def confirm(call: Call, id_: str) -> Json:
    """POST /v1/payment_intents/{id}/confirm."""
    params, intent = call.params, get(call, id_, "payment_intent")
    manner = _Manner(params)
    method = _method_of(call, params.text("payment_method"), params.nested("payment_method_data"))
    params.ignore(*_UNUSED)
    params.done()
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            payment_intent=public(intent),
        )
    if method is None and intent["payment_method"] is not None:
        method = get(call, intent["payment_method"], "payment_method")
    if method is not None:
        _require_fit(intent, method)
    return _confirm(call, intent, method, manner)


def capture(call: Call, id_: str) -> Json:
    """POST /v1/payment_intents/{id}/capture: takes what is held, or less; the rest is let go."""
    params, intent = call.params, get(call, id_, "payment_intent")
    asked = params.integer("amount_to_capture", AMOUNT_MIN, AMOUNT_MAX)
    params.ignore("metadata", "statement_descriptor", "statement_descriptor_suffix")
    is_final = params.choice("final_capture", "true", "false") == "true"
    params.done()
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
            payment_intent=public(intent),
        )
    amount = asked or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        raise ApiError(
            f"The amount to capture ({amount}) is greater than what can be captured ({intent['amount_capturable']}).",
            is_kept=True, code="amount_too_large", param="amount_to_capture",
        )  # fmt: skip
    if not is_final:
        refuse_parameter("This account cannot capture several times.", "final_capture")
    charge = get(call, intent["latest_charge"], "charge")
    charge.update(captured=True, amount_captured=amount)
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    call.books.save(charge)
    call.books.save(intent)
    emit(call, "charge.captured", charge)
    emit(call, "payment_intent.succeeded", intent)
    return intent


def cancel(call: Call, id_: str) -> Json:
    """POST /v1/payment_intents/{id}/cancel: what is held is let go."""
    reason = call.params.text("cancellation_reason")
    call.params.done()
    if reason is not None and reason not in REASONS:
        refuse_parameter(f"Invalid cancellation_reason: must be one of {', '.join(REASONS)}", "cancellation_reason")
    intent = get(call, id_, "payment_intent")
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            payment_intent=public(intent),
        )
    return _let_go(call, intent, reason)


def expire(call: Call) -> None:
    """Let go of every authorisation whose time is over by the stand-in's clock."""
    for intent in call.books.bodies(
        "select body from objects where due <= ? and kind = 'payment_intent' order by due, seq", call.now
    ):
        _let_go(call, intent, "automatic")


def authenticate(call: Call, id_: str, *, is_approved: bool) -> Json:
    """The buyer's answer at the page. Out goes the intent, also when the issuer declines afterwards; another state is left alone."""
    intent = get(call, id_, "payment_intent")
    if intent["status"] != "requires_action":
        return intent
    method = get(call, intent["payment_method"], "payment_method")
    intent["next_action"] = None
    if not is_approved:
        _fail(call, intent, method, _unauthenticated(intent))
        return intent
    try:
        return _authorize(call, intent, method)
    except ApiError as error:
        if not error.is_kept:
            raise
    return get(call, id_, "payment_intent")


class _Manner:
    """How an intent is confirmed: from where, and whether the buyer is there to be asked."""

    def __init__(self, params: Params) -> None:
        self.return_url = params.text("return_url")
        self.is_off_session = params.flag("off_session")
        self.refuses_action = params.flag("error_on_requires_action")
        if self.return_url is not None and urlsplit(self.return_url).scheme not in {"http", "https"}:
            refuse_parameter("Not a valid URL", "return_url", "url_invalid")


def _new(call: Call, params: Params) -> Json:
    amount = params.integer("amount", AMOUNT_MIN, AMOUNT_MAX)
    if amount is None:
        refuse_parameter("Missing required param: amount.", "amount", "parameter_missing")
    currency = params.required("currency").lower()
    if not _CURRENCY.fullmatch(currency):
        refuse_parameter(f"Invalid currency: {currency}", "currency")
    types = params.words("payment_method_types") or ["card"]
    if unknown := [one for one in types if one not in methods.TYPES]:
        refuse_parameter(f"The payment method type {unknown[0]} is invalid.", "payment_method_types")
    customer = params.text("customer")
    if customer is not None:
        get(call, customer, "customer", param="customer", status=400)
    intent = new_object(
        "pi",
        call.now,
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application=None,
        automatic_payment_methods=None,
        canceled_at=None,
        cancellation_reason=None,
        capture_method=params.choice("capture_method", "automatic_async", "automatic", "manual"),
        client_secret=None,
        confirmation_method="automatic",
        currency=currency,
        customer=customer,
        description=params.text("description"),
        last_payment_error=None,
        latest_charge=None,
        metadata=params.metadata(),
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_options={},
        payment_method_types=types,
        processing=None,
        receipt_email=None,
        review=None,
        setup_future_usage=params.text("setup_future_usage"),
        shipping=params.raw("shipping"),
        source=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="requires_payment_method",
        transfer_data=None,
        transfer_group=None,
        _return_url=None,
    )
    return {**intent, "client_secret": f"{intent['id']}_secret_{new_id('s')[2:]}"}


def _method_of(call: Call, named: str | None, data: Params | None) -> Json | None:
    if named is not None and data is not None:
        refuse_parameter("You may only specify one of payment_method, payment_method_data.", "payment_method_data")
    if named is not None:
        return methods.named(call, named)
    return methods.create_inline(call, data) if data is not None else None


def _require_fit(intent: Json, method: Json) -> None:
    if method["type"] not in intent["payment_method_types"]:
        refuse_parameter(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.", "payment_method"
        )
    methods.require_unused(method)
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        refuse_parameter(
            f"The PaymentMethod {method['id']} belongs to a Customer. Name that customer with the intent.",
            "payment_method",
        )


def _confirm(call: Call, intent: Json, method: Json | None, manner: _Manner) -> Json:
    if method is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            payment_intent=public(intent),
        )
    if method["type"] != "card" and manner.return_url is None:
        refuse_parameter("A return_url must be given for a method that redirects.", "return_url", "parameter_missing")
    intent.update(payment_method=method["id"], _return_url=manner.return_url, last_payment_error=None, next_action=None)
    if not _asks_buyer(method):
        return _authorize(call, intent, method)
    if manner.is_off_session or manner.refuses_action:
        raise _fail(call, intent, method, card_error("authentication_required"))
    intent.update(status="requires_action", next_action=_next_action(call, intent, manner.return_url))
    call.books.save(intent)
    emit(call, "payment_intent.requires_action", intent)
    return intent


def _asks_buyer(method: Json) -> bool:
    return method["_authenticate"] == "always" or (
        method["_authenticate"] == "unless_saved" and method["customer"] is None
    )


def _next_action(call: Call, intent: Json, return_url: str | None) -> Json:
    if return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"{call.fields_url}/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
    return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}


def _authorize(call: Call, intent: Json, method: Json) -> Json:
    decline = call.forced_decline or method["_decline"]
    if decline:
        raise _fail(call, intent, method, card_error(decline))
    is_captured = intent["capture_method"] != "manual"
    charge = charges.charge(call, intent, method, refusal=None, is_captured=is_captured)
    _use(call, intent, method)
    intent.update(
        latest_charge=charge["id"],
        status="succeeded" if is_captured else "requires_capture",
        amount_received=intent["amount"] if is_captured else 0,
        amount_capturable=0 if is_captured else intent["amount"],
    )
    call.books.save(intent, due=None if is_captured else call.now + charges.held_s(method))
    emit(call, "charge.succeeded", charge)
    emit(call, "payment_intent.succeeded" if is_captured else "payment_intent.amount_capturable_updated", intent)
    return intent


def _use(call: Call, intent: Json, method: Json) -> None:
    is_kept = intent["setup_future_usage"] is not None and intent["customer"] is not None
    method.update(_is_used=True, customer=intent["customer"] if is_kept else method["customer"])
    call.books.save(method)


def _fail(call: Call, intent: Json, method: Json, refusal: ApiError) -> ApiError:
    """Book a refusal; out goes the error with the intent in it, for the caller to raise."""
    charge = charges.charge(call, intent, method, refusal=refusal, is_captured=False)
    _use(call, {**intent, "setup_future_usage": None}, method)
    refusal.error.update(charge=charge["id"], payment_method=public(method))
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        last_payment_error=dict(refusal.error),
        payment_method=None,
        next_action=None,
    )
    call.books.save(intent)
    emit(call, "charge.failed", charge)
    emit(call, "payment_intent.payment_failed", intent)
    refusal.error["payment_intent"] = public(intent)
    return refusal


def _unauthenticated(intent: Json) -> ApiError:
    is_card = intent["payment_method_types"] == ["card"]
    return ApiError(
        "The buyer did not approve the payment.",
        status=402,
        type_="card_error" if is_card else "invalid_request_error",
        is_kept=True,
        code="payment_intent_authentication_failure",
    )


def _let_go(call: Call, intent: Json, reason: str | None) -> Json:
    held = intent["amount_capturable"]
    intent.update(
        status="canceled", canceled_at=call.now, cancellation_reason=reason, amount_capturable=0, next_action=None
    )
    call.books.save(intent)
    if held:
        charge = get(call, intent["latest_charge"], "charge")
        charge.update(refunded=True, amount_refunded=held)
        call.books.save(charge)
        emit(call, "charge.refunded", charge)
    emit(call, "payment_intent.canceled", intent)
    return intent
