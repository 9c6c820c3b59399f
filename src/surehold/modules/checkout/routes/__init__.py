"""HTTP of checkouts."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.checkout.routes.place import place_order
from surehold.modules.checkout.routes.staff import list_checkout_failures
from surehold.modules.checkout.routes.steps import (
    confirm_checkout_address,
    open_checkout,
    read_checkout,
    set_checkout_payment,
    set_checkout_shipping,
)

HANDLERS: Sequence[HTTPRouteHandler] = (
    open_checkout,
    read_checkout,
    set_checkout_shipping,
    set_checkout_payment,
    confirm_checkout_address,
    place_order,
    list_checkout_failures,
)
