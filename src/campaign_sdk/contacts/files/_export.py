"""Contacts as CSV: safe to open in a spreadsheet, and read back as just what they were."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Self

from campaign_sdk.contacts._models import Contact
from campaign_sdk.contacts.files._cells import marked, number_text
from campaign_sdk.contacts.files._columns import OWN
from campaign_sdk.rules._paths import keys_of, path_name
from campaign_sdk.rules._wire import COLUMNS


def write_contacts(contacts: Iterable[Contact], stream: IO[str]) -> int:
    """Write contacts, and return how many; each attribute that any of them has is a column.

    Args:
        contacts: those to write.
        stream: a text stream that leaves line ends alone.
    """
    with Sheet() as sheet:
        sheet.add(contacts)
        return sheet.write(stream)


class Sheet:
    """Contacts on their way into a CSV file. It is a context manager.

    They are kept in a temporary file until the last has shown which columns there are, so
    that memory stays flat and no attribute is lost.
    """

    def __init__(self) -> None:
        self._columns: dict[str, set[str]] = {}
        self._kept = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed on leaving

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def add(self, contacts: Iterable[Contact]) -> None:
        """Take contacts on."""
        for contact in contacts:
            values = dict(_flat(contact.attributes))
            for name, value in values.items():
                self._columns.setdefault(name, set()).add(_sort(value))
            self._kept.write(json.dumps([*_own(contact), values], ensure_ascii=False) + "\n")

    def write(self, stream: IO[str]) -> int:
        """Write all that were taken on, and return how many they are."""
        self._kept.seek(0)
        return _write(self._kept, self._columns, stream)


def _write(lines: Iterable[str], columns: Mapping[str, set[str]], stream: IO[str]) -> int:
    names = sorted(columns)
    # Where not all are texts, each text is marked as one.
    mixed = {name for name, sorts in columns.items() if sorts != {"text"}}
    writer = csv.writer(stream)
    writer.writerow([*OWN, *map(marked, names)])
    count = 0
    for line in lines:
        count += 1
        *own, values = json.loads(line)
        cells = [_cell(values[name], name in mixed) if name in values else "" for name in names]
        writer.writerow([*own, *cells])
    return count


def _own(contact: Contact) -> Iterator[str]:
    yield marked(contact.email)
    yield marked(contact.phone) if contact.phone else ""
    yield contact.unsubscribed_at.isoformat() if contact.unsubscribed_at else ""


def _flat(attributes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names of columns and what is in them: leaves, or an object that has no such name."""
    for key, value in attributes.items():
        leaves = list(_leaves((key,), value))
        names = [_column(path) for path, _ in leaves]
        if None in names:
            yield str(_column((key,)) or key), value
        else:
            yield from ((str(name), leaf) for name, (_, leaf) in zip(names, leaves, strict=True))


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    elif value is not None:
        yield path, value


def _column(path: Sequence[str]) -> str | None:
    """The header from which an import reads this path; `None` if there is none."""
    name = path_name(path)
    if path[0] == "attributes" or name.lower() in COLUMNS:
        name = f"attributes.{name}"
    return name if keys_of(name) == list(path) and all(path) else None


def _sort(value: Any) -> str:
    return "text" if isinstance(value, str) else "other"


def _cell(value: Any, is_mixed: bool) -> str:
    if isinstance(value, str):
        return f"'{value}" if is_mixed else marked(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)
