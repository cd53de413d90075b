"""What a shell offers after Tab; where nothing can be known, it offers nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args

import typer

if TYPE_CHECKING:
    from campaign_sdk import Campaign, CampaignClient

Offer = tuple[str, str]
# Whoever waits after Tab wants to see the fields of some contacts, not to count them in all.
_FEW = 1_000
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")


def statuses(incomplete: str) -> list[str]:
    """Offer the statuses of campaigns."""
    from campaign_sdk.campaigns import Status

    return _beginning(get_args(Status), incomplete)


def channels(incomplete: str) -> list[str]:
    """Offer the channels of messages."""
    from campaign_sdk.channels import Channel

    return _beginning(get_args(Channel), incomplete)


def rates(incomplete: str) -> list[str]:
    """Offer the metrics that two campaigns can be compared by."""
    from campaign_sdk.reports import METRICS

    rates = [name for name, metric in METRICS.items() if metric.kind == "rate"]
    return _beginning(rates, incomplete)


def metrics(incomplete: str) -> list[str]:
    """Offer the metrics of a report, after those that are already there."""
    from campaign_sdk.reports import METRICS

    return _one_more(METRICS, incomplete)


def groups(incomplete: str) -> list[str]:
    """Offer what a report can be grouped by, after what is already there."""
    from campaign_sdk.reports._request import GROUPS

    return _one_more(GROUPS, incomplete)


def pictures(incomplete: str) -> list[str]:
    """Offer the formats of a picture."""
    return _beginning(("png", "svg", "pdf", "html"), incomplete)


def people_rates(incomplete: str) -> list[str]:
    """Offer the rates of people that variants and groups are compared by."""
    from campaign_sdk.reports._experiment import EXPERIMENT_METRICS

    return _beginning(EXPERIMENT_METRICS, incomplete)


def providers(incomplete: str) -> list[str]:
    """Offer the providers whose webhooks can be read."""
    from campaign_sdk.webhooks import PROVIDERS

    return _beginning(PROVIDERS, incomplete)


def programs(incomplete: str) -> list[str]:
    """Offer the programs whose files are known."""
    from campaign_sdk.contacts.files._programs import PROGRAMS

    return _beginning(sorted(PROGRAMS), incomplete)


def vendors(incomplete: str) -> list[str]:
    """Offer what sends messages."""
    return _beginning(("smtp://", "smtps://", "resend", "folder:", "fake"), incomplete)


def languages(incomplete: str) -> list[str]:
    """Offer the languages of a summary."""
    return _beginning(("de", "en", "fr"), incomplete)


def timezones(incomplete: str) -> list[str]:
    """Offer the time zones of the world."""
    from zoneinfo import available_timezones

    return _beginning(sorted(available_timezones()), incomplete)


def campaigns(incomplete: str) -> list[Offer]:
    """Offer the names of campaigns."""
    return _named("campaigns", incomplete)


def segments(incomplete: str) -> list[Offer]:
    """Offer the names of segments."""
    return _named("segments", incomplete)


def variants(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the variants of the campaign that stands before."""
    return _of_campaign(context, incomplete, lambda _, found: found.variants)


def assets(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the images of the campaign that stands before."""
    return _of_campaign(context, incomplete, lambda client, found: client.assets.list(found.id))


def fields(incomplete: str) -> list[str]:
    """Offer the attributes that contacts have."""
    known = _asked(lambda client: client.contacts.fields(sample=_FEW))
    return _words(known, incomplete)


def _of_campaign(
    context: typer.Context,
    incomplete: str,
    things: Callable[[CampaignClient, Campaign], Iterable[Any]],
) -> list[str]:
    from campaign_sdk.cli._connect import find_campaign

    named = str(context.params.get("campaign"))
    found = _asked(lambda client: things(client, find_campaign(client, named)))
    return _words(found, incomplete)


def _words(things: Iterable[Any], incomplete: str) -> list[str]:
    return [_word(name) for name in _beginning((thing.name for thing in things), incomplete)]


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _one_more(words: Iterable[str], incomplete: str) -> list[str]:
    before, comma, begun = incomplete.rpartition(",")
    there = before.split(",")
    return [before + comma + word for word in _beginning(words, begun) if word not in there]


def _named(noun: str, incomplete: str) -> list[Offer]:
    found = _asked(lambda client: getattr(client, noun).list())
    return list(_offers(found, incomplete))


def _asked(question: Callable[[CampaignClient], Iterable[Any]]) -> list[Any]:
    from campaign_sdk.cli._connect import connect

    # Nobody is signed in, or no server answers: that is no moment to complain.
    with suppress(Exception), connect() as client:
        return list(question(client))
    return []


def _offers(items: Iterable[Any], incomplete: str) -> Iterator[Offer]:
    for item in items:
        if item.name.startswith(incomplete):
            yield _word(item.name), ""
        elif incomplete and str(item.id).startswith(incomplete.lower()):
            yield str(item.id)[:8], item.name


def _word(name: str) -> str:
    # bash puts in what it is given as it is; other shells quote it themselves.
    is_bash = os.environ.get("_CAMPAIGN_COMPLETE", "").endswith("bash")
    return _SPECIAL.sub(r"\\\g<0>", name) if is_bash else name
