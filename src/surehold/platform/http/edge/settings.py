"""Every limit and choice of the edge, named."""

import msgspec

PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
)


class LimitRule(msgspec.Struct, frozen=True, kw_only=True):
    """A class of requests and how many of them one client network may send: `rate_per_s` on and on, `burst` at once.

    The first rule whose methods and path prefix fit decides.
    """

    name: str
    methods: frozenset[str] = frozenset()  # empty: all
    prefix: str = "/"
    rate_per_s: float
    burst: int


UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
DEFAULT_LIMITS = (
    LimitRule(name="sign_in", methods=frozenset({"POST"}), prefix="/v1/session", rate_per_s=1.0, burst=20),
    LimitRule(name="sign_up", methods=frozenset({"POST"}), prefix="/v1/accounts", rate_per_s=1.0, burst=20),
    LimitRule(name="letters", methods=frozenset({"POST"}), prefix="/v1/password-resets", rate_per_s=1.0, burst=20),
    LimitRule(name="streams", prefix="/v1/events", rate_per_s=5.0, burst=60),
    LimitRule(name="streams", prefix="/v1/ws", rate_per_s=5.0, burst=60),
    LimitRule(name="writes", methods=UNSAFE, rate_per_s=50.0, burst=300),
    LimitRule(name="reads", rate_per_s=200.0, burst=1_000),
)


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge allows. Networks are CIDR; origins are `scheme://host[:port]`; seconds and bytes as named.

    Networks in `unlimited_networks` are not rate limited: by default the machine itself, whose own tools (import, replay, bench)
    go through the same door. Behind a proxy on the same machine name it in `trusted_proxies` (the shop's setting of that name
    adds to them), so that its clients are told apart. `hsts_max_age_s` 0: no HSTS.
    A CDN in front must not answer requests that carry the terms cookie from its cache: they may see another price list.
    """

    secure: bool = True  # HTTPS: HSTS, Secure cookies
    hsts_max_age_s: int = 31_536_000
    terms_cookie: str = "surehold_terms"
    terms_secret: bytes = b""
    terms_previous: tuple[bytes, ...] = ()
    locales: tuple[str, ...] = ("en",)
    allowed_origins: frozenset[str] = frozenset()
    cors_max_age_s: int = 600
    trusted_proxies: tuple[str, ...] = ()
    max_proxy_hops: int = 5
    limits: tuple[LimitRule, ...] = DEFAULT_LIMITS
    limits_on: bool = True
    unlimited_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    max_limit_entries: int = 50_000
    max_known_addresses: int = 50_000
    max_body_bytes: int = 1024 * 1024
    body_limits: dict[str, int] = msgspec.field(  # by path prefix, where another limit holds
        default_factory=lambda: {"/v1/admin/pictures": 20_000_000}
    )
    body_timeout_s: float = 30.0
    metrics_networks: tuple[str, ...] = PRIVATE_NETWORKS
    ready_timeout_s: float = 1.0
    ready_keep_s: float = 0.5  # one look at the database serves all who ask within this
    required_checks: frozenset[str] = frozenset({"database"})  # without these not ready; without the others degraded
    docs_prefixes: tuple[str, ...] = ("/docs",)
    embeddable_prefixes: tuple[str, ...] = ("/media/",)  # other origins may show these
    flush_metrics_s: float = 1.0
    log_every: int = 1  # one access line per this many requests beyond the cache; 0: only failures and slow ones
    slow_request_s: float = 1.0
    handle_signals: bool = True  # begin to drain at SIGTERM and SIGINT
