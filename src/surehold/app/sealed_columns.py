"""Every sealed column of the shop, and every bytea column that is none with the reason why: a new one has to say which it is."""

from surehold.modules import checkout, identity, notifications, orders, payments, webhooks
from surehold.platform import idempotency
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    *identity.SEALED_COLUMNS,
    *payments.SEALED_COLUMNS,
    *orders.SEALED_COLUMNS,
    *checkout.SEALED_COLUMNS,
    *notifications.SEALED_COLUMNS,
    *webhooks.SEALED_COLUMNS,
    *idempotency.SEALED_COLUMNS,
)

CHAIN = "a link of the audit log's chain"
HASHED = "the hash of 256 random bits"
BLIND_INDEX = "a blind index, made with the index key, which stays"
NOT_SEALED: dict[str, str] = {
    "identity.accounts.email_index": BLIND_INDEX,
    "identity.sessions.token_hash": HASHED,
    "identity.tokens.email_index": BLIND_INDEX,
    "identity.tokens.token_hash": HASHED,
    "identity.tokens.state_hash": "a hash of what a token may change",
    "identity.devices.device_index": BLIND_INDEX,
    "identity.recovery_codes.code_hash": HASHED,
    "identity.api_keys.token_hash": HASHED,
    "identity.sign_in_attempts.subject": BLIND_INDEX,
    "inventory.holds.network": "a hash of a guest's network, which belongs to many",
    "cart.carts.guest_hash": HASHED,
    "cart.carts.share_hash": HASHED,
    "checkout.checkouts.guest_hash": HASHED,
    "payments.payments.ref_index": BLIND_INDEX,
    "orders.orders.guest_hash": HASHED,
    "orders.orders.access_hash": HASHED,
    "orders.orders.email_index": BLIND_INDEX,
    "catalog.imports.file_hash": "the hash of a file that staff imported",
    "platform.idempotency_keys.request_hash": BLIND_INDEX,
    "audit.seals.prev": CHAIN,
    "audit.seals.hash": CHAIN,
    "platform.index_key.id": "the public name of a key",
}
