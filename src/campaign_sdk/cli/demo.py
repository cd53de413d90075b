"""`campaign demo`: the main job once through."""

from __future__ import annotations

import typer

from campaign_sdk.cli._options import example

app = typer.Typer()


@app.command(epilog=example("campaign demo"))
def demo() -> None:
    """See a campaign go from a CSV file to a report, on a throw-away Supabase."""
    from campaign_sdk.cli._show import console
    from campaign_sdk.demo import run

    run(console())
