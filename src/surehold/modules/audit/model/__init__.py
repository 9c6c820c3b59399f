"""Types and rules of the audit log; pure."""

from surehold.modules.audit.model.chain import (
    EXPORT_FORMAT,
    NO_SEAL,
    Break,
    ChainWalk,
    EntryTexts,
    ExportHeader,
    Head,
    Seal,
    hash_of,
    parse_head,
    parse_header,
)
from surehold.modules.audit.model.entries import AuditEntry, AuditFilter, SealHead

__all__ = [
    "EXPORT_FORMAT",
    "NO_SEAL",
    "AuditEntry",
    "AuditFilter",
    "Break",
    "ChainWalk",
    "EntryTexts",
    "ExportHeader",
    "Head",
    "Seal",
    "SealHead",
    "hash_of",
    "parse_head",
    "parse_header",
]
