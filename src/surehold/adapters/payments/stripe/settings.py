"""What the operator says about Stripe."""

from typing import Annotated

import msgspec

from surehold.kernel.errors import InvalidInputError

LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
SECRET_PREFIXES = ("sk_", "rk_")


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Keys and addresses; without `secret_key` nothing is paid through Stripe, without `webhook_secret` no webhook is taken.

    `fields_url` is where a page gets card fields from, `timeout_s` how long one request may take (below the payment's own
    `call_timeout_s`), `webhook_tolerance_s` how old a signature may be.
    """

    secret_key: str = ""
    publishable_key: str = ""
    webhook_secret: str = ""
    api_url: str = "https://api.stripe.com"
    fields_url: str = "https://js.stripe.com/v3/"
    connect_timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 15.0
    webhook_tolerance_s: Annotated[int, msgspec.Meta(ge=1)] = 300

    def __post_init__(self) -> None:
        """Refuse keys that are mixed up, half a configuration, and a key that would travel in the clear."""
        if not self.secret_key:
            return
        if not self.secret_key.startswith(SECRET_PREFIXES):
            raise InvalidInputError("the secret key begins with sk_ or rk_")
        if not self.publishable_key.startswith("pk_"):
            raise InvalidInputError("the publishable key is missing, or does not begin with pk_")
        if not self.api_url.startswith(("https://", *LOOPBACK)):
            raise InvalidInputError("the API is reached by https, or on this machine")

    @property
    def is_on(self) -> bool:
        """Whether there is a key to be paid with."""
        return bool(self.secret_key)
