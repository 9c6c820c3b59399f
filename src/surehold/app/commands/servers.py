"""Options that several commands share: where the shop is, and which servers it uses."""

from pathlib import Path
from typing import Annotated

import typer

from surehold.app.retail.wire import Target
from surehold.app.up.environment import published, published_address, published_certificate

DataDir = Annotated[Path, typer.Option(envvar="SUREHOLD_DATA_DIR", help="Where the shop keeps its data.")]
DatabaseUrl = Annotated[
    str | None, typer.Option(envvar="SUREHOLD_DATABASE_URL", help="A PostgreSQL (17 or newer) of your own.")
]
DatabaseOwnerUrl = Annotated[
    str | None, typer.Option(envvar="SUREHOLD_DATABASE_OWNER_URL", help="The same as the role that migrates.")
]
AuditUrl = Annotated[
    str | None, typer.Option(envvar="SUREHOLD_AUDIT_URL", help="The same as the role that writes the audit log.")
]
ValkeyUrl = Annotated[str | None, typer.Option(envvar="SUREHOLD_VALKEY_URL", help="A Valkey or Redis of your own.")]


def target_of(url: str | None, data_dir: Path) -> Target:
    """Where the API of a shop answers: by its URL, else the one that runs from the folder. ValueError, EmbeddedError."""
    if url is not None:
        return Target.of(url)
    environment = published(data_dir.expanduser().resolve())
    if environment is None:
        raise ValueError(f"No shop runs from {data_dir}. Start it with ./surehold up, or name one with --url.")
    certificate = published_certificate(environment)
    return Target(*published_address(environment), is_tls=certificate is not None, certificate=certificate)
