"""`campaign auth`: who is signed in."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import AlreadyExists, ConfigurationError, NotAuthenticated
from campaign_sdk._core.settings import is_loopback, stays_home
from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect, settings
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, User

app = typer.Typer(name="auth", help="Sign in and out.", no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The address of the account.", prompt="E-mail")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True, hide_input=True, envvar="CAMPAIGN_PASSWORD", help="Asked for if not given."
    ),
]


@app.command(epilog=example("campaign auth signup --email asha@example.com --name Asha"))
def signup(
    context: typer.Context,
    email: Email,
    password: Password,
    name: Annotated[str | None, typer.Option(help="Your full name.")] = None,
) -> None:
    """Create an account, and sign in; who has it already, with this password, is signed in."""
    _keep_password(context)
    with connect() as client:
        user = _new_or_known(client, email, password, name)
        if client.auth.user is None:
            _show.say("The project wants the address confirmed: look into your mailbox.")
        else:
            _signed_in(user)


def _new_or_known(client: CampaignClient, email: str, password: str, name: str | None) -> User:
    try:
        return client.auth.sign_up(email, password, full_name=name)
    except AlreadyExists:
        with suppress(NotAuthenticated):
            return client.auth.sign_in_with_password(email, password)
        raise


def _keep_password(context: typer.Context) -> None:
    """Refuse to send the environment's password where a file of the folder points.

    This machine is an exception: that is what `campaign local status --env` writes.
    """
    source = context.get_parameter_source("password")
    if source is None or source.name != "ENVIRONMENT":
        return
    known = settings()
    if "url" in known.from_file and not is_loopback(known.url):
        raise ConfigurationError(stays_home("CAMPAIGN_PASSWORD", "SUPABASE_URL"))


@app.command(epilog=example("campaign auth login --email asha@example.com"))
def login(
    context: typer.Context,
    email: Annotated[
        str | None, typer.Option(help="The address of an account with a password.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(envvar="CAMPAIGN_PASSWORD", help="With --email; asked for if not given."),
    ] = None,
    provider: Annotated[
        str, typer.Option(help="Who vouches for you without --email, such as google or github.")
    ] = "google",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open one, or show the address only.")
    ] = True,
) -> None:
    """Sign in, with Google unless --email is given; the session is kept for the next commands."""
    _keep_password(context)
    with connect() as client:
        if email is None:
            opens = None if browser else False
            user = client.auth.sign_in_with_oauth(provider, open_browser=opens, ask=_pasted)
        else:
            password = password or typer.prompt("Password", hide_input=True)
            user = client.auth.sign_in_with_password(email, password)
    _signed_in(user)


def _pasted() -> str:
    typer.echo("If it can't come back here, paste the address that the browser ended at:", err=True)
    # Not input(): a thread that still waits in it breaks the end of the interpreter.
    line = os.read(0, 65_536)
    if not line:
        raise EOFError
    return line.decode(errors="replace")


def _signed_in(user: User) -> None:
    _show.say("Signed in as [bold]{}[/] at {}.", user.email, settings().url)


@app.command(epilog=example("campaign auth logout"))
def logout() -> None:
    """End the session."""
    with connect() as client:
        was_told = client.auth.user is None or client.auth.sign_out()
    _show.say("Signed out.")
    if not was_told:
        _show.note("The server couldn't be told: what it has given out runs out by itself.")


@app.command(epilog=example("campaign auth status"))
def status(as_json: Json = False) -> None:
    """Say which project this is, who is signed in, and until when the token is good."""
    with connect() as client:
        known = client.auth.user is not None or settings().access_token
        user = client.auth.profile() if known else None
        session = client.auth.session
    found = {
        "project": settings().url,
        "user": user and user.email,
        "id": user and str(user.id),
        "until": session and session.expires_at.isoformat(timespec="seconds"),
    }
    if as_json:
        _show.print_json(found)
    else:
        _show.print_facts({**found, "user": found["user"] or "nobody"})


@app.command(epilog=example("campaign auth token"))
def token() -> None:
    """Print the access token, for curl and CAMPAIGN_ACCESS_TOKEN. It is secret for an hour."""
    given = settings().access_token
    typer.echo(given or _current_token())


def _current_token() -> str:
    with connect() as client:
        client.auth.profile()  # renews a token that is about to end
        session = client.auth.session
    if session is None:
        raise NotAuthenticated("nobody is signed in")
    return session.access_token.get_secret_value()
