"""HTTP of identity."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.identity.routes import access, addresses, me, staff

HANDLERS: Sequence[HTTPRouteHandler] = (*access.HANDLERS, *me.HANDLERS, *addresses.HANDLERS, *staff.HANDLERS)

__all__ = ["HANDLERS"]
