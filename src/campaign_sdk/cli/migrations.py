"""`campaign migrations`: the SQL that a project needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign_sdk._core.errors import Conflict
from campaign_sdk.cli import _show
from campaign_sdk.cli._options import example

app = typer.Typer(
    name="migrations", help="The SQL that a Supabase project needs.", no_args_is_help=True
)


@app.callback()
def _one_command_is_a_group_too() -> None:
    """The SQL that a Supabase project needs."""


@app.command(epilog=example("campaign migrations export supabase/migrations"))
def export(
    folder: Annotated[
        Path, typer.Argument(help="Where to write them, for `supabase db push`.")
    ] = Path("supabase/migrations"),
) -> None:
    """Write the migrations into a folder; a file that is there and differs is an error."""
    from campaign_sdk.local._config import migrations_folder

    chapters = sorted(migrations_folder().glob("*.sql"))
    _check(folder, chapters)
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in chapters:
        (folder / chapter.name).write_bytes(chapter.read_bytes())
    _show.say("Wrote {} migrations to {}. Next: supabase db push", len(chapters), folder)


def _check(folder: Path, chapters: list[Path]) -> None:

    for chapter in chapters:
        there = folder / chapter.name
        if there.exists() and there.read_bytes() != chapter.read_bytes():
            raise Conflict(f"{there} differs from ours: move it away first")
