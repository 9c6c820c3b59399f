"""HTTP of pricing: changed prices and delivery for everybody, the tables for staff."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.pricing.routes import groups, lists, public, rates

HANDLERS: Sequence[HTTPRouteHandler] = (*public.HANDLERS, *lists.HANDLERS, *groups.HANDLERS, *rates.HANDLERS)
