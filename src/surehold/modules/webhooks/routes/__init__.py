"""HTTP of webhooks, for admins."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.webhooks.routes.endpoints import (
    add_webhook,
    get_webhook,
    list_webhooks,
    ping_webhook,
    remove_webhook,
    rotate_webhook_secret,
    set_webhook,
)
from surehold.modules.webhooks.routes.log import (
    get_webhook_message,
    list_webhook_messages,
    redeliver_webhook_message,
    redeliver_webhook_messages,
)

HANDLERS: Sequence[HTTPRouteHandler] = (
    list_webhooks,
    add_webhook,
    get_webhook,
    set_webhook,
    remove_webhook,
    rotate_webhook_secret,
    ping_webhook,
    list_webhook_messages,
    get_webhook_message,
    redeliver_webhook_message,
    redeliver_webhook_messages,
)
