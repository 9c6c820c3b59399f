"""`./surehold import …`: brings things into the shop from files."""

import typer

from surehold.app.commands import import_orders, import_products


def register(shop: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Bring things into the shop from files.", no_args_is_help=True)
    group.command("products")(import_products.products)
    group.command("orders")(import_orders.orders)
    shop.add_typer(group, name="import")
