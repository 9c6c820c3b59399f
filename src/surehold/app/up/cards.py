"""The card provider's stand-in as a part of `up`: for a shop that has no key of the real one, so that cards can be tried at once."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from surehold.app.up.options import UpOptions
from surehold.app.up.ports import MailPorts, free_port, own_address
from surehold.app.up.services import ServiceSpec

CARDS_PATIENCE_S = 5.0
KEY_BYTES = 16
OWN_KEY = "SUREHOLD_STRIPE_SECRET_KEY"
CERTIFICATE = "SUREHOLD_TLS_CERT"
WEBHOOK_PATH = "/v1/webhooks/stripe"
NO_MONEY = f"Cards are taken by a stand-in: test cards only, no money moves. Set {OWN_KEY} to sell."


@dataclass(frozen=True, slots=True)
class CardStandIn:
    """Where it listens, and the keys that it and the shop know of each other: new ones for each start."""

    port: int
    fields_port: int
    secret_key: str
    publishable_key: str
    webhook_secret: str

    @property
    def page(self) -> str:
        """What a person may open."""
        return f"http://127.0.0.1:{self.fields_port}/"

    @property
    def variables(self) -> dict[str, str]:
        """What every process of the shop is told; the stand-in reads its keys from there too, where `ps` does not show them."""
        return {
            OWN_KEY: self.secret_key,
            "SUREHOLD_STRIPE_PUBLISHABLE_KEY": self.publishable_key,
            "SUREHOLD_STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "SUREHOLD_STRIPE_API_URL": f"http://127.0.0.1:{self.port}",
            "SUREHOLD_STRIPE_FIELDS_URL": f"{self.page}fields",
        }

    def spec(self, options: UpOptions, environment: Mapping[str, str]) -> ServiceSpec:
        """The process that `up` runs for it. `environment`: the shop's, which says whether the shop speaks HTTPS."""
        certificate, host = environment.get(CERTIFICATE), own_address(options.host)
        scheme, trust = ("https", ["--webhook-ca", certificate]) if certificate else ("http", [])
        shown = f"[{host}]" if ":" in host else host
        ports = ["--port", str(self.port), "--fields-port", str(self.fields_port)]
        webhook = ["--webhook-url", f"{scheme}://{shown}:{options.port}{WEBHOOK_PATH}", *trust]
        folder = ["--folder", str(options.data_dir / "cards")]
        command = ["surehold.app.card_stand_in", *ports, *folder, *webhook]
        return ServiceSpec("cards", "surehold.app.card_stand_in", command, CARDS_PATIENCE_S)


def card_stand_in(shop_port: int, mail: MailPorts | None, given: Mapping[str, str] = os.environ) -> CardStandIn | None:
    """The stand-in of a shop at this port; None where a key was given, and in production, where test cards must buy nothing."""
    if given.get(OWN_KEY) or given.get("SUREHOLD_ENV") == "production":
        return None
    taken = {shop_port, shop_port + 1, *((mail.smtp, mail.page) if mail else ())}
    port = free_port(but=taken)
    return CardStandIn(
        port=port,
        fields_port=free_port(but={*taken, port}),
        secret_key=f"sk_test_{secrets.token_hex(KEY_BYTES)}",
        publishable_key=f"pk_test_{secrets.token_hex(KEY_BYTES)}",
        webhook_secret=f"whsec_{secrets.token_hex(KEY_BYTES)}",
    )
