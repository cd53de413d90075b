from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.templates import Template


def contact(**attributes: Any) -> dict[str, Any]:
    return {"email": "ann@example.com", "attributes": attributes}


def rendered(text: str, **attributes: Any) -> str:
    return Template.parse(text).render(contact(**attributes))


@pytest.mark.parametrize("value", [[1], {}, {"a": 1}, [], float("nan"), float("inf"), 10**50])
@pytest.mark.parametrize("filters", ["", "| upcase", "| round", '| date: "%d"'])
def test_what_text_cannot_stand_for_is_refused(value: object, filters: str) -> None:
    template = Template.parse(f'{{{{ x {filters} | default: "y" }}}}')
    with pytest.raises(InvalidInput, match="its value is"):
        template.render(contact(x=value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (12.5, "12.5"),
        (1e16, "1e+16"),
        (True, "true"),
        (Decimal("12.50"), "12.50"),
        (date(1997, 1, 2), "1997-01-02"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00Z"),
    ],
)
def test_values_are_written_plainly(value: object, text: str) -> None:
    assert rendered("{{ x }}", x=value) == text


@pytest.mark.parametrize(
    ("filters", "value", "text"),
    [
        ("upcase", "straße", "STRASSE"),
        ("downcase", "ANN", "ann"),
        ("capitalize", "aNN", "Ann"),
        ("strip", "  Ann\n", "Ann"),
        ("strip | upcase", " ann ", "ANN"),
        ("upcase", 3.0, "3"),
        ("url_encode", "a+b@c d&e", "a%2Bb%40c+d%26e"),
        ("truncate: 5", "abcdefgh", "ab..."),
        ("truncate: 5", "abcde", "abcde"),
        ("truncate: 5, '…'", "abcdefgh", "abcd…"),
        ("truncate: 2", "abcdefgh", "ab"),
        ("round", 2.5, "3"),
        ("round: 2", 12, "12.00"),
        ("round: 2", 2.675, "2.68"),
        ("round: 2", "12.5", "12.50"),
        ("round: 2", -0.001, "0.00"),
    ],
)
def test_filters(filters: str, value: object, text: str) -> None:
    assert rendered(f"{{{{ x | {filters} }}}}", x=value) == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%d %B %Y", "05 March 2026"),
        ("%-d %b %y", "5 Mar 26"),
        ("%A %a %j %-j", "Thursday Thu 064 64"),
        ("%H:%M:%S %-H %I %p", "00:07:09 0 12 AM"),
        ("100%% d", "100% d"),
    ],
)
def test_date_formats(pattern: str, text: str) -> None:
    assert rendered(f'{{{{ x | date: "{pattern}" }}}}', x="2026-03-05T00:07:09Z") == text


@pytest.mark.parametrize(
    "value",
    ["1997-01-05", "1997-01-05T10:00", "1997-01-05 10:00:00.123+00:00", date(1997, 1, 5)],
)
def test_dates_come_in_many_shapes(value: object) -> None:
    assert rendered('{{ x | date: "%-d %B %Y" }}', x=value) == "5 January 1997"


def test_dates_are_shown_in_the_campaigns_timezone() -> None:
    text = '{{ created_at | date: "%-d %B" }} {{ day | date: "%-d %B" }}'
    template = Template.parse(text, timezone=ZoneInfo("Asia/Kolkata"))
    who = {"created_at": datetime(2026, 1, 1, 20, tzinfo=UTC), "attributes": {"day": "2026-01-01"}}
    assert template.render(who) == "2 January 1 January"


@pytest.mark.parametrize("value", ["n/a", "1997-02-30", "19970105", 19970105, True, "9" * 99])
def test_a_value_that_is_no_date_counts_as_missing(value: object) -> None:
    assert rendered('{{ x | date: "%d" | default: "once" }}', x=value) == "once"


def test_an_instant_beyond_the_calendar_counts_as_missing() -> None:
    template = Template.parse(
        '{{ x | date: "%d" | default: "-" }}', timezone=ZoneInfo("Asia/Tokyo")
    )
    assert template.render(contact(x="9999-12-31T23:59:59Z")) == "-"


@pytest.mark.parametrize("value", ["many", True, "٣", "1e5", "inf"])
def test_a_value_that_is_no_number_counts_as_missing(value: object) -> None:
    assert rendered('{{ x | round: 1 | default: "some" }}', x=value) == "some"


def test_a_default_runs_through_the_filters_after_it() -> None:
    assert rendered('{{ x | default: "there" | upcase }}') == "THERE"
    assert rendered("{{ x | default: 0 | round: 2 }}") == "0.00"
    assert rendered('{{ x | default: "" | default: "b" }}') == "b"
    assert rendered('{{ x | default: "" }}') == ""
