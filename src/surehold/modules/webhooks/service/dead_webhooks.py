"""Messages that were given up, among the dead letters that staff see. The endpoint's log shows each try."""

from surehold.modules.webhooks.store import log as store
from surehold.platform.events.dead_rows import DeadRows

# Replaying sends it again, with all its tries; if its endpoint is disabled, once it is enabled.
DEAD_WEBHOOKS = DeadRows(
    "webhook", list_rows=store.list_dead, lock_row=store.lock_dead, replay=store.redeliver, discard=store.discard
)
