"""The audit log: written by every module through `audit.record` with the change itself, read by staff, changed by nobody."""

from surehold.modules.audit.model import AuditEntry, AuditFilter
from surehold.modules.audit.service import AuditLog

__all__ = ["AuditEntry", "AuditFilter", "AuditLog"]
