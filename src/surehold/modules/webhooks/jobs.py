"""Sending and forgetting, on the clock."""

from collections.abc import Sequence

from surehold.modules.webhooks.service import WebhookDesk, WebhookSender
from surehold.platform.jobs import Job

SEND_EVERY_S = 0.5
LISTEN_EVERY_S = 60.0  # subscriptions that are new count as wanted until this was looked at


def jobs(sender: WebhookSender, desk: WebhookDesk) -> Sequence[Job]:
    """The sender looks twice a second; once a night, what is older than it is kept goes."""
    return (
        Job(name="webhooks.listen", run=desk.listen, every_s=LISTEN_EVERY_S),
        Job(name="webhooks.send", run=sender.send_due, every_s=SEND_EVERY_S, batch=sender.settings.endpoints_max),
        Job(name="webhooks.forget", run=sender.forget_old, cron="37 4 * * *", batch=sender.settings.forget_batch),
    )
