"""Contacts for people to read, however many attributes they have, at any width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.padding import Padding
from rich.text import Text

from campaign_sdk.cli import _show

if TYPE_CHECKING:
    from campaign_sdk import Contact

# More than this, and a cell of a table would be a tower.
_WIDE = 5
_SHOWN = 12
_NARROW = 72


class Person(NamedTuple):
    """What is shown of a contact, or of somebody who would become one."""

    email: str
    phone: str | None
    attributes: Mapping[str, Any]
    subscribed: bool = True


def print_contacts(found: Iterator[Contact], limit: int) -> None:
    """Print contacts, so many at most (0: all), and say so if there are more."""
    contacts = islice(found, limit or None)
    if print_people([Person(c.email, c.phone, c.attributes, c.is_subscribed) for c in contacts]):
        _show.note("all of one: `campaign contacts find EMAIL`; of all: --json")
    if limit and next(found, None) is not None:
        _show.note(f"there are more than {limit}: --limit 0 shows all")


def print_people(people: Sequence[Person]) -> bool:
    """Print them as a table, or as paragraphs where its cells would be towers.

    Returns:
        Whether attributes of somebody were left out.
    """
    screen = _show.console()
    if screen.width < _NARROW or any(len(each.attributes) > _WIDE for each in people):
        _print_paragraphs(people)
        return any(len(each.attributes) > _SHOWN for each in people)
    _print_table(people)
    return False


def _print_table(people: Sequence[Person]) -> None:
    made = _show.table("email", "phone", "subscribed", "attributes")
    for one in people:
        subscribed = "yes" if one.subscribed else "no"
        attributes = _show.plain(_show.attributes(one.attributes))
        made.add_row(_show.plain(one.email), _show.plain(one.phone), subscribed, attributes)
    _show.console().print(made)


def _print_paragraphs(people: Sequence[Person]) -> None:
    screen = _show.console()
    for one in people:
        head = _show.plain(one.email)
        head.stylize("bold cyan")
        if one.phone:
            head.append("  ").append(_show.plain(one.phone))
        screen.print(head if one.subscribed else head.append("  unsubscribed", "yellow"))
        first = dict(islice(one.attributes.items(), _SHOWN))
        left = len(one.attributes) - len(first)
        text = _show.plain(_show.attributes(first, "; "))
        text.append(f" and {left} more" if left else "")
        screen.print(Padding(text if text.plain else Text("-", style="dim"), (0, 0, 0, 2)))
