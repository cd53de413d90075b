"""One meaning for each number, everywhere."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, Engagement
from campaign_sdk.reports import METRICS

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_every_metric_is_a_number_of_an_engagement() -> None:
    counts = Engagement(impressions=8, clicks=4, conversions=1, reach=5, value=Decimal(3))
    told = counts.model_dump()
    for name in METRICS:
        assert told[name] == getattr(counts, name)
        assert told[name] is not None


def test_a_rate_is_its_numerator_over_its_denominator() -> None:
    counts = Engagement(impressions=8, clicks=4, conversions=1)
    for metric in METRICS.values():
        if metric.kind == "rate":
            parts = (getattr(counts, name or "") for name in (metric.numerator, metric.denominator))
            part, whole = parts
            assert getattr(counts, metric.name) == part / whole
            assert not metric.is_additive


def test_a_rate_over_nothing_is_none() -> None:
    told = Engagement(impressions=0, clicks=0, conversions=0).model_dump()
    assert (told["ctr"], told["cvr"], told["conversion_per_impression"]) == (None, None, None)


@pytest.mark.parametrize(
    ("numbers", "warning"),
    [
        ((7, 10, 0), "ctr is 143%: 10 clicks of 7 impressions"),
        ((0, 10, 0), "ctr is not defined: 10 clicks of 0 impressions"),
        ((9, 1, 2), "cvr is 200%: 2 conversions of 1 clicks"),
        ((-1, 0, 0), "impressions is negative: the counters were changed by hand, see reconcile"),
    ],
)
def test_what_contradicts_itself_is_said(numbers: tuple[int, int, int], warning: str) -> None:
    impressions, clicks, conversions = numbers
    counts = Engagement(impressions=impressions, clicks=clicks, conversions=conversions)
    assert warning in counts.warnings
    assert warning in counts.model_dump()["warnings"]


def test_sound_numbers_have_no_warnings() -> None:
    counts = Engagement(impressions=10, clicks=10, conversions=10, reach=3, identified=10)
    assert counts.warnings == ()


def test_reach_without_contacts_isnt_known(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Nobody").id
    assert ann.analytics.summary(campaign).reach == 0
    ann.analytics.record(campaign, impressions=5)
    summary = ann.analytics.summary(campaign)
    assert summary.reach is None
    assert summary.warnings == ("reach isn't known: no impression names its contact",)
    assert ann.analytics.report("reach", "campaign").rows[0].reach is None


def test_reach_knows_people_and_not_impressions(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Somebody").id
    ann.contacts.upsert([{"email": f"u{number}@example.com"} for number in range(2)])
    people = [contact.id for contact in ann.contacts.iterate()]
    ann.analytics.ingest(
        {
            "campaign_id": campaign,
            "event_id": str(number),
            "type": "impression",
            "occurred_at": "2025-06-01T12:00:00Z",
            "contact_id": contact,
        }
        for number, contact in enumerate([*people * 3, None])
    )
    summary = ann.analytics.summary(campaign)
    assert (summary.impressions, summary.reach, summary.identified) == (7, 2, 6)
    assert "reach covers 6 of 7 impressions" in summary.warnings[0]


def test_the_documentation_has_the_dictionary() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for metric in METRICS.values():
        over = (
            f"{metric.numerator} / {metric.denominator}" if metric.denominator else metric.numerator
        )
        sums = "yes" if metric.is_additive else "no"
        assert f"| `{metric.name}` | {metric.meaning} | {metric.kind} | {over} | {sums} |" in text
