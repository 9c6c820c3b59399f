"""When a message is tried again: the schedule that Standard Webhooks recommends, about three days long."""

import random

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.modules.webhooks.model.targets import read_networks

_MINUTE_S, _HOUR_S = 60.0, 3_600.0


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How webhooks are sent, and where to.

    There are no more calls at once than `endpoints_max` times `calls_per_endpoint`: each endpoint has its own, so that none can
    hold up another. The lease is longer than any call. `networks` may be called although they are not public.
    """

    endpoints_max: int = 50
    calls_per_endpoint: int = 4
    call_timeout_s: float = 10.0
    connect_timeout_s: float = 4.0
    lease_s: float = 60.0
    retry_delays_s: tuple[float, ...] = (
        5.0,
        5 * _MINUTE_S,
        30 * _MINUTE_S,
        2 * _HOUR_S,
        5 * _HOUR_S,
        10 * _HOUR_S,
        14 * _HOUR_S,
        20 * _HOUR_S,
        24 * _HOUR_S,
    )
    jitter: float = 0.1
    retry_after_cap_s: float = _HOUR_S
    old_secret_s: float = 24 * _HOUR_S
    kept_days: int = 30
    forget_batch: int = 1_000
    redeliver_batch: int = 10_000
    drain_s: float = 2.0
    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443, 8443)

    def __post_init__(self) -> None:
        """Refuse what would call the wrong networks, or send a message that is still being sent."""
        try:
            read_networks(self.networks)
        except ValueError as error:
            raise InvalidInputError(f"networks are written like 10.20.0.0/16: {error}") from error
        if self.lease_s <= 2 * self.call_timeout_s:
            raise InvalidInputError("lease_s must be more than twice call_timeout_s")

    @property
    def tries_max(self) -> int:
        """How often a message is tried before it is dead."""
        return len(self.retry_delays_s) + 1


def retry_delay_s(settings: WebhookSettings, failures: int, retry_after_s: float | None) -> float | None:
    """How long to wait after so many failures (1 or more), or None when it was the last try.

    An endpoint may ask for longer, up to a limit, and never for sooner: that would be a way to be called all the time.
    """
    if failures > len(settings.retry_delays_s):
        return None
    planned = settings.retry_delays_s[failures - 1]
    jittered = planned * random.uniform(1 - settings.jitter, 1 + settings.jitter)  # noqa: S311  jitter, no secret
    return max(jittered, rest_s(settings, retry_after_s) or 0.0)


def rest_s(settings: WebhookSettings, retry_after_s: float | None) -> float | None:
    """How long an endpoint that asked for it is left alone, within the limit."""
    return None if retry_after_s is None else min(max(retry_after_s, 0.0), settings.retry_after_cap_s)
