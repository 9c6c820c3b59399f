"""`./surehold doctor`: says in words what is wrong with the shop and where; exit code 0 only if nothing is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from surehold.app.doctor import Check, Diagnosis, DoctorError, examine, load_checks
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.platform.embedded import EmbeddedError

SHOWN_ROWS = 20
ILL = 1
NOT_EXAMINED = 2


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("doctor")(doctor)


def doctor(
    data_dir: Annotated[
        Path, typer.Option(envvar="SUREHOLD_DATA_DIR", help="Where the shop keeps its data.")
    ] = DEFAULT_DATA_DIR,
    database_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_DATABASE_URL", help="Examine this PostgreSQL instead.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="An invariant such as I5 or I5.order.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings for machines.")] = False,
) -> None:
    """Check on the live database that every promise holds."""
    try:
        diagnoses = _examine(data_dir, database_url, _chosen(only))
    except (DoctorError, EmbeddedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NOT_EXAMINED) from error
    if as_json:
        typer.echo(_as_json(diagnoses))
    else:
        _tell(diagnoses)
    if not all(diagnosis.is_healthy for diagnosis in diagnoses):
        raise typer.Exit(ILL)


def _examine(data_dir: Path, database_url: str | None, checks: Sequence[Check]) -> list[Diagnosis]:
    if database_url:
        return examine(database_url, checks)
    require_shop(data_dir)
    with borrowed_shop(data_dir) as environment:
        return examine(environment["SUREHOLD_DATABASE_URL"], checks)


def _chosen(only: Sequence[str] | None) -> list[Check]:
    checks = load_checks()
    if not only:
        return checks
    chosen = [check for check in checks if any(name in {check.id, check.id.split(".")[0]} for name in only)]
    if not chosen:
        raise DoctorError(f"There is no such check; there are {', '.join(check.id for check in checks)}.")
    return chosen


def _tell(diagnoses: Sequence[Diagnosis]) -> None:
    for diagnosis in diagnoses:
        mark = "ok " if diagnosis.is_healthy else "BAD"
        typer.echo(f"{mark}  {diagnosis.check.id:<19} {diagnosis.check.means}")
        for sentence in diagnosis.sentences[:SHOWN_ROWS]:
            typer.echo(f"       {sentence}")
        hidden = len(diagnosis.sentences) - SHOWN_ROWS
        if hidden > 0 or diagnosis.has_more:
            typer.echo(f"       … and {'more than ' if diagnosis.has_more else ''}{hidden} more.")
    ill = sum(not diagnosis.is_healthy for diagnosis in diagnoses)
    typer.echo(
        f"{ill} of {len(diagnoses)} checks found something wrong." if ill else f"All {len(diagnoses)} checks passed."
    )


def _as_json(diagnoses: Sequence[Diagnosis]) -> str:
    return json.dumps(
        {
            "healthy": all(diagnosis.is_healthy for diagnosis in diagnoses),
            "checks": [
                {
                    "id": diagnosis.check.id,
                    "means": diagnosis.check.means,
                    "findings": [
                        {"sentence": sentence, "row": row}
                        for sentence, row in zip(diagnosis.sentences, diagnosis.rows, strict=True)
                    ],
                    "has_more": diagnosis.has_more,
                }
                for diagnosis in diagnoses
            ],
        },
        default=str,
        ensure_ascii=False,
        indent=2,
    )
