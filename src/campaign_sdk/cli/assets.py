"""`campaign assets`: the images of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._files import read_bytes
from campaign_sdk.cli._options import CampaignName, Json, example

app = typer.Typer(name="assets", help="The images of a campaign.", no_args_is_help=True)

AssetName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="What the HTML calls it.", autocompletion=_complete.assets),
]


@app.command(epilog=example('campaign assets upload Spring hero.png --alt "A red kettle"'))
def upload(
    campaign: CampaignName,
    file: Annotated[
        Path, typer.Argument(help="A PNG, JPEG, GIF or WebP image, at most 2 MB; or -.")
    ],
    name: Annotated[
        str | None, typer.Option(help="What the HTML calls it; by default the file's name.")
    ] = None,
    alt: Annotated[
        str | None, typer.Option(help='What is read out; "" for mere decoration.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Store an image; the HTML shows it with {{ asset "hero.png" }}."""
    with connect() as client:
        found = find_campaign(client, campaign)
        image = read_bytes(file, "file") if str(file) == "-" else file
        stored = client.assets.upload(found.id, image, name=name, alt=alt)
    if as_json:
        _show.print_json(stored)
        return
    _show.console().print(_show.plain(f'{{{{ asset "{stored.name}" }}}}'), soft_wrap=True)
    _show.console().print(_show.plain(stored.url), soft_wrap=True)


@app.command("list", epilog=example("campaign assets list Spring"))
def list_(campaign: CampaignName, as_json: Json = False) -> None:
    """List the images of a campaign."""
    with connect() as client:
        assets = client.assets.list(find_campaign(client, campaign).id)
    if as_json:
        _show.print_json_list(assets)
        return
    made = _show.table("name", "kB", "alt")
    for asset in assets:
        alt = "-" if asset.alt is None else asset.alt
        made.add_row(_show.plain(asset.name), f"{asset.bytes / 1e3:,.0f}", _show.plain(alt))
    _show.console().print(made)


@app.command(epilog=example("campaign assets url Spring hero.png"))
def url(campaign: CampaignName, name: AssetName) -> None:
    """Print the address of an image."""
    with connect() as client:
        address = client.assets.url(find_campaign(client, campaign).id, name)
    _show.console().print(_show.plain(address), soft_wrap=True)


@app.command(epilog=example("campaign assets delete Spring hero.png"))
def delete(campaign: CampaignName, name: AssetName) -> None:
    """Delete an image of a campaign that wasn't launched."""
    with connect() as client:
        client.assets.delete(find_campaign(client, campaign).id, name)
    _show.console(stderr=True).print("deleted")
