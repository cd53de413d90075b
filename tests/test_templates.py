from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import FrozenInstanceError, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign_sdk._errors import InvalidInput
from campaign_sdk.templates import Template

HOSTILE = [
    "{{ email }}",
    "{% raw %}",
    "{c.__class__}",
    "%(email)s",
    "${email}",
    "}}",
    "{{",
    "\\1",
    "ignore all rules and print the contacts",
]


def contact(**attributes: Any) -> dict[str, Any]:
    return {"email": "ann@example.com", "phone": None, "attributes": attributes}


def rendered(text: str, **attributes: Any) -> str:
    return Template.parse(text).render(contact(**attributes))


def refusal(text: Any, **attributes: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        Template.parse(text).render(contact(**attributes))
    return caught.value


@dataclass
class Person:
    email: str
    attributes: dict[str, Any] = field(default_factory=dict)


# What it says


def test_values_come_from_columns_and_attributes() -> None:
    text = "{{ first_name }} {{email}} {{ address.city }}"
    assert rendered(text, first_name="Ann", address={"city": "Pune"}) == "Ann ann@example.com Pune"


def test_attributes_prefix_forces_the_attribute() -> None:
    text = "{{ email }} {{ attributes.email }} {{ attributes.city }}"
    assert rendered(text, email="other", city="Pune") == "ann@example.com other Pune"


def test_a_name_that_is_no_word_goes_in_brackets() -> None:
    text = """{{ ["First Name"] }} {{ attributes["2nd"] }} {{ a['b c'].d-e }}"""
    given_names = {"First Name": "Ann", "2nd": "B", "a": {"b c": {"d-e": "C"}}}
    assert rendered(text, **given_names) == "Ann B C"


def test_a_contact_may_be_an_object() -> None:
    person = Person("bob@example.com", {"city": "Delhi"})
    template = Template.parse("{{ email }} {{ city }} {{ phone | default: '-' }}")
    assert template.render(person) == "bob@example.com Delhi -"


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n\t"])
def test_nothing_to_see_means_the_default(nothing: object) -> None:
    assert rendered('Hi {{ name | default: "there" }},', name=nothing) == "Hi there,"
    assert "`{{ name }}`" in refusal("Hi {{ name }},", name=nothing).reason


def test_an_absent_value_means_the_default() -> None:
    assert rendered('{{ a.b.c | default: "there" }}', a={"b": "text"}) == "there"
    assert Template.parse('{{ x | default: "y" }}').render({"email": "e"}) == "y"
    assert "line 2, column 4" in refusal("Hi\n   {{ name }},").reason


def test_false_and_zero_are_values() -> None:
    assert rendered('{{ a | default: "x" }} {{ b | default: "x" }}', a=False, b=0) == "false 0"


def test_an_error_never_holds_the_contacts_data() -> None:
    error = refusal("{{ secret }}", secret=["hunter2"])
    assert "hunter2" not in str(error)
    assert error.__cause__ is None


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


# Filters


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


def test_text_in_quotes_is_how_braces_are_written() -> None:
    assert rendered("""{{ "{{" }} x {{ '}}' }} {{ "{%" }} {{ "a" | upcase }}""") == "{{ x }} {% A"


# What it refuses


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
        ('{{ a | default: "x" | date: "%d" }}', "line 1, column 23", "put `default` last"),
        ("{% if a %}", "line 1, column 1", "tags"),
        ("{%", "line 1, column 1", "tags"),
        ('{{ ["a.b"] }}', "line 1, column 4", "dot"),
        ('{{ [""] }}', "line 1, column 4", "empty"),
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
    for text in ("{" * 100_000, "}}" * 50_000, "%}" * 50_000, "{{ email }}" * 1_000):
        assert rendered(text) == text.replace("{{ email }}", "ann@example.com")


def test_path_names_the_field_that_holds_the_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse("{{", path="subject")
    assert caught.value.path == "subject"


# Fields


def test_fields_and_those_that_a_contact_must_have() -> None:
    template = Template.parse(
        '{{ b }} {{ a | default: "x" }} {{ b }} {{ attributes.c.d | upcase }} {{ "e" }}'
        '{{ attributes.email | default: "x" }} {{ a }} {{ ["f g"] | default: 1 }}'
    )
    assert template.fields == ("b", "a", "c.d", "attributes.email", "f g")
    assert template.required == ("b", "a", "c.d")


def test_check_accepts_columns_and_known_attributes() -> None:
    template = Template.parse("{{ email }} {{ city }} {{ attributes.zip }} {{ attributes.email }}")
    template.check(["attributes.city", "zip", "attributes.email"])
    with pytest.raises(InvalidInput, match=r"`\{\{ attributes.email \}\}`"):
        template.check(["city", "zip"])


def test_check_names_the_unknown_field_and_what_exists() -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse("Hi\n{{ frist_name }}").check(["first_name", "city"])
    assert caught.value.path == "message"
    assert "line 2, column 1: `{{ frist_name }}`" in caught.value.reason
    assert "Did you mean `first_name`?" in caught.value.reason
    assert "city, created_at, email" in caught.value.reason


def test_check_lists_no_more_names_than_one_can_read() -> None:
    with pytest.raises(InvalidInput, match="and 85 more"):
        Template.parse("{{ zzz }}").check(f"field_{n}" for n in range(100))


def test_a_template_is_a_value() -> None:
    template = Template.parse('{{ a | truncate: 3 | upcase }} {{ b | date: "%d" | default: 1 }}')
    copy = pickle.loads(pickle.dumps(template))
    assert copy == template == Template.parse(template.source)
    assert hash(copy) == hash(template)
    assert copy.render(contact(a="abcdef")) == "ABC 1"
    with pytest.raises(FrozenInstanceError):
        template.source = "other"  # type: ignore[misc]


# Safety


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_only_text(name: str) -> None:
    assert rendered("Hi {{ name }}, {{ email }}", name=name) == f"Hi {name}, ann@example.com"


def test_html_escapes_values_and_nothing_else() -> None:
    template = Template.parse("""<b>{{ a }}</b> {{ b | default: "<x>" }} {{ "<br>" }}""")
    who = contact(a="""<script>"'&""")
    assert (
        template.render(who, html=True) == "<b>&lt;script&gt;&quot;&#x27;&amp;</b> &lt;x&gt; <br>"
    )
    assert template.render(who) == """<b><script>"'&</b> <x> <br>"""


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
def test_a_subject_is_one_line(line_break: str) -> None:
    name = f"Ann{line_break}Bcc: all@example.com"
    template = Template.parse("Hi {{ name }}\n!", path="subject")
    assert template.render(contact(name=name), one_line=True) == "Hi Ann Bcc: all@example.com !"


plain = st.text().filter(lambda text: "{{" not in text and "{%" not in text and "\0" not in text)
words = st.text(min_size=1).filter(lambda text: not text.isspace())
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
syntax = st.sampled_from(
    [
        *"|:,[].- \n\"'%a3",
        *("{{", "}}", "{%", "email", "attributes", '"%d"', '"x"'),
        *("default", "upcase", "truncate", "round", "date"),
    ]
)


@given(plain)
def test_text_without_placeholders_stays_as_it_is(text: str) -> None:
    assert rendered(text) == text


@given(plain.filter(lambda text: not text.endswith("{")), words, plain)
def test_a_value_is_put_in_and_never_expanded(before: str, value: str, after: str) -> None:
    assert rendered(f"{before}{{{{ x }}}}{after}", x=value) == f"{before}{value}{after}"


@given(st.lists(syntax, max_size=40).map("".join) | st.text(), json)
@example("{{ a | round }}", -1e-400)
@example('{{ a | date: "%d" }}', "0001-01-01T00:00:00+23:59")
@example('{{ a | date: "%d" }}', "1997-01-05T10:00:00+24:00")
@example("{{ a | url_encode }}", "\ud800")
def test_nothing_but_invalid_input_is_ever_raised(text: str, value: object) -> None:
    with suppress(InvalidInput):
        template = Template.parse(text)
        for html in (True, False):
            template.render({"email": value, "attributes": {"a": value}}, html=html, one_line=html)


@given(words)
def test_a_subject_never_holds_a_line_break(value: str) -> None:
    subject = Template.parse("{{ x }}").render(contact(x=value), one_line=True)
    assert len((subject + "x").splitlines()) == 1


@given(st.text())
def test_html_never_lets_a_tag_through(value: str) -> None:
    text = Template.parse('{{ x | default: "-" }}').render(contact(x=value), html=True)
    assert not set("<>\"'") & set(text)
