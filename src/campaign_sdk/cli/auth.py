"""`campaign auth`: who is signed in."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign_sdk.cli._options import Json, example

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
    from campaign_sdk.cli._connect import connect
    from campaign_sdk.cli._show import say

    with connect() as client:
        user = client.auth.sign_up(email, password, full_name=name)
        if client.auth.user is None:
            say(f"Look into the mailbox of {user.email}: the project wants the address confirmed.")
        else:
            say(f"Signed in as [bold]{user.email}[/].")


@app.command(epilog=example("campaign auth login --email asha@example.com"))
def login(email: Email, password: Password) -> None:
    """Sign in; the session is kept for the next commands."""
    from campaign_sdk.cli._connect import connect
    from campaign_sdk.cli._show import say

    with connect() as client:
        user = client.auth.sign_in_with_password(email, password)
        say(f"Signed in as [bold]{user.email}[/].")


@app.command(epilog=example("campaign auth logout"))
def logout() -> None:
    """End the session."""
    from campaign_sdk.cli._connect import connect
    from campaign_sdk.cli._show import say

    with connect() as client:
        if client.auth.user is not None:
            client.auth.sign_out()
        say("Signed out.")


@app.command(epilog=example("campaign auth status"))
def status(as_json: Json = False) -> None:
    """Say which project this is, and who is signed in."""
    from campaign_sdk.cli import _show
    from campaign_sdk.cli._connect import connect, settings

    project = settings()
    with connect() as client:
        user = client.auth.user
    found = {"project": project.url, "user": user and user.email, "id": user and str(user.id)}
    if as_json:
        _show.print_json(found)
    else:
        _show.console().print(_show.facts({**found, "user": found["user"] or "nobody"}))


@app.command(epilog=example("campaign auth token"))
def token() -> None:
    """Print the access token, for curl and CAMPAIGN_ACCESS_TOKEN. It is secret for an hour."""
    from campaign_sdk._errors import NotAuthenticated
    from campaign_sdk.cli._connect import connect

    with connect() as client:
        session = client.supabase.auth.get_session()
    if session is None:
        raise NotAuthenticated("nobody is signed in")
    typer.echo(session.access_token)
