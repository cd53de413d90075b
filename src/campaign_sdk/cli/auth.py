"""`campaign auth`: who is signed in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._errors import NotAuthenticated
from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import ACCESS_TOKEN, connect, settings
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from campaign_sdk import User

app = typer.Typer(help="Sign in and out.", no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The address of the account.", prompt="E-mail")]
Password = Annotated[
    str,
    typer.Option(
        prompt=True, hide_input=True, envvar="CAMPAIGN_PASSWORD", help="Asked for if not given."
    ),
]


@app.command(epilog=example("campaign auth signup --email asha@example.com --name Asha"))
def signup(
    email: Email,
    password: Password,
    name: Annotated[str | None, typer.Option(help="Your full name.")] = None,
) -> None:
    """Create an account, and sign in."""
    with connect() as client:
        user = client.auth.sign_up(email, password, full_name=name)
        if client.auth.user is None:
            _show.say("The project wants the address confirmed: look into your mailbox.")
        else:
            _signed_in(user)


@app.command(epilog=example("campaign auth login --email asha@example.com"))
def login(
    email: Annotated[str | None, typer.Option(help="The address of the account.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="CAMPAIGN_PASSWORD", help="Asked for if not given.")
    ] = None,
    google: Annotated[bool, typer.Option("--google", help="Sign in with Google.")] = False,
) -> None:
    """Sign in; the session is kept for the next commands."""
    with connect() as client:
        if google:
            user = client.auth.sign_in_with_google()
        else:
            email = email or typer.prompt("E-mail")
            password = password or typer.prompt("Password", hide_input=True)
            user = client.auth.sign_in_with_password(email, password)
    _signed_in(user)


def _signed_in(user: User) -> None:
    _show.say("Signed in as [bold]{}[/] at {}.", user.email, settings().url)


@app.command(epilog=example("campaign auth logout"))
def logout() -> None:
    """End the session."""
    with connect() as client:
        if client.auth.user is not None:
            client.auth.sign_out()
        _show.say("Signed out.")


@app.command(epilog=example("campaign auth status"))
def status(as_json: Json = False) -> None:
    """Say which project this is, and who is signed in."""
    with connect() as client:
        known = client.auth.user is not None or ACCESS_TOKEN in os.environ
        user = client.auth.profile() if known else None
    found = {
        "project": settings().url,
        "user": user and user.email,
        "id": user and str(user.id),
    }
    if as_json:
        _show.print_json(found)
    else:
        _show.print_facts({**found, "user": found["user"] or "nobody"})


@app.command(epilog=example("campaign auth token"))
def token() -> None:
    """Print the access token, for curl and CAMPAIGN_ACCESS_TOKEN. It is secret for an hour."""
    with connect() as client:
        if client.auth.user is None:
            raise NotAuthenticated("nobody is signed in")
        client.auth.profile()  # renews a token that is about to end
        session = client.auth.session
    typer.echo(session.access_token.get_secret_value() if session else "")
