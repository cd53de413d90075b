"""`campaign demo`: the main job once through."""

from __future__ import annotations

import typer

from campaign_sdk.cli._options import example


def add_to(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command(epilog=example("campaign demo"))(demo)


def demo() -> None:
    """See a campaign go from a CSV file to a report, on a throw-away Supabase."""
    from campaign_sdk.cli._show import console
    from campaign_sdk.demo import run

    run(console())
