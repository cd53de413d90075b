"""`campaign tracking`: the keys of tracked links, and where unsubscribe links lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from campaign_sdk import LinkKey

app = typer.Typer(name="tracking", help="Keys and settings of tracked links.", no_args_is_help=True)


@app.command(epilog=example("campaign tracking keys"))
def keys(as_json: Json = False) -> None:
    """List the keys that have signed links, by their numbers."""
    with connect() as client:
        found = client.tracking.keys()
    if as_json:
        _show.print_json_list(found)
        return
    made = _show.table("key", "since", "revoked", numbers=("key",))
    for key in found:
        made.add_row(str(key.key_id), _show.plain(key.created_at), _show.plain(key.revoked_at))
    _show.console().print(made)


@app.command(epilog=example("campaign tracking rotate"))
def rotate(as_json: Json = False) -> None:
    """Sign with a new key from now on; links under older ones go on working."""
    with connect() as client:
        key = client.tracking.rotate()
    _print(key, as_json, "Key {} signs from now on.")


@app.command(epilog=example("campaign tracking revoke 1 --yes"))
def revoke(
    key: Annotated[int, typer.Argument(min=1, help="The number of the key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Revoke a key for good: no link under it works any more, unsubscribing included."""
    if not yes:
        typer.confirm(f"Let all links under key {key} lead nowhere?", abort=True)
    with connect() as client:
        revoked = client.tracking.revoke(key)
    _print(revoked, as_json, "Key {} is revoked.")


def _print(key: LinkKey, as_json: bool, sentence: str) -> None:
    if as_json:
        _show.print_json(key)
    else:
        _show.say(sentence, key.key_id)


@app.command(epilog=example("campaign tracking unsubscribe-page https://example.com/bye"))
def unsubscribe_page(
    url: Annotated[
        str | None, typer.Argument(help="Its address; {token} in it becomes the link's token.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Have none any more.")] = False,
) -> None:
    """Show, set or remove the page that browsers are sent to by an unsubscribe link."""
    with connect() as client:
        if url is not None or remove:
            found = client.tracking.update(unsubscribe_page=None if remove else url)
        else:
            found = client.tracking.settings()
    _show.say("{}", found.unsubscribe_page or "none: a few words in plain text")
