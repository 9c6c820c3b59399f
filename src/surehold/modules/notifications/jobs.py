"""Sending and forgetting, on the clock."""

from collections.abc import Sequence

from surehold.modules.notifications.service import MailSender
from surehold.platform.jobs import Job

SEND_EVERY_S = 1.0


def jobs(sender: MailSender) -> Sequence[Job]:
    """The sender looks every second; once a night, old letters lose what they say about people."""
    limits = sender.limits
    return (
        Job(name="notifications.send", run=sender.send_due, every_s=SEND_EVERY_S, batch=limits.batch),
        Job(name="notifications.forget", run=sender.forget_sent, cron="7 4 * * *", batch=limits.forget_batch),
    )
