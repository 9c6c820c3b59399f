"""Options that several commands share: where the shop is, and which servers it uses."""

from pathlib import Path
from typing import Annotated

import typer

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
