"""HTTP of orders."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.orders.routes.own import cancel_order, list_orders, read_order
from surehold.modules.orders.routes.staff import list_all_orders, read_any_order, staff_cancel_order

HANDLERS: Sequence[HTTPRouteHandler] = (
    list_orders,
    read_order,
    cancel_order,
    list_all_orders,
    read_any_order,
    staff_cancel_order,
)
