"""Every limit of realtime, named."""

import msgspec


class RealtimeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How hints travel between processes and to clients. Streams are counted per process."""

    channel: str = "surehold:hints"
    coalesce_s: float = 0.025  # hints to other processes leave at most this often
    beat_s: float = 0.5  # a process with nothing to say says so, for others to notice if it dies
    silence_s: float = 3.0  # a process unheard for so long is taken for dead; its last hints may be lost
    goodbye_timeout_s: float = 1.0
    max_publishers: int = 1_000
    max_unsent_hints: int = 10_000
    max_hints_per_message: int = 500

    max_hints_kept: int = 20_000  # for clients that come back, all topics together
    max_hints_kept_per_topic: int = 32
    clock_skew_s: float = 5.0  # by how much the clocks of two machines may differ

    heartbeat_s: float = 15.0
    send_timeout_s: float = 10.0  # a client that takes nothing for so long is let go
    recheck_s: float = 60.0  # how soon an ended session ends its streams
    check_timeout_s: float = 5.0
    max_unchecked_s: float = 600.0  # the database may be away for so long before streams end
    retry_ms: int = 2_000  # clients wait so long before they come back
    resync_spread_ms: int = 3_000  # when everybody is told to refetch, they spread it over this time

    max_topics: int = 64  # of one stream
    max_waiting_hints: int = 256  # of one stream; beyond, it is told to refetch instead
    max_streams: int = 5_000
    max_streams_per_actor: int = 16
    max_streams_per_network: int = 400  # a company or a school behind one address
    max_message_chars: int = 16_384  # a WebSocket message from a client
    max_messages_per_minute: int = 120
