from __future__ import annotations

from typing import Any

import pytest

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.templates import Template


def rendered(text: str) -> str:
    return Template.parse(text).render({"email": "ann@example.com"})


def refusal(text: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        Template.parse(text)
    return caught.value


def test_text_in_quotes_is_how_braces_are_written() -> None:
    assert rendered("""{{ "{{" }} x {{ '}}' }} {{ "{%" }} {{ "a" | upcase }}""") == "{{ x }} {% A"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("Hi\n {{ name", "line 2, column 2", "never closed"),
        ('{{ name | default: "x }}', "line 1, column 20", "quote is never closed"),
        ("{{ }}", "line 1, column 4", "expected a field name, found `}}`"),
        ("{{{ name }}}", "line 1, column 3", "found `{`"),
        ("{{- name -}}", "line 1, column 3", "found `-`"),
        ("{{ 3 }}", "line 1, column 4", "found `3`"),
        ("{{ a b }}", "line 1, column 6", "expected `|` or `}}`"),
        ("{{ a | }}", "line 1, column 8", "the name of a filter"),
        ("{{ a | reverse }}", "line 1, column 8", "there are default, upcase, downcase"),
        ("{{ a | default }}", "line 1, column 8", "default"),
        ("{{ a | default: b }}", "line 1, column 17", "text in quotes or a number"),
        ("{{ a | upcase: 1 }}", "line 1, column 8", "no argument"),
        ("{{ a | truncate: 0 }}", "line 1, column 8", "above 0"),
        ('{{ a | truncate: "5" }}', "line 1, column 8", "above 0"),
        ("{{ a | truncate: 5, '', 1 }}", "line 1, column 8", "above 0"),
        ("{{ a | round: 11 }}", "line 1, column 8", "up to 10"),
        ("{{ a | round: 1.5 }}", "line 1, column 8", "up to 10"),
        ("{{ a | date }}", "line 1, column 8", "one format in quotes"),
        ('{{ a | date: "%Q" }}', "line 1, column 8", "knows no '%Q'"),
        ('{{ a | date: "50%" }}', "line 1, column 8", "knows no '%'"),
        ('{{ a | default: "x" | date: "%d" }}', "line 1, column 1", "put `default` last"),
        ("{% if a %}", "line 1, column 1", "tags"),
        ("{%", "line 1, column 1", "tags"),
        ('{{ ["a.b"] }}', "line 1, column 4", "dot"),
        ('{{ [""] }}', "line 1, column 4", "empty"),
        ("{{ a" + ".a" * 32 + " }}", "line 1, column 4", "32 names at most"),
        ("{{ attributes }}", "line 1, column 4", "name one"),
    ],
)
def test_malformed_text_is_refused_with_its_place(text: str, place: str, reason: str) -> None:
    error = refusal(text)
    assert error.path == "message"
    assert error.reason.startswith(f"{place}: ")
    assert reason in error.reason


@pytest.mark.parametrize("text", [None, 3, b"Hi", "a\0b", "\ud800", "x" * 100_001, "é" * 50_001])
def test_what_cannot_be_stored_as_text_is_refused(text: object) -> None:
    assert refusal(text).path == "message"


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 50_000,
        "{{ a }}" * 1_001,
        "{{ a " + "| upcase" * 5_000 + "}}",
        "{{" + " " * 90_000,
        "{{ a" + "-" * 90_000 + "}}",
        "{{ " + "[" * 90_000,
        '{{ a | default: "' + "'" * 90_000,
        "{%" * 50_000,
        "{{ " + "9" * 90_000 + " }}",
        "{{ a | truncate: " + "9" * 90_000 + " }}",
    ],
)
def test_hostile_text_is_refused(text: str) -> None:
    assert len(refusal(text).reason) < 500


def test_much_harmless_text_is_no_trouble() -> None:
    for text in ("{ " * 50_000, "}}" * 50_000, "%}" * 50_000, "{{ email }}" * 1_000):
        assert rendered(text) == text.replace("{{ email }}", "ann@example.com")


def test_path_names_the_field_that_holds_the_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse("{{", path="subject")
    assert caught.value.path == "subject"
