"""Contacts for people to read, however many attributes they have, at any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from campaign_sdk.cli import _show

if TYPE_CHECKING:
    from campaign_sdk import Contact

# More than this, and a cell of a table would be a tower.
_WIDE = 5
_SHOWN = 12
_NARROW = 72


def print_contacts(found: Iterator[Contact], limit: int) -> None:
    """Print contacts, so many at most (0: all), and say so if there are more."""
    contacts = list(islice(found, limit or None))
    screen = _show.console()
    if screen.width < _NARROW or any(len(each.attributes) > _WIDE for each in contacts):
        _print_paragraphs(contacts)
    else:
        _print_table(contacts)
    if limit and next(found, None) is not None:
        _show.note(f"there are more than {limit}: --limit 0 shows all")


def _print_table(contacts: Sequence[Contact]) -> None:
    made = _show.table("email", "phone", "subscribed", "attributes")
    for contact in contacts:
        subscribed = "yes" if contact.is_subscribed else "no"
        attributes = _show.plain(_show.attributes(contact.attributes))
        made.add_row(_show.plain(contact.email), _show.plain(contact.phone), subscribed, attributes)
    _show.console().print(made)


def _print_paragraphs(contacts: Sequence[Contact]) -> None:
    screen, is_cut = _show.console(), False
    for contact in contacts:
        head = _show.plain(contact.email)
        head.stylize("bold cyan")
        if contact.phone:
            head.append("  ").append(_show.plain(contact.phone))
        screen.print(head if contact.is_subscribed else head.append("  unsubscribed", "yellow"))
        first = dict(islice(contact.attributes.items(), _SHOWN))
        left = len(contact.attributes) - len(first)
        is_cut = is_cut or left > 0
        text = _show.plain(_show.attributes(first, "; "))
        text.append(f" and {left} more" if left else "")
        screen.print(Padding(text if text.plain else Text("-", style="dim"), (0, 0, 0, 2)))
    if is_cut:
        _show.note("all of one: `campaign contacts find EMAIL`; of all: --json")
