"""Tidying of identity: what is over is gone within the hour (it was refused from the moment it was over)."""

from collections.abc import Sequence

from surehold.modules.identity.service import IdentityService
from surehold.platform.jobs import Job


def jobs(identity: IdentityService) -> Sequence[Job]:
    """All jobs of the module."""
    return (Job(name="identity.purge", run=identity.purge, cron="41 * * * *"),)
