"""The sealer of the log."""

from collections.abc import Sequence

from surehold.modules.audit.service import AuditLog
from surehold.modules.audit.service.log import SEAL_BATCH
from surehold.platform.jobs import Job

SEAL_EVERY_S = 1.0
"""An entry is sealed within two seconds of its commit."""


def jobs(log: AuditLog) -> Sequence[Job]:
    """All jobs of the module."""
    return (Job(name="audit.seal", every_s=SEAL_EVERY_S, run=log.seal, batch=SEAL_BATCH),)
