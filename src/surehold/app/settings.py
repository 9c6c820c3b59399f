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

from surehold.adapters.storage.settings import MediaSettings
from surehold.kernel.errors import ShopError
from surehold.modules.cart import CartSettings
from surehold.modules.checkout import CheckoutSettings
from surehold.modules.identity import IdentitySettings, PasswordSettings
from surehold.modules.notifications import SendingLimits
from surehold.modules.payments import PaymentSettings
from surehold.platform.cache import CacheSettings
from surehold.platform.db import PoolSettings
from surehold.platform.events.limits import DeliveryLimits
from surehold.platform.http.edge import EdgeSettings
from surehold.platform.idempotency import IdempotencySettings
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.realtime import RealtimeSettings
from surehold.platform.sealed import KEY_BYTES

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
    }
)
"""Variables that the launcher, the owner's commands and the tests read; processes of the shop may see them."""


class SettingsError(Exception):
    """A setting is missing or does not fit; the text says which and what to do."""


class CoreSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of the shop needs. `secure` says that people reach us by HTTPS (cookies are `Secure` then)."""

    database_url: str
    valkey_url: Annotated[str, msgspec.Meta(pattern="^(valkey|valkeys|redis|rediss|unix)://")]
    secret_key: bytes
    data_dir: Path
    smtp_url: str = "smtp://127.0.0.1:2525"
    mail_from: str = "shop@surehold.example"
    shop_name: str = "Quillmoor"
    public_url: str = "http://127.0.0.1:8000"
    secure: bool = False
    env: Literal["production", "development", "test"] = "development"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    only: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a process."""

    core: CoreSettings
    db: PoolSettings = PoolSettings()
    cart: CartSettings = CartSettings()
    checkout: CheckoutSettings = CheckoutSettings()
    payment: PaymentSettings = PaymentSettings()
    identity: IdentitySettings = IdentitySettings()
    password: PasswordSettings = PasswordSettings()
    idempotency: IdempotencySettings = IdempotencySettings()
    sending: SendingLimits = SendingLimits()
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
    return Settings(core=core, **values)


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
            default = (
                "(required)" if field.required else str(field.default if field.default is not msgspec.NODEFAULT else "")
            )
            lines[f"{PREFIX}{prefix}{field.name.upper()}"] = default
    return lines


def _core(given: Mapping[str, str]) -> CoreSettings:
    values: dict[str, Any] = {
        field.name: given[field.name.upper()]
        for field in msgspec.structs.fields(CoreSettings)
        if field.name.upper() in given and field.name != "secret_key"
    }
    values["secret_key"] = _secret_key(given)
    return _convert("", values, CoreSettings)


def _secret_key(given: Mapping[str, str]) -> bytes:
    text = given.get("SECRET_KEY")
    if text is None and "SECRET_KEY_FILE" in given:
        try:
            text = Path(given["SECRET_KEY_FILE"]).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            msg = f"SUREHOLD_SECRET_KEY_FILE cannot be read ({error.strerror if isinstance(error, OSError) else error})"
            raise SettingsError(msg) from error
    if text is None:
        msg = "SUREHOLD_SECRET_KEY (64 hexadecimal digits) or SUREHOLD_SECRET_KEY_FILE is missing"
        raise SettingsError(msg)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        place = f" (in {given['SECRET_KEY_FILE']})" if "SECRET_KEY" not in given else ""
        msg = f"the secret key{place} must be {KEY_BYTES * 2} hexadecimal digits; make one with: openssl rand -hex {KEY_BYTES}"
        raise SettingsError(msg)
    return key


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
            values[name] = value if name == "secret_key" else _value(value, fields[name].type)
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
    if type_ is bool and text.lower() in {"yes", "on"}:
        return True
    if getattr(type_, "__origin__", None) in {tuple, frozenset, list}:
        return msgspec.convert([part.strip() for part in text.split(",") if part.strip()], type_, strict=False)
    return msgspec.convert(text, type_, strict=False)


def _refuse_unknown(given: Mapping[str, str], concerns: Mapping[str, Any]) -> None:
    known = {name.removeprefix(PREFIX) for name in known_variables()} | OF_THE_LAUNCHER | {"SECRET_KEY_FILE"}
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else f"; concerns are {', '.join(sorted(concerns))}"
        msg = f"{PREFIX}{name} is no setting{hint}"
        raise SettingsError(msg)
