"""What of payments nobody and nothing settles, among the dead letters that staff see."""

from surehold.modules.payments import store
from surehold.platform.events.dead_rows import DeadRows

# Voids and refunds that a provider goes on refusing; the error is the reason that it gave last. Replaying lets the recovery look it
# up within a minute, and ask again with all its rounds; discarding never asks the provider again.
DEAD_PAYMENTS = DeadRows(
    "payment",
    list_rows=store.list_dead,
    lock_row=store.lock_dead,
    replay=store.replay_dead,
    discard=store.discard_dead,
)

# Messages of a provider that nobody could handle. Replaying asks the provider again how the payment stands.
DEAD_NEWS = DeadRows(
    "payment-news",
    list_rows=store.list_dead_news,
    lock_row=store.lock_dead_news,
    replay=store.replay_news,
    discard=store.discard_news,
)

# Where a provider's book and ours differ. Replaying strikes it out, and the next comparison tells it again if it is still so;
# discarding says that staff settled it with the provider, and it is never told again.
PAYMENT_FINDINGS = DeadRows(
    "payment-finding",
    list_rows=store.list_findings,
    lock_row=store.lock_finding,
    replay=store.replay_finding,
    discard=store.discard_finding,
)
