"""Payment methods (a card without its number, or a way to be redirected) and the customers who keep them."""

from datetime import UTC, datetime

from surehold.app.card_stand_in.call import Call, get, new_object
from surehold.app.card_stand_in.cards import READY_MADE, TestCard, card_of, fingerprint
from surehold.app.card_stand_in.errors import ApiError, Json, card_error, refuse_parameter
from surehold.app.card_stand_in.forms import Params

TYPES = ("card", "klarna")
TROUBLE_PREFIX = "pm_trouble_"
READY_MADE_YEARS = 8
YEAR_MIN, YEAR_MAX, CENTURY = 0, 2099, 2000
CVC_LENGTHS = (3, 4)


def create(call: Call) -> Json:
    """POST /v1/payment_methods."""
    method = _from_data(call, call.params)
    call.params.done()
    call.books.add(method)
    return method


def create_inline(call: Call, data: Params) -> Json:
    """What `payment_method_data` of an intent describes."""
    method = _from_data(call, data)
    call.books.add(method)
    return method


def retrieve(call: Call, id_: str) -> Json:
    """GET /v1/payment_methods/{id}."""
    call.params.done()
    return named(call, id_, status=404)


def attach(call: Call, id_: str) -> Json:
    """POST /v1/payment_methods/{id}/attach: a customer keeps it. The issuer is asked, so a declining card is refused here."""
    customer = get(call, call.params.required("customer"), "customer", param="customer", status=400)
    call.params.done()
    method = named(call, id_, status=404)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise ApiError("The payment method you provided has already been attached to a customer.", is_kept=True)
    require_unused(method)
    if method["_decline"] and not method["_is_refused_late"]:
        raise card_error(method["_decline"])
    method["customer"] = customer["id"]
    call.books.save(method)
    return method


def detach(call: Call, id_: str) -> Json:
    """POST /v1/payment_methods/{id}/detach: nobody keeps it, and it can never be used again."""
    call.params.done()
    method = get(call, id_, "payment_method")
    if method["customer"] is None:
        raise ApiError(
            "The payment method you provided is not attached to a customer so detachment is impossible.", is_kept=True
        )
    method.update(customer=None, _is_used=True)
    call.books.save(method)
    return method


def create_customer(call: Call) -> Json:
    """POST /v1/customers."""
    params = call.params
    customer = new_object(
        "cus",
        call.now,
        email=params.text("email"),
        name=params.text("name"),
        phone=params.text("phone"),
        description=params.text("description"),
        metadata=params.metadata(),
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        address=params.raw("address"),
        shipping=params.raw("shipping"),
    )
    params.done()
    call.books.add(customer)
    return customer


def retrieve_customer(call: Call, id_: str) -> Json:
    """GET /v1/customers/{id}."""
    call.params.done()
    return get(call, id_, "customer")


def list_of_customer(call: Call, id_: str) -> list[Json]:
    """What a customer keeps, the newest first."""
    get(call, id_, "customer")
    return call.books.bodies(
        "select o.body from tags t join objects o on o.id = t.id where t.kind = 'payment_method' and t.name = 'customer'"
        " and t.value = ? order by o.seq desc",
        id_,
    )


def named(call: Call, name: str, *, status: int = 400) -> Json:
    """A stored method by its id, or a new one of a ready-made card by its name."""
    number = "4242424242424242" if name.startswith(TROUBLE_PREFIX) else READY_MADE.get(name)
    if number is None:
        return get(call, name, "payment_method", param="payment_method", status=status)
    month, year = 12, datetime.fromtimestamp(call.now, UTC).year + READY_MADE_YEARS
    method = _card_method(call, number, month, year, None)
    call.books.add(method)
    return method


def require_unused(method: Json) -> None:
    """One that nobody keeps can be charged once."""
    if method["_is_used"] and method["customer"] is None:
        raise ApiError(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use it several times, attach it to a Customer first."
        )


def _from_data(call: Call, params: Params) -> Json:
    type_ = params.required("type")
    if type_ not in TYPES:
        refuse_parameter(f"Invalid type: {type_}; must be one of {', '.join(TYPES)}", "type")
    billing = params.raw("billing_details")
    metadata = params.metadata()
    params.ignore("allow_redisplay")
    if type_ == "klarna":
        params.raw("klarna")
        return _method(call, type_, TestCard("klarna", authenticate="always"), billing, metadata, klarna={})
    card = params.nested("card")
    if card is None:
        refuse_parameter("Missing required param: card.", "card", "parameter_missing")
    number = card.required("number").replace(" ", "")
    month, year = card.integer("exp_month", 1, 12), card.integer("exp_year", YEAR_MIN, YEAR_MAX)
    cvc = card.text("cvc")
    if month is None or year is None:
        refuse_parameter("Missing required param: card[exp_month] and card[exp_year].", "card", "parameter_missing")
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) in CVC_LENGTHS):
        raise ApiError(
            "Your card's security code is invalid.", status=402, type_="card_error", code="invalid_cvc", param="cvc"
        )
    full_year = year + CENTURY if year < 100 else year
    _require_future(call.now, month, full_year)
    return {**_card_method(call, number, month, full_year, billing), "metadata": metadata}


def _require_future(now: int, month: int, year: int) -> None:
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        what, param = ("year", "exp_year") if year < today.year else ("month", "exp_month")
        raise ApiError(
            f"Your card's expiration {what} is invalid.",
            status=402,
            type_="card_error",
            code=f"invalid_expiry_{what}",
            param=param,
        )


def _card_method(call: Call, number: str, month: int, year: int, billing: Json | None) -> Json:
    card = card_of(number)
    shown = {
        "brand": card.brand,
        "display_brand": card.brand,
        "last4": number[-4:],
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(call.books.fingerprint_key, number),
        "funding": card.funding,
        "country": "US",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "generated_from": None,
        "regulated_status": "unregulated",
        "wallet": None,
    }
    return _method(call, "card", card, billing, {}, card=shown)


def _method(
    call: Call, type_: str, behaviour: TestCard, billing: Json | None, metadata: dict[str, str], **details: Json
) -> Json:
    nobody = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    return new_object(
        "pm",
        call.now,
        type=type_,
        allow_redisplay="unspecified",
        billing_details={**nobody, **(billing or {})},
        customer=None,
        metadata=metadata,
        **details,
        _decline=behaviour.decline,
        _authenticate=behaviour.authenticate,
        _refund=behaviour.refund,
        _is_refused_late=behaviour.is_refused_late,
        _is_used=False,
    )
