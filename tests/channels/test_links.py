"""Links end where a browser ends them, and lead where a browser goes."""

from __future__ import annotations

import pytest

from campaign_sdk.channels._links import find_links, leads_to

OURS = ["shop.example"]
ELSEWHERE = [
    "https://shop.example'@evil.example/",
    "https://shop.example)@evil.example/",
    "https://shop.example]@evil.example",
    "https://shop.example}@evil.example",
    "https://shop.example,@evil.example",
    "http:\\\\evil.example",
    "//evil.example/x",
    "evil.museum",
    "EVIL.PHOTOGRAPHY",
    "xn--e1awd7f.xn--p1ai",
    "evil.example/x",
    "evil.com:8080/x",
    "203.0.113.9",
    "203.0.113.9:8080/login",
    "http://203.0.113.9/",
    "http://[2001:db8::1]/",
    "somebody@evil.example",
    "first.last+tag@mail.evil.museum",
    "mailto:somebody@evil.example",
    "javascript:alert(1)",
    "https://shop.example.evil.example",
]


@pytest.mark.parametrize("link", ELSEWHERE)
@pytest.mark.parametrize("around", ["{}", "See {}.", "(see {})", '<a href="{}">x</a>', "[x]({})"])
def test_a_link_that_leads_elsewhere_is_found(link: str, around: str) -> None:
    found = find_links(around.format(link))
    assert found, around
    assert not any(leads_to(each, OURS) for each in found)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Buy at https://shop.example/x?a=(1)!", ["https://shop.example/x?a=(1"]),
        ("(https://www.shop.example/x).", ["https://www.shop.example/x"]),
        ("<a href='https://shop.example/a' title='x'>a</a>", ["https://shop.example/a"]),
        ("[a](https://shop.example/x)", ["https://shop.example/x"]),
        ("Write to help@shop.example.", ["help@shop.example"]),
        ("shop.example/x", ["shop.example/x"]),
    ],
)
def test_a_link_of_ours_is_one(text: str, links: list[str]) -> None:
    assert find_links(text) == links
    assert all(leads_to(link, OURS) for link in links)


@pytest.mark.parametrize(
    "text",
    [
        *("It is today.Come and see", "e.g. this, i.e. that", "3.5 %", "v1.2.3", "U.S.A."),
        *("10.000.000 people", "Mr.Smith", "at 9.30 a.m.", "1.2.3", "{{ first_name }}", "a@b"),
    ],
)
def test_what_no_client_shows_as_a_link_is_none(text: str) -> None:
    assert find_links(text) == []
