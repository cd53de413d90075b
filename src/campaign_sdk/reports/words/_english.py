"""Summaries in English."""

from __future__ import annotations

from campaign_sdk.reports.words._language import Language

ENGLISH = Language(
    code="en",
    name="English",
    thousands=",",
    decimal=".",
    percent="%",
    points=" points",
    one="1",
    sentences={
        "impressions": (
            "The message was seen {figure} time.",
            "The message was seen {figure} times.",
        ),
        "reach": ("It reached {figure} person.", "It reached {figure} people."),
        "clicks": ("It was clicked {figure} time.", "It was clicked {figure} times."),
        "human_clicks": (
            "Of these clicks, {figure} was made by a person.",
            "Of these clicks, {figure} were made by people.",
        ),
        "ctr": ("The click-through rate is {figure}.",) * 2,
        "conversions": ("There was {figure} conversion.", "There were {figure} conversions."),
        "cvr": ("The conversion rate is {figure}.",) * 2,
        "value": ("The value of the conversions is {figure}.",) * 2,
        "unsubscribed": (
            "There was {figure} unsubscription.",
            "There were {figure} unsubscriptions.",
        ),
        "complained": (
            "There was {figure} spam complaint.",
            "There were {figure} spam complaints.",
        ),
        "bounced": ("There was {figure} bounce.", "There were {figure} bounces."),
        "group": ("In the group {label}, {figure} {verb} {interval}, {compared}.",) * 2,
        "variant": ("Of those who were sent variant {label}, {figure} {verb} {interval}.",) * 2,
    },
    verbs={
        "open_rate": "opened",
        "click_rate": "clicked",
        "conversion_rate": "converted",
        "unsubscribe_rate": "unsubscribed",
    },
    fixed={
        "unseen": "The message hasn't been seen yet, as far as is known.",
        "unclicked_rate": "There is no click-through rate, since there are no impressions.",
        "unconverted_rate": "There is no conversion rate, since there are no clicks.",
        "odd": "Some of these counts contradict each other: see the warnings.",
        "interval": "({low} to {high})",
        "higher": "more than among all others",
        "lower": "less than among all others",
        "inconclusive": "and the difference from all others is inconclusive",
        "alone": "and there is nobody else to compare with",
        "no_group": "No group by {field} is large enough to be told by itself.",
        "no_rate": "For the group {label} there is no rate yet.",
        "ahead": "Variant {label} is ahead of every other.",
        "none_ahead": "No variant is ahead of every other: that is inconclusive.",
        "lift_higher": (
            "With the campaign more people converted than without it, by {lift} ({low} to {high})."
        ),
        "lift_lower": (
            "With the campaign fewer people converted than without it, by {lift} ({low} to {high})."
        ),
        "lift_inconclusive": (
            "Whether the campaign changed conversions at all is inconclusive: {lift} "
            "({low} to {high})."
        ),
        "value_label": "{field} “{text}”",
        "range": "{field} from {above} to below {below}",
        "below": "{field} below {below}",
        "above": "{field} of {above} or more",
        "missing": "without {field}",
        "no_number": "{field} that isn't a number",
        "gone": "deleted contacts",
    },
    words={
        "impressions": "seen impression impressions view views viewed",
        "reach": "reached reach people person persons contact contacts",
        "clicks": "clicked click clicks",
        "human_clicks": "people person persons human humans click clicks clicked",
        "ctr": "click-through click rate",
        "conversions": "conversion conversions converted",
        "cvr": "conversion rate",
        "value": "conversion conversions worth value",
        "unsubscribed": "unsubscription unsubscriptions unsubscribed",
        "complained": "spam complaint complaints",
        "bounced": "bounce bounces bounced",
        "group": "group people",
        "variant": "variant people",
    },
    neutral=(
        "the a an this that these those it its they them their there here who which what where "
        "was were is are be been being has have had having do does did "
        "of in on to for from by with at as and so also then while among within "
        "campaign message figure figures number numbers result results report data summary "
        "time times total altogether overall together recorded counted measured registered noted "
        "shows show showed came come comes got get received recorded made make led stands stood "
        "amounts amounted equals equal corresponds means namely sent sending made making "
        "followed resulted yielded brought gave gives tells tell say says look looking"
    ),
    small=(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty"
    ),
    percents="percent",
)
