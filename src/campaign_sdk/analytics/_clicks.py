"""The clicks of a campaign, by link."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.model import Columns, Model


class LinkClicks(Model):
    """What a link of a campaign was worth.

    Attributes:
        link: the address it leads to; `None` for clicks that came without one.
        clicks: all of them.
        human_clicks: those that aren't known to be a machine's.
        contacts: how many distinct contacts made these, as far as they are known.
    """

    link: str | None
    clicks: int
    human_clicks: int
    contacts: int


class _Columns(Columns):
    """The database's answer; an empty link is none."""

    links: list[str]
    clicks: list[int]
    human_clicks: list[int]
    contacts: list[int]


def link_clicks(answer: Any) -> tuple[LinkClicks, ...]:
    """Read the database's answer."""
    columns = _Columns.from_row(answer)
    rows = zip(columns.links, columns.clicks, columns.human_clicks, columns.contacts, strict=True)
    return tuple(
        LinkClicks(link=link or None, clicks=clicks, human_clicks=human, contacts=contacts)
        for link, clicks, human, contacts in rows
    )
