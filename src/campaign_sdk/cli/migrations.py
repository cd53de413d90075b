"""`campaign migrations`: the SQL that a project needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import ConfigurationError, Conflict, InvalidInput
from campaign_sdk.cli import _show
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from campaign_sdk.local._standing import Standing

app = typer.Typer(
    name="migrations", help="The SQL that a Supabase project needs.", no_args_is_help=True
)

Database = Annotated[
    str | None,
    typer.Option(
        envvar="SUPABASE_DB_URL",
        show_default=False,
        help="The database's address, with its password; the local stack's otherwise.",
    ),
]


@app.command(epilog=example("campaign migrations export supabase/migrations"))
def export(
    folder: Annotated[
        Path, typer.Argument(help="Where to write them, for `supabase db push`.")
    ] = Path("supabase/migrations"),
    additions: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME",
            help="An addition for very large projects (docs/scale.md): events_by_month, "
            "kept_segments. May be repeated.",
        ),
    ] = None,
) -> None:
    """Write the migrations into a folder; a file that is there and differs is an error."""
    from campaign_sdk._core.files import write_bytes_whole
    from campaign_sdk.local._config import migrations_folder

    chapters = sorted(migrations_folder().glob("*.sql")) + _chosen(additions or [])
    _check(folder, chapters)
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in chapters:
        write_bytes_whole(folder / chapter.name, chapter.read_bytes(), "folder")
    # Without the option the CLI refuses what is older than the project's last migration.
    _show.say(
        "Wrote {} migrations to {}. Next: supabase db push --include-all", len(chapters), folder
    )


def _chosen(names: list[str]) -> list[Path]:
    from campaign_sdk.local._config import additions_folder

    known = {path.stem.partition("_")[2]: path for path in additions_folder().glob("*.sql")}
    for name in names:
        if name not in known:
            raise InvalidInput("with", f"must be one of {', '.join(sorted(known))}")
    return sorted(known[name] for name in set(names))


def _check(folder: Path, chapters: list[Path]) -> None:
    for chapter in chapters:
        there = folder / chapter.name
        if there.exists() and there.read_bytes() != chapter.read_bytes():
            raise Conflict(f"{there} differs from ours: move it away first")


@app.command(epilog=example("campaign migrations status"))
def status(db_url: Database = None, as_json: Json = False) -> None:
    """Say which migrations a database has, which it lacks, and what is in the way."""
    found = _standing(db_url)
    if as_json:
        _show.print_json({**vars(found), "late": found.late})
        return
    made = _show.table("version", "name", "state")
    states = (
        ("applied", found.applied),
        ("addition", found.additions),
        ("missing", found.missing),
        ("not ours", found.foreign),
    )
    lines = ((v, name, state) for state, names in states for v, name in names.items())
    for line in sorted(lines):
        made.add_row(*map(_show.plain, line))
    _show.console().print(made)
    for what in found.in_the_way:
        _show.say("In the way: {}", what)


@app.command(epilog=example("campaign migrations check"))
def check(db_url: Database = None) -> None:
    """Fail, with the remedy, unless a database has all migrations."""
    found = _standing(db_url)
    found.require_whole(is_local=db_url is None)
    _show.say("All {} migrations are applied.", len(found.applied))


def _standing(db_url: str | None) -> Standing:
    from campaign_sdk.local._standing import standing

    return standing(db_url or _local_database())


def _local_database() -> str:
    from campaign_sdk.local import status as local_status

    found = local_status()
    if found.db_url is None:
        raise ConfigurationError(
            "SUPABASE_DB_URL missing: the address that the project's page shows under Connect; "
            "or `campaign local start`, for the local stack"
        )
    return found.db_url
