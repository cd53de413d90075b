"""Contacts as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from campaign_sdk.cli._show import note

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, Contact

_COLUMNS = ("email", "phone", "unsubscribed_at")
_ALL = 1_000_000


def export_contacts(
    client: CampaignClient, contacts: Iterable[Contact], output: Path | None
) -> None:
    """Write contacts as they come; each attribute that any contact has is a column."""
    names = [known.name for known in client.contacts.fields(sample=_ALL)]
    count = lost = 0
    with _opened(output) as stream:
        writer = csv.DictWriter(stream, [*_COLUMNS, *names], extrasaction="ignore")
        writer.writeheader()
        for contact in contacts:
            row = dict(_cells(contact))
            writer.writerow(row)
            count, lost = count + 1, lost + len(row.keys() - {*_COLUMNS, *names})
    if output is not None:
        note(f"wrote {count:,} contacts to {output}")
    if lost:
        note(f"{lost:,} values had no column: their attributes were in none of the first million")


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def _cells(contact: Contact) -> Iterator[tuple[str, str]]:
    yield "email", _text(contact.email)
    yield "phone", _text(contact.phone or "")
    yield "unsubscribed_at", contact.unsubscribed_at.isoformat() if contact.unsubscribed_at else ""
    yield from _flat(contact.attributes)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    from campaign_sdk.reports._export import cell

    return str(cell(value)) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
