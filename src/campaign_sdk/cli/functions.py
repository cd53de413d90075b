"""`campaign functions`: the Edge Functions, on this machine and in a project."""

from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import ConfigurationError, Conflict, LocalStackError
from campaign_sdk.cli import _show
from campaign_sdk.cli._files import read_text, there
from campaign_sdk.cli._options import example

if TYPE_CHECKING:
    from campaign_sdk.local import LocalSupabase

app = typer.Typer(
    name="functions",
    help="The Edge Functions: links, webhooks and drafting.",
    no_args_is_help=True,
)

_FOLDER = Path("supabase/functions")
_LOOK_SECONDS = 0.5

EnvFile = Annotated[
    Path | None,
    typer.Option(
        callback=there,
        help="More secrets for them, NAME=value a line; - for standard input.",
    ),
]


@app.command(epilog=example("campaign functions export supabase/functions"))
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = _FOLDER,
) -> None:
    """Write the functions into a folder; a file that is there and differs is an error."""
    from campaign_sdk._core.files import write_bytes_whole
    from campaign_sdk.local._config import functions_folder

    source = functions_folder()
    files = sorted(path.relative_to(source) for path in source.rglob("*.ts"))
    for file in files:
        there = folder / file
        if there.exists() and there.read_bytes() != (source / file).read_bytes():
            raise Conflict(f"{there} differs from ours: move it away first")
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        write_bytes_whole(folder / file, (source / file).read_bytes(), "folder")
    _show.say("Wrote {} files to {}. config.toml beside it needs:", len(files), folder)
    for name, is_open in _gates().items():
        typer.echo(f"\n[functions.{name}]\nverify_jwt = {str(not is_open).lower()}")


@app.command(epilog=example("campaign functions serve --env-file functions.env"))
def serve(
    folder: Annotated[
        Path | None, typer.Option(exists=True, help="A folder of functions; the SDK's otherwise.")
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Run a local stack with the functions until Ctrl-C, and print what they write.

    `campaign local start` serves them too; this is for working on them. Its data is thrown
    away at the end. A change is seen when a function starts again. Exits 14 if the stack ends.
    """
    from campaign_sdk.local import LocalSupabase

    with LocalSupabase(functions=folder, functions_env=_secrets(env_file)) as stack:
        for name in _gates():
            typer.echo(f"{stack.url}/functions/v1/{name}")
        typer.echo(f"SUPABASE_URL={stack.url}\nSUPABASE_ANON_KEY={stack.anon_key}")
        _follow(stack)


@app.command(epilog=example("campaign functions deploy --env-file functions.env"))
def deploy(
    remote: Annotated[
        str | None, typer.Option(help="The project's reference; the linked one otherwise.")
    ] = None,
    env_file: EnvFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Deploy the exported functions, with the secrets that the project has made for them.

    It asks the Supabase CLI to do so, without Docker. Secrets are named, never shown.
    """
    from campaign_sdk.cli import _supabase

    names = [name for name in _gates() if (_FOLDER / name / "index.ts").exists()]
    if not names:
        raise ConfigurationError(f"there are no functions in {_FOLDER}: campaign functions export")
    target = f"--remote={remote}" if remote else "--remote"
    secrets = {**_supabase.functions_secrets(target), **_secrets(env_file)}
    _show.say("Functions: {}", ", ".join(names))
    _show.say("Secrets: {}", ", ".join(secrets) or "none")
    if not yes:
        typer.confirm("Set these and deploy?", abort=True)
    _supabase.set_secrets(target, secrets)
    _supabase.deploy(target, names)
    _show.say("Deployed. Next: campaign doctor")


def _gates() -> dict[str, bool]:
    """Return the functions, and whether each is open to those without a session."""
    from campaign_sdk.local._config import functions_folder, open_functions

    names = sorted(path.parent.name for path in functions_folder().glob("*/index.ts"))
    return {name: name in open_functions() for name in names}


def _secrets(env_file: Path | None) -> dict[str, str]:
    from dotenv import dotenv_values

    if env_file is None:
        return {}
    values = dotenv_values(stream=StringIO(read_text(env_file, "env-file")), interpolate=False)
    return {name: value for name, value in values.items() if value}


def _follow(stack: LocalSupabase) -> None:
    """Print what the functions write, as long as the stack runs: until Ctrl-C."""
    shown = 0
    while stack.running():
        text = stack.log()
        typer.echo(text[shown:], nl=False)
        shown = len(text)
        time.sleep(_LOOK_SECONDS)
    typer.echo(stack.log()[shown:], nl=False)
    raise LocalStackError("the stack has ended, and nobody asked it to")
