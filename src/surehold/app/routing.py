"""Every route of the API, and what is cached of them."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from surehold.app.account_export import HANDLERS as ACCOUNT_EXPORT
from surehold.modules.audit.routes import HANDLERS as AUDIT
from surehold.modules.cart.routes import HANDLERS as CART
from surehold.modules.catalog.routes import HANDLERS as CATALOG
from surehold.modules.checkout.routes import HANDLERS as CHECKOUT
from surehold.modules.identity.routes import HANDLERS as IDENTITY
from surehold.modules.inventory.routes import HANDLERS as INVENTORY
from surehold.modules.orders.routes import HANDLERS as ORDERS
from surehold.modules.payments.routes import HANDLERS as PAYMENTS
from surehold.modules.pricing.routes import HANDLERS as PRICING
from surehold.modules.webhooks.routes import HANDLERS as WEBHOOKS
from surehold.platform.cache import CachedRoute
from surehold.platform.events.routes import HANDLERS as DEAD_LETTERS
from surehold.platform.http import PUBLIC, get


@get("/", policy=PUBLIC, summary="Where to begin", status=307, tag="operations")
async def begin() -> Redirect:
    """Leads to the documentation, until a storefront stands here."""
    return Redirect("/docs", status_code=307)


HANDLERS: dict[str, Sequence[HTTPRouteHandler]] = {
    "audit": AUDIT,
    "identity": (*IDENTITY, *ACCOUNT_EXPORT),
    "pricing": PRICING,
    "inventory": INVENTORY,
    "catalog": CATALOG,
    "cart": CART,
    "orders": ORDERS,
    "checkout": CHECKOUT,
    "payments": PAYMENTS,
    "webhooks": WEBHOOKS,
    "operations": (begin, *DEAD_LETTERS),
    "realtime": (),  # streams, which are no routes
}
"""By part, as `--only` names them."""

CACHED_ROUTES = (
    CachedRoute(
        pattern="/v1/products/{id_or_slug}",
        params=frozenset({"currency"}),
        ttl_s=1800,
        shared_max_age_s=2,
        stale_while_revalidate_s=10,
        level2=True,
    ),
    CachedRoute(
        pattern="/v1/products",
        params=frozenset({"category", "brand", "sort", "cursor", "limit", "currency"}),
        ttl_s=60,
        shared_max_age_s=2,
        stale_while_revalidate_s=10,
        level2=True,
    ),
    CachedRoute(pattern="/v1/categories", params=frozenset(), ttl_s=1800, shared_max_age_s=60, level2=True),
    CachedRoute(
        pattern="/v1/brands", params=frozenset({"cursor", "limit"}), ttl_s=1800, shared_max_age_s=60, level2=True
    ),
    CachedRoute(pattern="/v1/shop", params=frozenset(), ttl_s=1800, shared_max_age_s=60, level2=True),
)
"""Public pages that are answered from memory. What is in them changes by invalidation; stock in them is at most 2 s old.

A listing is kept only a minute: a product whose price moves it onto a page was not there to make that page old.
"""


class UnknownPartError(Exception):
    """`--only` names a part that does not exist; the text lists those that do."""


def handlers_of(only: Sequence[str]) -> list[HTTPRouteHandler]:
    """The routes of these parts (all for none)."""
    unknown = [name for name in only if name not in HANDLERS]
    if unknown:
        msg = f"there is no part {unknown[0]!r}; parts with routes are: {', '.join(HANDLERS)}"
        raise UnknownPartError(msg)
    return [handler for name in only or HANDLERS for handler in HANDLERS[name]]
