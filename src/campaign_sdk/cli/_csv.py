"""Contacts as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_sdk.cli._show import note

if TYPE_CHECKING:
    from campaign_sdk import Contact


def export_contacts(contacts: Iterable[Contact], output: Path | None) -> None:
    """Write contacts to a file, marked as UTF-8 for spreadsheets, or to the screen."""
    from campaign_sdk._core.files import written_whole
    from campaign_sdk.contacts.files._export import write_contacts

    if output is None:
        write_contacts(contacts, sys.stdout)
        return
    with written_whole(output, "output", encoding="utf-8-sig") as stream:
        count = write_contacts(contacts, stream)
    note(f"wrote {count:,} contacts to {output}")
