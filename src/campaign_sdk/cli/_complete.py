"""What a shell offers after Tab; where nothing can be known, it offers nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, get_args

Offer = tuple[str, str]
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


def campaigns(incomplete: str) -> list[Offer]:
    """Offer the names of campaigns."""
    return _named("campaigns", incomplete)


def segments(incomplete: str) -> list[Offer]:
    """Offer the names of segments."""
    return _named("segments", incomplete)


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _one_more(words: Iterable[str], incomplete: str) -> list[str]:
    before, comma, begun = incomplete.rpartition(",")
    there = before.split(",")
    return [before + comma + word for word in _beginning(words, begun) if word not in there]


def _named(noun: str, incomplete: str) -> list[Offer]:
    from campaign_sdk.cli._connect import connect

    # Nobody is signed in, or no server answers: that is no moment to complain.
    with suppress(Exception), connect() as client:
        return list(_offers(getattr(client, noun).list(), incomplete))
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
