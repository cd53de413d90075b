"""The metric dictionary: what each number means, once, for every place that shows one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from campaign_sdk._core.errors import InvalidInput


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: as it is asked for, and as the field of `Engagement` is called.
        title: for people.
        meaning: what it counts, in a sentence.
        kind: a `total` counts happenings, a `unique` people, a `rate` divides two totals,
            an `amount` is in the owner's own unit.
        numerator: what is counted or summed up.
        denominator: what a rate divides by.
        is_additive: whether the lines of a report sum up to its total.
    """

    name: str
    title: str
    meaning: str
    kind: Literal["total", "unique", "rate", "amount"]
    numerator: str
    denominator: str | None = None
    is_additive: bool = True

    @property
    def needs_events(self) -> bool:
        """Whether the counters don't know it, so that the events have to be read."""
        return self.kind in ("unique", "amount")


_DICTIONARY = (
    Metric("impressions", "Impressions", "How often the message was seen.", "total", "impressions"),
    Metric("clicks", "Clicks", "How often it was clicked.", "total", "clicks"),
    Metric(
        "conversions",
        "Conversions",
        "How often it led to what it was meant for.",
        "total",
        "conversions",
    ),
    Metric(
        "human_impressions",
        "Human impressions",
        "Impressions without those that are known to be a program's or a mail provider's.",
        "total",
        "impressions that no machine made",
    ),
    Metric(
        "human_clicks",
        "Human clicks",
        "Clicks without those that are known to be a program's.",
        "total",
        "clicks that no machine made",
    ),
    Metric("delivered", "Delivered", "How often a mail server took it in.", "total", "delivered"),
    Metric("bounced", "Bounced", "How often a mail server refused it.", "total", "bounced"),
    Metric("complained", "Complained", "How often it was called spam.", "total", "complained"),
    Metric(
        "unsubscribed",
        "Unsubscribed",
        "How often somebody wanted no more after it.",
        "total",
        "unsubscribed",
    ),
    Metric(
        "reach",
        "Reach",
        "How many distinct contacts saw it, where the contact of an impression is known.",
        "unique",
        "contacts with an impression",
        is_additive=False,
    ),
    Metric(
        "value",
        "Value",
        "What the conversions were worth, in your own unit.",
        "amount",
        "values of conversions",
    ),
    Metric(
        "ctr",
        "Click-through rate",
        "Clicks per impression.",
        "rate",
        "clicks",
        "impressions",
        is_additive=False,
    ),
    Metric(
        "human_ctr",
        "Human click-through rate",
        "Human clicks per human impression.",
        "rate",
        "human_clicks",
        "human_impressions",
        is_additive=False,
    ),
    Metric(
        "cvr",
        "Conversion rate",
        "Conversions per click.",
        "rate",
        "conversions",
        "clicks",
        is_additive=False,
    ),
    Metric(
        "conversion_per_impression",
        "Conversions per impression",
        "Conversions per impression.",
        "rate",
        "conversions",
        "impressions",
        is_additive=False,
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _DICTIONARY}
"""What a report can show, by name: how each is counted, and its formula."""
TOTALS: tuple[str, ...] = tuple(name for name in METRICS if METRICS[name].kind == "total")
RATES: tuple[str, ...] = tuple(name for name in METRICS if METRICS[name].kind == "rate")
# What the counters alone can tell.
DEFAULT: tuple[str, ...] = ("impressions", "clicks", "conversions", "ctr", "cvr", "human_clicks")


def check_metrics(
    names: str | Iterable[str] | None, default: tuple[str, ...] = DEFAULT
) -> tuple[str, ...]:
    """Return the metrics asked for, each once.

    Raises:
        InvalidInput: there is no such metric; names those that there are.
    """
    if names is None:
        return default
    asked = (names,) if isinstance(names, str) else tuple(names)
    for name in asked:
        if not isinstance(name, str) or name not in METRICS:
            raise InvalidInput("metrics", f"{name!r} isn't one of {', '.join(METRICS)}")
    if not asked:
        raise InvalidInput("metrics", f"is empty: ask for some of {', '.join(METRICS)}")
    return tuple(dict.fromkeys(asked))


def needs_events(names: Iterable[str]) -> bool:
    """Whether one of these metrics takes a scan of the events."""
    return any(METRICS[name].needs_events for name in names)


def title_of(column: str) -> str:
    """Return the heading of a column."""
    if column in METRICS:
        return METRICS[column].title
    return column.replace("_name", "").replace("_", " ").capitalize()
