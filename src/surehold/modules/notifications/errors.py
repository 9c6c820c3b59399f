"""How sending a mail can end, other than well. None of them carries an address."""


class MailError(Exception):
    """Base: `reason` is a short code without personal data, such as `refused 550`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailRefusedError(MailError):
    """The server will never take this mail (a 5xx answer, an address that cannot be)."""


class MailNotSentError(MailError):
    """It was certainly not sent, and may be later (the server is away, a 4xx answer)."""


class MailOutcomeUnknownError(MailError):
    """The connection ended after the content was sent and before the answer: it may have been delivered."""
