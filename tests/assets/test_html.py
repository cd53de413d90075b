"""Assets in HTML: put where they are named, escaped, and looked at before the launch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import Asset, InvalidInput
from campaign_sdk.assets._html import check_html, place, references


def asset(name: str, **given: Any) -> Asset:
    values: dict[str, Any] = {
        "campaign_id": UUID(int=1),
        "name": name,
        "url": f"https://x.example/{name}?a=1&b=2",
        "content_type": "image/png",
        "bytes": 100,
        "path": "p",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Asset(**(values | given))


HERO = asset("hero.png", alt='A "red" <kettle>')


def test_a_reference_becomes_an_image() -> None:
    assert place('<p>{{ asset "hero.png" }}</p>', [HERO]) == (
        '<p><img src="https://x.example/hero.png?a=1&amp;b=2" '
        'alt="A &quot;red&quot; &lt;kettle&gt;"></p>'
    )


@pytest.mark.parametrize(
    "html",
    [
        """<img src="{{ asset 'hero.png' }}" alt="x">""",
        """<img src='{{ asset "hero.png" }}' alt="x">""",
        """<img src="{{asset "hero.png"}}" alt="x">""",
        """<td\nbackground="{{- asset "hero.png" -}}">""",
    ],
)
def test_within_a_tag_it_becomes_the_address(html: str) -> None:
    placed = place(html, [HERO])
    assert "https://x.example/hero.png?a=1&amp;b=2" in placed
    assert '<img src="https://x' not in placed.replace(
        '<img src="https://x.example/hero.png?a=1&amp;b=2" alt="x">', ""
    )
    assert "asset" not in placed


def test_other_placeholders_stay() -> None:
    html = '{{ first_name }} {{ assets }} {{ asset_name | default: "x" }}'
    assert place(html, [HERO]) == html
    assert references(html) == ()


def test_references_are_named_once_in_order() -> None:
    html = """{{ asset "b.png" }}{{ asset 'a.png' }}{{asset "b.png"}}"""
    assert references(html) == ("b.png", "a.png")


def test_what_the_campaign_lacks_is_refused_with_a_guess() -> None:
    with pytest.raises(InvalidInput, match=r"did you mean 'hero\.png'") as raised:
        place('{{ asset "heroo.png" }}', [HERO])
    assert raised.value.path == "html"
    with pytest.raises(InvalidInput, match=r"assets\.upload"):
        place('{{ asset "heroo.png" }}', [])


@pytest.mark.parametrize(
    ("html", "assets", "path", "reason"),
    [
        ('{{ asset "a.png" }}', [asset("a.png")], "html.a.png", "no alt text"),
        ('<img src="https://elsewhere.example/b.png">', [], "html", "no alt text"),
        ('{{ asset "a.png" }}', [asset("a.png", alt="x", bytes=200_001)], "html.a.png", "200 kB"),
        ("x" * 102_001, [], "html", "102 kB"),
    ],
)
def test_what_is_odd_is_remarked(html: str, assets: list[Asset], path: str, reason: str) -> None:
    (remark,) = check_html(html, assets)
    assert remark.path == path
    assert reason in remark.reason


def test_nothing_is_odd() -> None:
    html = '{{ asset "hero.png" }}<img src="x" alt="">' + "x" * 100_000
    assert list(check_html(html, [HERO, asset("unused.png", bytes=10**6)])) == []
