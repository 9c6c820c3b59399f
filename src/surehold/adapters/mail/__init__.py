"""Mail servers behind the port of notifications."""

from surehold.adapters.mail.smtp import SmtpTransport, SmtpUrlError

__all__ = ["SmtpTransport", "SmtpUrlError"]
