"""What is held against a message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk.channels import Channel
from campaign_sdk.channels._checks import Demands, Problem, check, check_part
from campaign_sdk.contacts._known import KnownField, KnownFields

FIELDS = KnownFields(
    [
        KnownField("email", frozenset({"string"}), 1.0),
        KnownField("phone", frozenset({"string"}), None),
        KnownField("first_name", frozenset({"string"}), 0.8),
        KnownField("city", frozenset({"string"}), 1.0),
        KnownField("tags", frozenset({"array"}), 1.0),
        KnownField("profile.me", frozenset({"string"}), 1.0),
        KnownField("address.First Line", frozenset({"string"}), 1.0),
    ]
)


def problems(
    body: str, channel: Channel = "email", path: str = "body", **demands: Any
) -> list[str]:
    found = check_part(path, body, Demands(channel, **demands), FIELDS)
    return [f"{problem.severity}: {problem.reason}" for problem in found]


# Placeholders


def test_known_fields_are_fine() -> None:
    text = 'Hi {{ first_name | default: "there" }} in {{ city }}, {{ address["First Line"] }}'
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{ frist_name | default: 'you' }}", "Did you mean `first_name`?"),
        ("Hi {{ first_name }}", "only 80% of the contacts have `first_name`"),
        ("Call {{ phone }}", "not all contacts have `phone`"),
        ("{{ tags }}", "`tags` is a list"),
        ("Hi {{ first_name", "never closed"),
        ("{% if x %}", "tags `{% … %}` are not supported"),
        ("{{ email | shout }}", "shout"),
        (" \n", "is empty"),
        ("<b>Hi</b>", "holds HTML"),
        ("</p >", "holds HTML"),
    ],
)
def test_what_could_not_be_sent_is_an_error(text: str, said: str) -> None:
    (found,) = problems(text)
    assert found.startswith("error: ")
    assert said in found


def test_a_heart_is_no_html() -> None:
    assert problems("1 < 2, I <3 you & a > b") == []


# Links


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example",
        "https://shop.example.",
        "(https://shop.example/a?b=c#d),",
        "HTTPS://SHOP.EXAMPLE:8443/x",
        "http://www.shop.example/{{ city | url_encode }}",
        "//shop.example/a",
        "www.shop.example",
        "shop.example/spring!",
        "[our shop](https://shop.example/a)",
        "https://shop.example/a?next={{ city }}",
    ],
)
def test_links_to_allowed_domains_are_fine(link: str) -> None:
    assert problems(f"See {link} now", allowed_domains=["shop.example"]) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test",
        "hTTp://evil.test",
        "ftp://shop.example",
        "https://shop.example@evil.test",
        "https://shop.example:pw@evil.test/",
        "https://evil.test/shop.example",
        "https://evil.test?shop.example",
        "https://evil.test#.shop.example",
        "https://evil.test\\.shop.example",
        "https:\\\\evil.test",
        "https://evil.test%2f.shop.example",
        "https://evil.test%23.shop.example",
        "https://notshop.example",
        "https://shop.example.evil.test",
        "https://shop.example。evil.test",
        "https://\u0455hop.example",
        "//evil.test/x",
        "\\\\evil.test\\x",
        "www.evil.museum",
        "evil.com",
        "bit.ly/3xyz",
        "go.evil.test/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@evil.test",
        "x-app://open",
        "https://{{ city }}",
        "https://{{ city }}.shop.example@evil.test",
        "https://shop.example{{ city }}",
        'https://shop.example{{ first_name | default: "" }}',
        'https://{{ first_name | default: "evil.test" }}/',
        'https://shop.example{{ first_name | default: ".evil.test" }}',
        '{{ first_name | default: "https://evil.test" }}',
        '{{ "https:" }}//evil.test',
        '{{ "evil." }}com',
        '{{ city | truncate: 5, "https://evil.test" }}',
        "https://[::1",
    ],
)
def test_links_to_anywhere_else_are_errors(link: str) -> None:
    found = problems(f"See {link} now", allowed_domains=["shop.example"])
    assert [text for text in found if "holds a link" in text], found
    assert all(text.startswith("error: ") for text in found)


@pytest.mark.parametrize(
    "text",
    [
        "No. Really not. E.g. this; i.e. that, v1.2.3 at 9.30 a.m. … etc.",
        "{{ profile.me }} and/or 50 % off: now",
        "Note: data is data; file it.",
    ],
)
def test_plain_text_is_no_link(text: str) -> None:
    assert problems(text) == []


def test_an_address_to_write_to_is_a_link() -> None:
    text = "Write to help@shop.example or first.me@shop.example"
    assert problems(text, allowed_domains=["shop.example"]) == []
    assert problems(text)


def test_without_domains_no_link_is_allowed() -> None:
    (found,) = problems("See https://shop.example")
    assert "none: name some with allowed_domains" in found


# Words and lengths


@pytest.mark.parametrize(
    "text", ["CHEAP seats", "so cheap!", "{{ first_name | default: 'cheap' }}"]
)
def test_words_to_avoid_are_found(text: str) -> None:
    assert problems(text, avoid=["Cheap"]) == ["error: says 'Cheap', which is to be avoided"]


def test_other_words_are_not() -> None:
    assert problems("Cheapest c.h.e.a.p", avoid=["cheap", "free trial"]) == []


@pytest.mark.parametrize(
    ("path", "channel", "length", "severities"),
    [
        ("subject", "email", 60, []),
        ("subject", "email", 61, ["warning"]),
        ("subject", "email", 256, ["error"]),
        ("preheader", "email", 101, ["warning"]),
        ("body", "push", 179, ["warning"]),
        ("body", "push", 1_001, ["error"]),
        ("body", "whatsapp", 1_025, ["error"]),
        ("call_to_action", "whatsapp", 26, ["error"]),
        ("body", "sms", 160, []),
        ("body", "sms", 161, ["warning"]),
        ("body", "sms", 460, ["error"]),
    ],
)
def test_lengths(path: str, channel: Channel, length: int, severities: list[str]) -> None:
    found = problems("x" * length, channel, path)
    assert [text.partition(":")[0] for text in found] == severities


def test_a_placeholder_counts_as_what_is_known_of_it() -> None:
    assert problems("x" * 50 + '{{ first_name | default: "you" }}', path="subject") == []
    (found,) = problems("x" * 50 + "{{ city }}", path="subject")
    assert "has 62 characters" in found


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\u2028"])
def test_a_subject_is_one_line(line_break: str) -> None:
    (found,) = problems(f"Hi{line_break}Bcc: all", path="subject")
    assert found == "error: must be one line"


def test_a_channel_may_need_a_subject() -> None:
    assert [found.path for found in check({"body": "Hi"}, Demands("email"), FIELDS)] == ["subject"]
    assert not list(check({"body": "Hi"}, Demands("sms"), FIELDS))


@given(st.text(max_size=500) | st.text("{}%|\"'/\\:.a@ <>", max_size=200))
def test_any_text_can_be_checked(text: str) -> None:
    for channel in ("email", "sms", "whatsapp"):
        for found in check_part("body", text, Demands(channel, ("a",), ("a.a",)), FIELDS):
            assert isinstance(found, Problem)


@pytest.mark.parametrize(
    "text",
    ["a" * 99_000, "a." * 49_000, "a:" * 49_000, "/" * 99_000, "<a" * 49_000, "-." * 49_000,
     "a@" * 49_000, '{{ "' + "'" * 90_000, "{{'" * 30_000, "x://" * 24_000, "\\/" * 49_000],
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    assert isinstance(problems(text), list)


# SMS: 3GPP TS 23.038


def test_a_long_sms_says_why() -> None:
    (found,) = problems("я" * 71, "sms")
    assert found == (
        "warning: takes 2 segments (71 units of UCS-2 because of characters outside of GSM-7)"
    )
