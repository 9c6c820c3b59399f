"""Connections to Valkey: a command client with bounded waits, and one subscription that tells when it may have missed something."""

from surehold.platform.valkey.link import VALKEY_ERRORS, Listener, ValkeyLink, connect, with_checked_name

__all__ = ["VALKEY_ERRORS", "Listener", "ValkeyLink", "connect", "with_checked_name"]
