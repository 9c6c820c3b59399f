"""What the shop's processes are told, by environment variables, and how other commands learn the same."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from surehold.app.settings import Settings, SettingsError, read_settings
from surehold.app.up.certificates import TlsFiles
from surehold.app.up.engines import EngineUrls
from surehold.app.up.errors import StartError
from surehold.app.up.files import write_private
from surehold.app.up.leftovers import MARK
from surehold.app.up.options import UpOptions
from surehold.app.up.ports import MailPorts, own_address
from surehold.app.up.secret_key import key_variables
from surehold.app.up.tls import CERTIFICATE, https_variables
from surehold.platform.embedded import EmbeddedError, PostgresUrls

RUNNING_FILE = "running.json"
STAFF_FILE = "staff-login.txt"
METRICS_FOLDER = "metrics"
PUNCTUATION = ".?"


def shop_key(data_dir: Path) -> str:
    """A short name for the shop in this folder."""
    return hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]


def shop_environment(
    options: UpOptions,
    urls: EngineUrls,
    mail: MailPorts | None = None,
    *,
    key: Mapping[str, str] | None = None,
    tls: TlsFiles | None = None,
) -> dict[str, str]:
    """The variables that every process of the shop gets on top of ours. StartError, OSError.

    `key`: those of its key; else it is the folder's, made when there is none. `tls`: what it serves HTTPS with.
    """
    scheme = "http" if tls is None else "https"
    return {
        MARK: shop_key(options.data_dir),
        "SUREHOLD_DATA_DIR": str(options.data_dir),
        "SUREHOLD_DATABASE_URL": urls.postgres.app,
        "SUREHOLD_DATABASE_OWNER_URL": urls.postgres.owner,
        "SUREHOLD_AUDIT_URL": urls.postgres.audit,
        "SUREHOLD_VALKEY_URL": urls.valkey,
        **(key_variables(options.data_dir, may_make=True) if key is None else key),
        "SUREHOLD_HOST": options.host,
        "SUREHOLD_PORT": str(options.port),
        "SUREHOLD_PUBLIC_URL": os.environ.get("SUREHOLD_PUBLIC_URL") or f"{scheme}://localhost:{options.port}",
        **https_variables(tls),
        "PROMETHEUS_MULTIPROC_DIR": str(options.data_dir / METRICS_FOLDER),
        "PYTHONUNBUFFERED": "1",
        **_media_variables(),
        **({"SUREHOLD_SMTP_URL": f"smtp://127.0.0.1:{mail.smtp}"} if mail else {}),
    }


def _media_variables() -> dict[str, str]:
    """Where pictures are kept: a command that works on the shop must put them where the shop looks for them."""
    return {name: value for name, value in os.environ.items() if name.startswith("SUREHOLD_MEDIA_")}


def require_settings(options: UpOptions, tls: TlsFiles | None = None) -> Settings:
    """Refuses a broken setting before anything starts, not from the log of a process that will not run."""
    nowhere = EngineUrls(PostgresUrls("postgresql://", "postgresql://", "postgresql://"), "valkey://")
    try:
        return read_settings({**os.environ, **shop_environment(options, nowhere, tls=tls)})
    except SettingsError as error:
        raise StartError(f"A setting is wrong: {str(error).rstrip(PUNCTUATION)}.") from error


def publish(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Tells other commands where the running shop is."""
    write_private(data_dir / RUNNING_FILE, json.dumps(dict(environment)))


def withdraw(data_dir: Path) -> None:
    """The shop does not run any more."""
    data_dir.joinpath(RUNNING_FILE).unlink(missing_ok=True)


def published(data_dir: Path) -> dict[str, str] | None:
    """What the last `up` published and did not withdraw; it may have been killed since. EmbeddedError if we may not look."""
    file = data_dir / RUNNING_FILE
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EmbeddedError(f"{file} cannot be read ({error.strerror}). Run as the user who runs the shop.") from error


def published_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Host and port at which the shop that an environment describes is reached from this machine."""
    return own_address(environment["SUREHOLD_HOST"]), int(environment["SUREHOLD_PORT"])


def published_certificate(environment: Mapping[str, str]) -> Path | None:
    """The certificate that the shop serves HTTPS with; None where it serves plain HTTP."""
    return Path(environment[CERTIFICATE]) if CERTIFICATE in environment else None
