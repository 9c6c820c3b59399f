"""The test cards: what each number, and each ready-made payment method, makes the issuer do, as the provider publishes them."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from surehold.app.card_stand_in.errors import card_error

FINGERPRINT_LENGTH = 16
NUMBER_MIN, NUMBER_MAX = 12, 19


@dataclass(frozen=True, slots=True)
class TestCard:
    """How a card behaves.

    `decline`: the issuer's word for no. `authenticate`: `always`, or `unless_saved` (a customer holds it already).
    `refund`: `pending` (succeeds later) or `failed` (succeeds, and fails later). `is_refused_late`: it may be saved all the same.
    """

    brand: str
    funding: str = "credit"
    decline: str | None = None
    authenticate: str | None = None
    refund: str | None = None
    is_refused_late: bool = False


CARDS = {
    "4242424242424242": TestCard("visa"),
    "4000056655665556": TestCard("visa", "debit"),
    "5555555555554444": TestCard("mastercard"),
    "2223003122003222": TestCard("mastercard"),
    "5200828282828210": TestCard("mastercard", "debit"),
    "378282246310005": TestCard("amex"),
    "6011111111111117": TestCard("discover"),
    "3056930009020004": TestCard("diners"),
    "3566002020360505": TestCard("jcb"),
    "6200000000000005": TestCard("unionpay"),
    "4000000000000002": TestCard("visa", decline="generic_decline"),
    "4000000000009995": TestCard("visa", decline="insufficient_funds"),
    "4000000000009987": TestCard("visa", decline="lost_card"),
    "4000000000009979": TestCard("visa", decline="stolen_card"),
    "4000000000000069": TestCard("visa", decline="expired_card"),
    "4000000000000127": TestCard("visa", decline="incorrect_cvc"),
    "4000000000000119": TestCard("visa", decline="processing_error"),
    "4000000000000341": TestCard("visa", decline="generic_decline", is_refused_late=True),
    "4000002500003155": TestCard("visa", authenticate="unless_saved"),
    "4000002760003184": TestCard("visa", authenticate="always"),
    "4000000000003220": TestCard("visa", authenticate="always"),
    "4000008400001629": TestCard("visa", authenticate="always", decline="generic_decline"),
    "4000008260003178": TestCard("visa", authenticate="always", decline="insufficient_funds"),
    "4000000000007726": TestCard("visa", refund="pending"),
    "4000000000005126": TestCard("visa", refund="failed"),
}
READY_MADE = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_mastercard_debit": "5200828282828210",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_diners": "3056930009020004",
    "pm_card_jcb": "3566002020360505",
    "pm_card_unionpay": "6200000000000005",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}


def card_of(number: str) -> TestCard:
    """The card with a number. A card error when it is mistyped, or when it is a real card's: those are never taken here."""
    if not NUMBER_MIN <= len(number) <= NUMBER_MAX or not _is_checked(number):
        raise card_error("incorrect_number")
    card = CARDS.get(number)
    if card is None:
        raise card_error("test_mode_live_card")
    return card


def fingerprint(key: bytes, number: str) -> str:
    """The same for the same number, and of no use without the key."""
    return hmac.new(key, number.encode(), sha256).hexdigest()[:FINGERPRINT_LENGTH]


def _is_checked(number: str) -> bool:
    """Whether the last digit is right (Luhn, ISO/IEC 7812-1)."""
    if not (number.isascii() and number.isdigit()):
        return False
    digits = [int(one) for one in reversed(number)]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
