"""What a checkout must have for a step, and what it lacks."""

from surehold.kernel.money import Money
from surehold.modules.checkout.errors import CartEmptyError, LineUnavailableError
from surehold.modules.checkout.model import CartContent, Review, StoredCheckout, is_payable, unavailable


def sellable(cart: CartContent | None) -> CartContent:
    """The locked cart, if there is something in it and all of it is for sale."""
    if cart is None or not cart.lines:
        raise CartEmptyError
    gone = unavailable(cart)
    if gone:
        raise LineUnavailableError("Remove what is not sold any more.", variant_ids=[str(variant) for variant in gone])
    return cart


def missing_steps(checkout: StoredCheckout) -> list[str]:
    """The steps that are not made yet."""
    steps = {"shipping": checkout.contact and checkout.shipping_method, "payment": is_payable(checkout)}
    return [step for step, is_there in steps.items() if not is_there]


def total_of(review: Review) -> Money:
    """What a review asks for."""
    return Money(review.totals.total_minor, review.currency)
