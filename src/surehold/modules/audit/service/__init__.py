"""Use cases of the audit log: writing, reading and sealing it, and examining the chain of its seals."""

from surehold.modules.audit.service.chain import AuditChain, Verdict
from surehold.modules.audit.service.log import AuditLog

__all__ = ["AuditChain", "AuditLog", "Verdict"]
