"""Calls that many tests make."""

from typing import Any

import stripe

RETURN_URL = "http://localhost:8000/checkout/return?at=1"


def held(client: stripe.StripeClient, token: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
    """An intent of 19.99, confirmed and to be captured."""
    params = {"amount": 1999, "currency": "usd", "capture_method": "manual", "confirm": True, "payment_method": token}
    return client.v1.payment_intents.create({**params, "payment_method_types": ["card"], **more})  # type: ignore[arg-type]


def captured(client: stripe.StripeClient, token: str = "pm_card_visa", amount: int = 1999) -> stripe.PaymentIntent:
    """The same, captured."""
    return client.v1.payment_intents.capture(held(client, token, amount=amount).id)


def typed(number: str, **more: Any) -> dict[str, Any]:
    """A payment method as typed."""
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123", **more}}
