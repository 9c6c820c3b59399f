"""Settings, read once from the environment: one frozen struct per concern, every limit by name.

A field `hold_s` of the concern `cart` is the variable SUREHOLD_CART_HOLD_S. What every process needs (URLs, keys, folders) has
short names. An unknown SUREHOLD_ variable, or a value that does not fit, stops the start with a line that says what to do.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from surehold.adapters.addresses.settings import AddressSettings
from surehold.adapters.payments.stripe import StripeSettings
from surehold.adapters.storage.settings import MediaSettings
from surehold.kernel.errors import ShopError
from surehold.modules.cart import CartSettings
from surehold.modules.checkout import CheckoutSettings
from surehold.modules.identity import IdentitySettings, PasswordSettings
from surehold.modules.notifications import SendingLimits
from surehold.modules.payments import PaymentSettings
from surehold.modules.webhooks import WebhookSettings
from surehold.platform.cache import CacheSettings
from surehold.platform.db import PoolSettings
from surehold.platform.events.limits import DeliveryLimits
from surehold.platform.http.edge import EdgeSettings
from surehold.platform.http.edge.networks import fault_of
from surehold.platform.idempotency import IdempotencySettings
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.realtime import RealtimeSettings
from surehold.platform.sealed import CommandKeys, FileKeys, GivenKeys, KeyRing, KeyRingError, KeySource

PREFIX = "SUREHOLD_"
StructT = TypeVar("StructT", bound=msgspec.Struct)

OF_THE_LAUNCHER = frozenset(
    {
        "VENV",
        "DATABASE_OWNER_URL",
        "AUDIT_URL",
        "PORT",
        "HOST",
        "REALDATA",
        "TEST_POSTGRES",
        "FAILPOINTS",
        "FAILPOINT_MARKS",
        "SHOP",
        "PYTHON",
        "HTTPS",
        "TLS_CERT",
        "TLS_KEY",
    }
)
"""Variables that the launcher, the owner's commands and the tests read; processes of the shop may see them."""


KEY_VARIABLES = ("SECRET_KEY_FILE", "PREVIOUS_KEYS", "KEY_COMMAND")
"""Where the key comes from, beside SUREHOLD_SECRET_KEY itself; see docs/keys.md."""


class SettingsError(Exception):
    """A setting is missing or does not fit; the text says which and what to do."""


class CoreSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of the shop needs.

    `secure` says that people reach us by HTTPS (cookies are `Secure` then); where nobody says, `public_url` does.
    `trusted_proxies`: addresses and networks whose word on whom they pass on is taken, and nobody else's.
    `secret_key` seals; `keys` are all of them, that one included, where there are more.
    """

    database_url: str
    valkey_url: Annotated[str, msgspec.Meta(pattern="^(valkey|valkeys|redis|rediss|unix)://")]
    secret_key: bytes
    data_dir: Path
    keys: KeyRing | None = None
    smtp_url: str = "smtp://127.0.0.1:2525"
    mail_from: str = "shop@surehold.example"
    shop_name: str = "Quillmoor"
    public_url: str = "http://127.0.0.1:8000"
    secure: bool = False
    trusted_proxies: tuple[str, ...] = ()
    env: Literal["production", "development", "test"] = "development"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    only: tuple[str, ...] = ()

    @property
    def key_ring(self) -> KeyRing:
        """Every key of the shop."""
        return self.keys or KeyRing(current=self.secret_key)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a process."""

    core: CoreSettings
    db: PoolSettings = PoolSettings()
    cart: CartSettings = CartSettings()
    checkout: CheckoutSettings = CheckoutSettings()
    address: AddressSettings = AddressSettings()
    payment: PaymentSettings = PaymentSettings()
    stripe: StripeSettings = StripeSettings()
    identity: IdentitySettings = IdentitySettings()
    password: PasswordSettings = PasswordSettings()
    idempotency: IdempotencySettings = IdempotencySettings()
    sending: SendingLimits = SendingLimits()
    webhook: WebhookSettings = WebhookSettings()
    delivery: DeliveryLimits = DeliveryLimits()
    job: JobLimits = JobLimits()
    cache: CacheSettings = CacheSettings()
    edge: EdgeSettings = EdgeSettings()
    realtime: RealtimeSettings = RealtimeSettings()
    media: MediaSettings = MediaSettings()


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment gives. SettingsError for the first thing that is wrong, in words."""
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value != ""
    }
    core = _core(given)
    concerns = {
        field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "core"
    }  # every other member is a struct of one concern
    values = {name: _concern(name, type_, given) for name, type_ in concerns.items()}
    _with_bucket(values["media"])
    _refuse_unknown(given, concerns)
    settings = Settings(core=core, **values)
    _refuse_wrong_networks(settings)
    return settings


def read_media_settings(environment: Mapping[str, str]) -> MediaSettings:
    """Those of pictures alone, for a command that needs no more."""
    given = {name.removeprefix(PREFIX): value for name, value in environment.items() if value != ""}
    return _with_bucket(_concern("media", MediaSettings, given))


def _with_bucket(media: MediaSettings) -> MediaSettings:
    if media.store == "s3" and not media.s3_bucket:
        msg = "SUREHOLD_MEDIA_S3_BUCKET is missing: SUREHOLD_MEDIA_STORE=s3 needs the name of a bucket"
        raise SettingsError(msg)
    return media


def known_variables() -> dict[str, str]:
    """Every variable a process reads, with its default as text; for `config check` and the documentation."""
    lines: dict[str, str] = {}
    for concern in msgspec.structs.fields(Settings):
        prefix = "" if concern.name == "core" else f"{concern.name.upper()}_"
        for field in msgspec.structs.fields(concern.type):
            if concern.name == "core" and field.name == "keys":
                lines |= dict.fromkeys((f"{PREFIX}{name}" for name in KEY_VARIABLES), "")
                continue
            default = (
                "(required)" if field.required else str(field.default if field.default is not msgspec.NODEFAULT else "")
            )
            lines[f"{PREFIX}{prefix}{field.name.upper()}"] = default
    return lines


def _core(given: Mapping[str, str]) -> CoreSettings:
    of_keys = {"secret_key", "keys"}
    values: dict[str, Any] = {
        field.name: given[field.name.upper()]
        for field in msgspec.structs.fields(CoreSettings)
        if field.name.upper() in given and field.name not in of_keys
    }
    ring = _key_ring(given)
    values |= {"secret_key": ring.current, "keys": ring}
    if "secure" not in values and values.get("public_url", "").lower().startswith("https://"):
        values["secure"] = "yes"
    return _convert("", values, CoreSettings)


def _key_ring(given: Mapping[str, str]) -> KeyRing:
    try:
        return key_source(given).read()
    except KeyRingError as error:
        msg = f"the secret key does not fit: {error}"
        raise SettingsError(msg) from error


def key_source(given: Mapping[str, str]) -> KeySource:
    """Where the keys come from, of settings without their prefix: by value, else a file, else a command. SettingsError."""
    others = given.get("PREVIOUS_KEYS", "")
    if "KEY_COMMAND" in given:
        beside = [name for name in ("SECRET_KEY", "SECRET_KEY_FILE", "PREVIOUS_KEYS") if name in given]
        if beside:
            msg = f"SUREHOLD_KEY_COMMAND gives all keys: unset {PREFIX}{beside[0]}, or the command"
            raise SettingsError(msg)
        return CommandKeys(given["KEY_COMMAND"])
    if "SECRET_KEY" in given:
        return GivenKeys(given["SECRET_KEY"], others)
    if "SECRET_KEY_FILE" in given:
        return FileKeys(Path(given["SECRET_KEY_FILE"]), others)
    msg = "SUREHOLD_SECRET_KEY (64 hexadecimal digits) or SUREHOLD_SECRET_KEY_FILE is missing"
    raise SettingsError(msg)


def _concern(name: str, type_: Any, given: Mapping[str, str]) -> Any:
    prefix = f"{name.upper()}_"
    values = {
        field.name: given[prefix + field.name.upper()]
        for field in msgspec.structs.fields(type_)
        if prefix + field.name.upper() in given
    }
    return _convert(prefix, values, type_)


def _convert(prefix: str, values: dict[str, Any], type_: type[StructT]) -> StructT:
    fields = {field.name: field for field in msgspec.structs.fields(type_)}
    missing = [name for name, field in fields.items() if field.required and name not in values]
    if missing:
        msg = f"{PREFIX}{prefix}{missing[0].upper()} is missing"
        raise SettingsError(msg)
    for name, value in values.items():
        try:
            values[name] = value if name in {"secret_key", "keys"} else _value(value, fields[name].type)
        except msgspec.ValidationError as error:
            msg = f"{PREFIX}{prefix}{name.upper()}={value!r} does not fit: {error}"
            raise SettingsError(msg) from error
    try:
        return type_(**values)
    except ShopError as error:
        msg = f"{PREFIX}{prefix}*: {error.detail}"
        raise SettingsError(msg) from error


def _value(text: str, type_: Any) -> Any:
    if type_ is Path:
        return Path(text)
    if type_ is bool and text.lower() in {"yes", "on", "no", "off"}:
        return text.lower() in {"yes", "on"}
    if getattr(type_, "__origin__", None) in {tuple, frozenset, list}:
        return msgspec.convert([part.strip() for part in text.split(",") if part.strip()], type_, strict=False)
    return msgspec.convert(text, type_, strict=False)


def _refuse_wrong_networks(settings: Settings) -> None:
    """A network that cannot be read, or trusts other machines than it seems to."""
    trusted, edge = settings.core.trusted_proxies, settings.edge
    for name, blocks in (
        ("TRUSTED_PROXIES", trusted),
        ("EDGE_TRUSTED_PROXIES", edge.trusted_proxies),
        ("EDGE_METRICS_NETWORKS", edge.metrics_networks),
        ("EDGE_UNLIMITED_NETWORKS", edge.unlimited_networks),
    ):
        for block in blocks:
            fault = fault_of(block, may_be_everybody=not name.endswith("PROXIES"))
            if fault is not None:
                msg = f"{PREFIX}{name}: {fault}"
                raise SettingsError(msg)


def _refuse_unknown(given: Mapping[str, str], concerns: Mapping[str, Any]) -> None:
    known = {name.removeprefix(PREFIX) for name in known_variables()} | OF_THE_LAUNCHER
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else f"; concerns are {', '.join(sorted(concerns))}"
        msg = f"{PREFIX}{name} is no setting{hint}"
        raise SettingsError(msg)
