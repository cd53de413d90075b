"""The `campaign` command: a skin over the library. It parses, calls one operation and prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from campaign_sdk.cli._app import app

    app()
