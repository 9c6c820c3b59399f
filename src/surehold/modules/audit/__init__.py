"""The audit log: written by every module through `audit.record` with the change itself, sealed behind it, changed by nobody."""

from surehold.modules.audit.model import (
    EXPORT_FORMAT,
    NO_SEAL,
    AuditEntry,
    AuditFilter,
    Break,
    ChainWalk,
    ExportHeader,
    Head,
    Seal,
    SealHead,
    parse_head,
    parse_header,
)
from surehold.modules.audit.service import AuditChain, AuditLog, Verdict

__all__ = [
    "EXPORT_FORMAT",
    "NO_SEAL",
    "AuditChain",
    "AuditEntry",
    "AuditFilter",
    "AuditLog",
    "Break",
    "ChainWalk",
    "ExportHeader",
    "Head",
    "Seal",
    "SealHead",
    "Verdict",
    "parse_head",
    "parse_header",
]
