"""What the shop's processes are told, by environment variables, and how other commands learn the same."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from surehold.app.settings import SettingsError, read_settings
from surehold.app.up.engines import EngineUrls
from surehold.app.up.errors import StartError
from surehold.app.up.leftovers import MARK
from surehold.app.up.options import UpOptions
from surehold.app.up.ports import MailPorts
from surehold.platform.embedded import PostgresUrls

SECRET_KEY_BYTES = 32
SECRET_KEY_FILE = "secret.key"  # noqa: S105  a file name
RUNNING_FILE = "running.json"
STAFF_FILE = "staff-login.txt"
METRICS_FOLDER = "metrics"
PUNCTUATION = ".?"


def shop_key(data_dir: Path) -> str:
    """A short name for the shop in this folder."""
    return hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]


def shop_environment(options: UpOptions, urls: EngineUrls, mail: MailPorts | None = None) -> dict[str, str]:
    """The variables that every process of the shop gets on top of ours."""
    return {
        MARK: shop_key(options.data_dir),
        "SUREHOLD_DATA_DIR": str(options.data_dir),
        "SUREHOLD_DATABASE_URL": urls.postgres.app,
        "SUREHOLD_DATABASE_OWNER_URL": urls.postgres.owner,
        "SUREHOLD_AUDIT_URL": urls.postgres.audit,
        "SUREHOLD_VALKEY_URL": urls.valkey,
        "SUREHOLD_SECRET_KEY_FILE": str(secret_key_file(options.data_dir)),
        "SUREHOLD_PORT": str(options.port),
        "SUREHOLD_PUBLIC_URL": os.environ.get("SUREHOLD_PUBLIC_URL") or f"http://localhost:{options.port}",
        "PROMETHEUS_MULTIPROC_DIR": str(options.data_dir / METRICS_FOLDER),
        "PYTHONUNBUFFERED": "1",
        **({"SUREHOLD_SMTP_URL": f"smtp://127.0.0.1:{mail.smtp}"} if mail else {}),
    }


def require_settings(options: UpOptions) -> None:
    """Refuses a broken setting before anything starts, not from the log of a process that will not run."""
    nowhere = EngineUrls(PostgresUrls("postgresql://", "postgresql://", "postgresql://"), "valkey://")
    try:
        read_settings({**os.environ, **shop_environment(options, nowhere)})
    except SettingsError as error:
        raise StartError(f"A setting is wrong: {str(error).rstrip(PUNCTUATION)}.") from error


def secret_key_file(data_dir: Path) -> Path:
    """The key that personal data is sealed with: 64 hexadecimal digits, made once. Losing it loses that data."""
    path = data_dir / SECRET_KEY_FILE
    if not path.exists():
        write_private(path, secrets.token_hex(SECRET_KEY_BYTES) + "\n")
    return path


def publish(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Tells other commands where the running shop is."""
    write_private(data_dir / RUNNING_FILE, json.dumps(dict(environment)))


def withdraw(data_dir: Path) -> None:
    """The shop does not run any more."""
    data_dir.joinpath(RUNNING_FILE).unlink(missing_ok=True)


def published(data_dir: Path) -> dict[str, str] | None:
    """What the last `up` published and did not withdraw; it may have been killed since."""
    try:
        return json.loads(data_dir.joinpath(RUNNING_FILE).read_text())
    except FileNotFoundError:
        return None


def write_private(path: Path, text: str) -> None:
    """Writes a file for its owner's eyes only, whole or not at all."""
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.unlink(missing_ok=True)
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
