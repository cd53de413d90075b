"""What the database says of a value is what the template does with it, for every value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from campaign_sdk import InvalidInput, everyone
from campaign_sdk.local import LocalSupabase
from campaign_sdk.templates import Template
from campaign_sdk.templates._needs import can_be_blank, needs
from rules import hostile
from rules.conftest import Audience

BLANKS = ["", " ", "\t\n", "\u00a0", "\u3000 \u2009", "\x1c", "\x85", "\u200b", "\ufeff"]
DATES = ["2026-11-20", "2026-02-30", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29",
         "0000-01-01", "0001-01-01", "2026-04-31", "2026-13-01", "20261-1-01", "2026-11-20T10:00",
         "2026-11-20 10:00:00.123456789+05:30", "2026-11-20T24:00:00Z", "2026-11-20T10:00:60Z",
         "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5Z", "2026-11-20T10:61:00Z", "2026-11-20T10",
         "2026-11-20T10:00:00+24:00", "2026-11-20T10:00+05", "20.11.2026", "now", "today",
         " 2026-11-20 ", "2026-11-2x", "20x6-11-20", "2026-11-20T1x:00:00Z"]  # fmt: skip
NUMBERS = ["5", "-5.0", "05", "+5", " 5 ", "1e3", "1,5", "n/a", "9" * 40, "9" * 41, "-0", "."]
OTHER: list[Any] = [None, True, False, 0, -1.5, 1e15, 1e39, 1e40, -1e300, 10**39, 10**40, 0.001,
                    [], [1], {}, {"a": 1}]  # fmt: skip
# On both sides of what a first letter tells by itself.
EDGES = [chr(n) for n in (
    47, 48, 57, 58, 64, 65, 90, 91, 96, 97, 122, 123, 126, 127, 191, 192, 255, 256,
    0x167F, 0x1680, 0x1681, 0x180E, 0x2000, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x3001,
    0x65E5, 0x1F600)]  # fmt: skip
FIRST = [*EDGES, *(edge + "x" for edge in EDGES), "5 kg", "5" * 29, "5" * 30 + " kg", "[x]", "{x}"]
VALUES = [*BLANKS, *DATES, *NUMBERS, *OTHER, *FIRST, *hostile.QUOTES, *hostile.LETTERS,
          *hostile.WORDS]  # fmt: skip
PEOPLE = [{"attributes": {"x": value}} for value in VALUES] + [{"attributes": {}}]
PHONES = [{"phone": text} for text in ("5", "2026-11-20", "n/a", " x ")] + [{}]

FILTERS = ["", "| upcase", '| date: "%-d %B"', "| round: 2", "| strip | round",
           '| strip | date: "%Y"', '| date: "%Y" | upcase', "| round | truncate: 3"]  # fmt: skip
FIELDS = ["x", "phone", "unsubscribed_at", "created_at"]


@pytest.fixture(scope="module")
def asking(stack: LocalSupabase) -> Iterator[Audience]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        user = "00000000-0000-4000-8000-0000000000e5"
        connection.execute("insert into auth.users (id) values (%s)", [user])
        audience = Audience(connection, user)
        audience.fill([*PEOPLE, *PHONES])
        yield audience


def ask(audience: Audience, *templates: Template) -> dict[str, Any]:
    asked = [(template, need) for template in templates for need in needs(template)]
    placeholders = [
        {"field": need.field, "takes": need.takes, "strips": need.strips} for _, need in asked
    ]
    messages = [
        [n for n, (template, _) in enumerate(asked, 1) if template is one]
        for one in templates
        if can_be_blank(one)
    ]
    row = audience.connection.execute(
        "select to_jsonb(i) from public.inspect_audience(%s::jsonb, %s::jsonb, %s::jsonb) as i",
        [json.dumps(everyone().to_wire()), json.dumps(placeholders), json.dumps(messages)],
    ).fetchone()
    assert row is not None
    return dict(row[0])


def people(audience: Audience) -> list[dict[str, Any]]:
    """The contacts as PostgREST would hand them over."""
    rows = audience.connection.execute("select to_jsonb(c) from public.contacts as c").fetchall()
    return [row[0] for row in rows]


def outcomes(audience: Audience, template: Template) -> Counter[str]:
    counted: Counter[str] = Counter()
    for person in people(audience):
        try:
            counted["blank" if not template.render(person).strip() else "shown"] += 1
        except InvalidInput as error:
            counted["lacking" if "no value that it could show" in error.reason else "refused"] += 1
    return counted


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("filters", FILTERS)
def test_the_counts_are_what_rendering_comes_to(asking: Audience, field: str, filters: str) -> None:
    needed = Template.parse(f"{{{{ {field} {filters} }}}}")
    found, real = ask(asking, needed), outcomes(asking, needed)
    assert found["lacking"][0] + found["unusable"][0] == real["lacking"]
    assert found["unshowable"][0] == real["refused"]
    covered = Template.parse(f'{{{{ {field} {filters} | default: "" }}}}')
    found, real = ask(asking, covered), outcomes(asking, covered)
    assert found["unshowable"][0] == real["refused"]
    assert found["blank"] == [real["blank"]]
    assert found["total"] == sum(real.values())


def test_parts_that_ask_the_same_are_answered_alike(asking: Audience) -> None:
    texts = ["{{ x | round }}", "{{ x }}", "{{ phone | upcase }}", "{{ x }}",
             "{{ x | strip | round }}", "{{ x | round }}", "{{ phone }}"]  # fmt: skip
    parts = [Template.parse(text) for text in texts]
    together, alone = ask(asking, *parts), [ask(asking, part) for part in parts]
    for what in ("lacking", "unusable", "unshowable"):
        assert together[what] == [one[what][0] for one in alone]


def test_who_gets_nothing_of_several(asking: Audience) -> None:
    texts = [
        '{{ x | default: "" }}{{ phone | default: "" }}',
        '{{ phone | default: "" }} {{ x | round | default: "" }}{{ phone | upcase | default: "" }}',
        '{{ x | date: "%Y" | default: "" }}{{ x | default: "" }} {{ phone | default: "" }}',
        '{{ x | default: "" }}{{ x | upcase | default: "" }}',
        " ",
    ]
    parts = [Template.parse(text) for text in texts]
    assert ask(asking, *parts)["blank"] == [outcomes(asking, part)["blank"] for part in parts]


def test_what_would_make_no_query_is_refused(asking: Audience) -> None:
    rules = json.dumps(everyone().to_wire())
    fine = {"field": "x", "takes": "any"}
    for placeholders, messages in (
        ([{"field": "x", "takes": "1); drop table contacts --"}], []),
        ([{"field": "x"}], []),
        ([fine] * 501, []),
        ({}, []),
        ([fine], [[2]]),
        ([fine], [["1) or true --"]]),
        ([fine], [1]),
    ):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            asking.connection.execute(
                "select public.inspect_audience(%s::jsonb, %s::jsonb, %s::jsonb)",
                [rules, json.dumps(placeholders), json.dumps(messages)],
            )
    for bad in ("a..b", "", "~"):
        with pytest.raises(psycopg.Error) as caught:
            asking.connection.execute(
                "select public.inspect_audience(%s::jsonb, %s::jsonb)",
                [rules, json.dumps([{**fine, "field": bad}])],
            )
        assert caught.value.sqlstate == "CMP03"


def test_fields_that_nobody_has(asking: Audience) -> None:
    asked = ["x", "phone", "x.a", "nope", "it's", "attributes.email", "created_at"]
    row = asking.connection.execute("select public.unknown_fields(%s)", [asked]).fetchone()
    assert row == (["nope", "it's", "attributes.email"],)
