"""HTTP of identity."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.identity.routes import access, addresses, impersonation, me, recovery, second_factor, staff

HANDLERS: Sequence[HTTPRouteHandler] = (
    *access.HANDLERS,
    *recovery.HANDLERS,
    *me.HANDLERS,
    *second_factor.HANDLERS,
    *addresses.HANDLERS,
    *staff.HANDLERS,
    *impersonation.HANDLERS,
)

__all__ = ["HANDLERS"]
