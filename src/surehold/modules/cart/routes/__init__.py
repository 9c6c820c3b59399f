"""HTTP of carts."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from surehold.modules.cart.routes.keep import (
    forget_saved_line,
    read_shared_cart,
    restore_saved_line,
    save_cart_line,
    share_cart,
    unshare_cart,
)
from surehold.modules.cart.routes.lines import (
    add_cart_lines,
    clear_cart,
    read_cart,
    remove_cart_line,
    set_cart_line,
)
from surehold.modules.cart.routes.sync import sync_cart, undo_cart_merge

HANDLERS: Sequence[HTTPRouteHandler] = (
    read_cart,
    clear_cart,
    add_cart_lines,
    set_cart_line,
    remove_cart_line,
    save_cart_line,
    restore_saved_line,
    forget_saved_line,
    share_cart,
    unshare_cart,
    read_shared_cart,
    sync_cart,
    undo_cart_merge,
)
