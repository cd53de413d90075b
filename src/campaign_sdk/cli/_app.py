"""The root of the command line: its nouns, the options before them, and its last resort."""

from __future__ import annotations

import sys
from copy import copy
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from campaign_sdk.cli._commands import Commands, headings
from campaign_sdk.cli._errors import ABORTED, INTERRUPTED
from campaign_sdk.cli._interrupt import is_interruption

_EPILOG = (
    "[bold]Environment:[/] SUPABASE_URL and SUPABASE_ANON_KEY name the project, from the process "
    "or a .env file; without them, the local stack is used while it runs. CAMPAIGN_PASSWORD "
    "answers the question for a password; CAMPAIGN_ACCESS_TOKEN stands for a session.\n\n"
    "[bold]Exit codes:[/] 0 done, 1 a bug, 2 usage, 3 configuration, 4 not signed in, "
    "5 not allowed, 6 not found, 7 conflict, 8 invalid input, 9 too many requests, "
    "10 unavailable, 11 protocol, 12 schema, 13 drafting, 14 local stack, "
    "15 the doctor found a fault, 16 a webhook isn't proven, "
    "17 a sender took nothing, 18 stopped at a question, 19 a part was refused, "
    "130 interrupted.\n\n"
    "[bold]Example:[/] campaign segments size --where 'orders >= 3 and not city in (\"Pune\")'"
)


class Root(TyperGroup):
    """Finds commands when they are asked for, and turns errors into one line and an exit code."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands: Any = Commands()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show what there is, which needn't be built for that."""
        shown = copy(self)
        shown.commands = {each.name: each for each in headings()}
        super(Root, shown).format_help(ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; a campaign's verbs may follow their noun: `campaigns launch`."""
        with_noun = args[:1] == ["campaigns"] and len(args) > 1 and not args[1].startswith("-")
        words = args[1:] if with_noun else args
        ctx.meta["words"] = tuple(words[:2])
        return super().resolve_command(ctx, words)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            done = super().invoke(ctx)
            # What can't be written is told here, and not when Python ends.
            sys.stdout.flush()
            return done
        except KeyboardInterrupt as stop:
            code = _complain(": ".join(("interrupted", *map(str, stop.args))), INTERRUPTED)
        except typer.Abort:
            code = _complain("stopped at a question: nothing was changed", ABORTED)
        except Exception as error:
            if is_interruption(error) or ctx.params.get("_debug") or _belongs_to_typer(error):
                raise
            code = _explain(error, ctx.meta.get("words", ()))
        raise typer.Exit(code)


def _belongs_to_typer(error: Exception) -> bool:
    return type(error).__module__.startswith("typer.") or isinstance(error, BrokenPipeError)


def _explain(error: Exception, words: tuple[str, ...]) -> int:
    from campaign_sdk._core.errors import CampaignError
    from campaign_sdk._core.files import DISK
    from campaign_sdk.cli import _show
    from campaign_sdk.cli._errors import BUG, exit_code, one_line

    if isinstance(error, CampaignError):
        code = _complain(one_line(error, words), exit_code(error))
        for note in getattr(error, "__notes__", ()):
            _show.note(note)
        return code
    if isinstance(error, OSError) and (error.filename or error.errno in DISK):
        where = error.filename or "what is written to"
        return _complain(f"{where}: {error.strerror}", 8)
    return _complain(
        f"{type(error).__name__}: {error}; this is a bug: `campaign --debug ...` shows where", BUG
    )


def _complain(message: str, code: int) -> int:
    from campaign_sdk.cli._show import console, plain

    text = plain("error: ").append(plain(message))
    text.stylize("bold red", 0, 6)
    console(stderr=True).print(text, soft_wrap=True)
    return code


app = typer.Typer(
    cls=Root,
    help="Marketing campaigns on Supabase: contacts, segments, campaigns and what became of them.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from campaign_sdk import __version__

        typer.echo(f"campaign {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that stand before the noun."""
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        # A name that the terminal can't show mustn't end the command.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # TextIO
