"""Errors as the API tells them: `{"error": {"type", "code", "message", …}}` with a status."""

from typing import Any, NoReturn

Json = dict[str, Any]

DECLINE_MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "test_mode_live_card": "Your card was declined. This is a test, but the card is not one of the test cards.",
}
CODES_OF_THEIR_OWN = frozenset(
    {"expired_card", "incorrect_cvc", "incorrect_number", "processing_error", "authentication_required"}
)
PARAMETERS = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "incorrect_number": "number"}


class ApiError(Exception):
    """What a call is refused with.

    `is_kept`: the call began to be executed, so its answer belongs to its idempotency key and what it booked stays. Others
    (a parameter that does not fit, a key in use) book nothing and leave the key free.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type_: str = "invalid_request_error",
        is_kept: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.is_kept = status, is_kept
        self.error: Json = {"type": type_, "message": message, **{k: v for k, v in more.items() if v is not None}}

    @property
    def body(self) -> Json:
        """The whole answer."""
        return {"error": self.error}


def refuse_parameter(message: str, param: str, code: str | None = None) -> NoReturn:
    """A parameter does not fit; nothing was done."""
    raise ApiError(message, param=param, code=code)


def card_error(decline_code: str, **more: Any) -> ApiError:
    """The issuer said no, with a status of 402."""
    code = decline_code if decline_code in CODES_OF_THEIR_OWN else "card_declined"
    message = DECLINE_MESSAGES.get(decline_code, DECLINE_MESSAGES["generic_decline"])
    return ApiError(
        message,
        status=402,
        type_="card_error",
        is_kept=True,
        code=code,
        decline_code=decline_code,
        param=PARAMETERS.get(decline_code),
        **more,
    )


def unexpected_state(message: str, **more: Any) -> ApiError:
    """The intent exists, and does not allow this step."""
    return ApiError(message, is_kept=True, code="payment_intent_unexpected_state", **more)


def missing(kind: str, id_: str, param: str = "id", status: int = 404) -> ApiError:
    """There is no such object."""
    return ApiError(f"No such {kind}: '{id_}'", status=status, code="resource_missing", param=param)
