"""`campaign contacts import`: a file of whoever's, and what became of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._errors import INVALID, PARTLY
from campaign_sdk.cli._files import aside, source, target, there, whereabouts
from campaign_sdk.cli._interrupt import Account, going_on
from campaign_sdk.cli._options import SHOWN, Json
from campaign_sdk.cli._people import Person, print_people
from campaign_sdk.cli._show import console

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, ImportReport

_COUNTS = ("read", "created", "updated", "unchanged", "duplicate", "rejected")


def import_contacts(
    path: Annotated[
        Path,
        typer.Argument(callback=there, help="A CSV file; - for standard input."),
    ],
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where to write the rows that are refused, with reasons; or -."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="The program that wrote the file, such as mailchimp.",
            autocompletion=_complete.programs,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="'E-mail 1 - Value'=email; NAME= leaves a column out. Repeatable."
        ),
    ] = None,
    email_column: Annotated[str | None, typer.Option(help="The column of addresses.")] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(
            help="Who has opted out: 'Newsletter'=no. NAME=ignore for a column that says nothing "
            "of the kind, or ignore for all. Repeatable."
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            help="zip=text; or number, boolean, list, date, date:%d/%m/%Y, date:excel. Repeatable.",
        ),
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="The decimal mark: , or .")] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="What stands between two cells; found out otherwise.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file; found out otherwise.")] = None,
    timezone: Annotated[
        str,
        typer.Option(help="Of date-times without an offset.", autocompletion=_complete.timezones),
    ] = "UTC",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show what would become of the rows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import a CSV file, every row accounted for. Run it again if it was cut off.

    Exits 8 if every row is refused, 19 if some are: the others are stored.
    """
    options = {
        "rejects": target(rejects),
        "preset": preset,
        "columns": dict(_pairs(columns, "--map", "NAME=email")),
        "email_column": email_column,
        "consent": _consent(consent or []),
        "types": dict(_pairs(types, "--type", "zip=text")),
        "decimal": decimal,
        "delimiter": delimiter,
        "encoding": encoding,
        "timezone": timezone,
        "dry_run": dry_run,
    }
    with connect() as client:
        report = _with_progress(client, path, **options)
    with aside(rejects):
        _print_report(report, rejects, as_json)
    if report.rejected and not report.dry_run:
        raise typer.Exit(INVALID if report.rejected == report.read else PARTLY)


def _with_progress(client: CampaignClient, path: Path, **options: Any) -> ImportReport:
    with going_on("run it again: what is stored stays as it is") as account:
        return _imported(client, path, account, **options)


def _imported(client: CampaignClient, path: Path, account: Account, **options: Any) -> ImportReport:
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    screen = console(stderr=True)
    columns = (BarColumn(bar_width=None), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def note(done: int, total: int, report: ImportReport) -> None:
            bar.update(task, completed=done, total=total)
            stored = report.created + report.updated + report.unchanged
            account.done = f"{report.read:,} rows are read, {stored:,} contacts of them stored"

        return client.contacts.import_csv(source(path), progress=note, **options)


def _pairs(given: list[str] | None, option: str, like: str) -> list[tuple[str, str]]:
    pairs = [text.rpartition("=") for text in given or []]
    if any(not name for name, _, _ in pairs):
        raise typer.BadParameter(f"must look like {like}", param_hint=option)
    return [(name, value) for name, _, value in pairs]


def _consent(given: list[str]) -> Any:
    """Return `--consent` as the library takes it; of one column there may be several values."""
    if "ignore" in given:
        if len(given) > 1:
            raise InvalidInput("consent", "is ignored, or named; not both")
        return "ignore"
    values: dict[str, list[str]] = {}
    for name, value in _pairs(given, "--consent", "'Email Opt Out'=yes"):
        values.setdefault(name, []).extend(part.strip() for part in value.split(","))
    return [
        {"column": name, "ignore": True}
        if named == ["ignore"]
        else {"column": name, "opted_out": named}
        for name, named in values.items()
    ] or None


def _print_report(report: ImportReport, rejects: Path | None, as_json: bool) -> None:
    if as_json:
        _show.print_json(report)
        return
    counts = {name: getattr(report, name) for name in _COUNTS}
    if report.opted_out:
        counts["opted out"] = report.opted_out
    _show.print_facts(counts)
    if report.dry_run:
        _print_plan(report)
    if report.problems:
        made = _show.table("line", "column", "reason", numbers=("line",))
        for problem in report.problems[:SHOWN]:
            made.add_row(str(problem.line), _show.plain(problem.column), problem.reason)
        _show.console().print("", made, sep="\n")
    for note in (*report.notes, *report.warnings):
        _show.note(_show.plain(note).plain)
    if report.rejected and not report.dry_run:
        _show.note(whereabouts(rejects, "rows"))
    if report.dry_run:
        _show.note("nothing was written")


def _print_plan(report: ImportReport) -> None:
    """Print what each column becomes, and the first contacts."""
    made = _show.table("column", "becomes", "type")
    for column in report.columns:
        made.add_row(_show.plain(column.header), _show.plain(column.field), column.type)
    _show.console().print("", made, sep="\n")
    if report.sample:
        _show.console().print()
        print_people(
            [
                Person(
                    item["email"],
                    item.get("phone"),
                    item["attributes"],
                    not item.get("unsubscribed_at"),
                )
                for item in report.sample
            ]
        )
