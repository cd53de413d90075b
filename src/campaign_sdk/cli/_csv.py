"""Contacts as CSV, safe to open in a spreadsheet, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_sdk.cli._files import is_screen, written
from campaign_sdk.cli._interrupt import going_on
from campaign_sdk.cli._show import note, print_json_list

if TYPE_CHECKING:
    from campaign_sdk import Contact


def export_contacts(
    contacts: Iterable[Contact],
    output: Path | None,
    *,
    as_json: bool,
    limit: int | None = None,
) -> None:
    """Write contacts to a file, a CSV marked as UTF-8 for spreadsheets, or to the screen."""
    with going_on("run it again: a file is there whole, or as it was"):
        _export(islice(contacts, limit or None), output, as_json=as_json)


def _export(contacts: Iterable[Contact], output: Path | None, *, as_json: bool) -> None:
    from campaign_sdk.contacts.files._export import write_contacts

    if as_json:
        print_json_list(contacts, output)
        return
    with written(output, encoding="utf-8-sig") as stream:
        count = write_contacts(contacts, stream)
    if not is_screen(output):
        note(f"wrote {count:,} contacts to {output}")
