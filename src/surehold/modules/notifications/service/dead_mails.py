"""Mails that were given up, among the dead letters that staff see."""

from surehold.modules.notifications import store
from surehold.platform.events.dead_rows import DeadRows

# Neither recipient nor content is shown: the subject's id leads to both. Replaying sends it again, with all its attempts.
DEAD_MAILS = DeadRows(
    "mail", list_rows=store.list_dead, lock_row=store.lock_dead, replay=store.replay, discard=store.discard
)
