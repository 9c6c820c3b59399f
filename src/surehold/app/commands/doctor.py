"""`./surehold doctor`: says in words what is wrong with the shop and where; exit code 0 only if nothing is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseUrl, DataDir
from surehold.app.doctor import Check, Diagnosis, DoctorError, examine, load_checks
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.options import DEFAULT_DATA_DIR

SHOWN_ROWS = 20
ILL = 1
NOT_EXAMINED = 2


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("doctor")(doctor)


def doctor(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="An invariant such as I5 or I5.order.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings for machines.")] = False,
) -> None:
    """Check on the live database that every promise holds."""
    try:
        diagnoses = examine_shop(data_dir, database_url, _chosen(only))
    except (DoctorError, *REFUSALS) as error:
        typer.echo(in_words(error, data_dir), err=True)
        raise typer.Exit(NOT_EXAMINED) from error
    if as_json:
        typer.echo(_as_json(diagnoses))
    else:
        _tell(diagnoses)
    if not all(diagnosis.is_healthy for diagnosis in diagnoses):
        raise typer.Exit(ILL)


def examine_shop(data_dir: Path, database_url: str | None, checks: Sequence[Check]) -> list[Diagnosis]:
    """Examines a database that was named, else the shop of the folder. DoctorError, or one of REFUSALS.

    In a shop that is stopped no worker sweeps or sends: what only time makes wrong is not judged there.
    """
    if database_url:
        return examine(database_url, checks)
    require_shop(data_dir)
    with borrowed_shop(data_dir) as shop:
        return examine(shop.environment["SUREHOLD_DATABASE_URL"], checks, worker_runs=shop.is_running)


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
        mark = ("ok " if diagnosis.is_healthy else "BAD") if diagnosis.is_judged else "-- "
        why = "" if diagnosis.is_judged else " Not judged: no worker runs."
        typer.echo(f"{mark}  {diagnosis.check.id:<19} {diagnosis.check.means}{why}")
        for sentence in diagnosis.sentences[:SHOWN_ROWS]:
            typer.echo(f"       {sentence}")
        hidden = len(diagnosis.sentences) - SHOWN_ROWS
        if hidden > 0 or diagnosis.has_more:
            typer.echo(f"       … and {'more than ' if diagnosis.has_more else ''}{hidden} more.")
    typer.echo(conclusion(diagnoses))


def conclusion(diagnoses: Sequence[Diagnosis]) -> str:
    """The last line: how many checks found something, or that none did."""
    ill = sum(not diagnosis.is_healthy for diagnosis in diagnoses)
    judged = sum(diagnosis.is_judged for diagnosis in diagnoses)
    left = len(diagnoses) - judged
    aside = f" {left} were not judged: no worker runs." if left else ""
    said = f"{ill} of {judged} checks found something wrong." if ill else f"All {judged} checks passed."
    return said + aside


def _as_json(diagnoses: Sequence[Diagnosis]) -> str:
    return json.dumps(
        {
            "healthy": all(diagnosis.is_healthy for diagnosis in diagnoses),
            "checks": [
                {
                    "id": diagnosis.check.id,
                    "means": diagnosis.check.means,
                    "judged": diagnosis.is_judged,
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
