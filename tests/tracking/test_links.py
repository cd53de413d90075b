"""Links, rewritten messages and headers: pure, so there is no server here."""

from __future__ import annotations

import html
import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidInput
from campaign_sdk.tracking import Links
from campaign_sdk.tracking._token import Kind

from .tokens import decode, read_in_deno

SECRET = "A" * 43
OWNER, CAMPAIGN, CONTACT = (UUID(int=number) for number in (1, 2, 3))
BASE = "https://ref.supabase.co/functions/v1/t"
URLS = 1_000


def links_of(base: str = BASE) -> Links:
    import hmac

    said = b"link" + OWNER.bytes + (1).to_bytes(2)
    key = hmac.digest(decode(SECRET), said, "sha256")
    return Links(CAMPAIGN, OWNER, 1, base, key, b"u" * 32)


LINKS = links_of()
TOKEN = re.compile(re.escape(BASE) + r"/([cou])/([A-Za-z0-9_-]+)")
CLICK = re.compile(re.escape(BASE) + r"/c/[A-Za-z0-9_-]+")


def led_to(made: str) -> list[str]:
    """Return where the links of a message lead, as the function reads them."""
    kinds: dict[str, Kind] = {"c": "click", "o": "open"}
    asked = [(kinds[kind], token) for kind, token in TOKEN.findall(made) if kind == "c"]
    said = read_in_deno(SECRET, asked) if asked else []
    return [each["address"] if each else "(nowhere)" for each in said]


def restored(made: str, addresses: list[str]) -> str:
    """Put the addresses back in the places of the links, and take the pixel out."""
    made = re.sub(r'<img src="[^"]*/t/o/[^>]*>', "", made, count=1)
    given = iter(addresses)
    return CLICK.sub(lambda _: next(given), made)


# Addresses


def random_urls(number: int, seed: int = 1) -> list[str]:
    dice = random.Random(seed)
    parts = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@%/?#[]|^`{} äéñ日本🎈ß\u202e"
    hosts = ("example.com", "EXAMPLE.com:8080", "exämple.de", "日本.jp", "xn--nxasmq6b", "[::1]")
    urls = []
    for _ in range(number):
        length = dice.choice((0, 5, 60, 2_000))
        tail = "".join(dice.choice(parts) for _ in range(length)).rstrip()
        scheme = dice.choice(("http", "https", "HTTPS"))
        urls.append(f"{scheme}://{dice.choice(hosts)}/{tail}?a=%20&b=%zz#x%23"[:2_048].rstrip())
    return urls


def test_addresses_come_out_byte_for_byte() -> None:
    urls = random_urls(URLS)
    made = [LINKS.click(CONTACT, url) for url in urls]
    assert all(link.isascii() for link in made)
    assert led_to("\n".join(made)) == urls


REFUSED: list[Any] = [
    *("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x"),
    *("//example.com", "/path", "path", "", "https:", "https://", "https:///example.com"),
    *("https://example.com/\r\nSet-Cookie: a=b", "https://example.com/\n", "https://a/\t"),
    *("https://example.com/\0", "https://a/\x85", "https://a/\x7f", " https://a/", "https://a/ "),
    *("https://\\example.com", "https:\\\\example.com", "https:/example.com", "ftp://a/"),
    *("https://?x", "https://#x", "mailto:a@example.com", "https://a/\ud800"),
    *("https://example.com/" + "x" * 4_096, None, 1, b"https://example.com/"),
]


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: repr(url)[:40])
def test_what_is_no_address_of_a_page_is_refused_when_made(url: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        LINKS.click(CONTACT, url)
    assert caught.value.path == "url"
    assert "example.com/x" not in str(caught.value)


# HTML

PAGE = """<!DOCTYPE html>\r
<html><head><title>a &amp; b</title>
<style>a { color: red } /* <a href="https://no.example"> */</style>
<!--[if mso]><a href="https://outlook.example/">x</a><![endif]-->
<script>var a = '<a href="https://no.example">'</script></head>
<BODY class='x' >
<a href="https://example.com/?a=1&amp;b=2">one</a>
<A  HREF = 'https://example.com/two' target=_blank >two</A>
<a href=https://example.com/three?x=y>three</a><a href=" https://example.com/four ">four</a>
<a title="a > b" data-href="https://no.example" href="https://example.com/five&copy=5&lt=6&lang;">5</a>
<a href="mailto:a@example.com">m</a><a href="tel:+49">t</a><a href="#top">top</a><a name=x>n</a>
<a href="/relative">r</a><a href="">e</a><a href>n</a><a href="https://example.com/Unsubscribe?u=1">u</a>
<a href="https://ref.supabase.co/functions/v1/t/u/abc">ours</a>
<area href="https://example.com/six"><img src="https://example.com/picture.png" alt="ü">
<p>unclosed <b>bold &nbsp; &unknown; <a href="https://example.com/one&#x2f;seven">7</a>
\t</BODY></html>\n"""
TRACKED = [
    "https://example.com/?a=1&b=2",
    "https://example.com/two",
    "https://example.com/three?x=y",
    "https://example.com/four",
    "https://example.com/five&copy=5&lt=6⟨",
    "https://example.com/six",
    "https://example.com/one/seven",
]
WRITTEN = [
    "https://example.com/?a=1&amp;b=2",
    *TRACKED[1:4],
    "https://example.com/five&copy=5&lt=6&lang;",
    TRACKED[5],
    "https://example.com/one&#x2f;seven",
]


def test_links_lead_where_a_browser_would_go() -> None:
    assert led_to(LINKS.rewrite(CONTACT, PAGE)) == TRACKED


def test_all_else_stays_byte_for_byte() -> None:
    made = LINKS.rewrite(CONTACT, PAGE)
    assert restored(made, WRITTEN) == PAGE
    assert made.index(LINKS.pixel(CONTACT)) < made.index("</BODY>")
    assert made.count("<img") == 2


@pytest.mark.parametrize(
    "page",
    ["", "no markup at all", "<", "<a", "<a href='https://example.com", "<!--", "</body", "&#"],
)
def test_what_is_hardly_html_gets_a_pixel_at_its_end(page: str) -> None:
    made = LINKS.rewrite(CONTACT, page)
    assert made.startswith(page)
    assert LINKS.pixel(CONTACT) in made


def test_the_pixel_stands_before_the_last_end_of_a_body() -> None:
    made = LINKS.rewrite(CONTACT, "<body>a</body><body>b</body>c")
    assert made.index("b<img") > 0
    assert made.endswith("</body>c")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.randoms())
def test_whatever_stands_around_a_link_stays(around: str, dice: random.Random) -> None:
    quoted = html.escape(around)
    page = (
        f'{quoted}<a title="{quoted}" href="https://example.com/{dice.randrange(9)}">{quoted}</a>'
    )
    made = LINKS.rewrite(CONTACT, page)
    assert len(TOKEN.findall(made)) == 2
    before, after = page.split("https://example.com/", 1)
    assert made.startswith(before)
    assert TOKEN.split(made)[3].startswith(after[1:])


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "java&#10;script:alert(1)", "data:text/html,x", "//example.com/x",
     "https:/example.com", "https://", "https://a.example/&#13;&#10;x", "/\\example.com"],
)  # fmt: skip
def test_a_message_with_a_link_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        LINKS.rewrite(CONTACT, f'<p><a href="{address}">x</a>')
    assert caught.value.path == "link"


def test_a_message_says_how_many_different_links_it_has() -> None:
    twice = '<a href="https://a.example">a</a>' * 2 + '<a href="https://b.example">b</a>'
    counts = {decode(token)[52] for kind, token in TOKEN.findall(LINKS.rewrite(CONTACT, twice))
              if kind == "c"}  # fmt: skip
    assert counts == {2}
    many = "".join(f'<a href="https://a.example/{n}">x</a>' for n in range(400))
    assert decode(TOKEN.findall(LINKS.rewrite(CONTACT, many))[0][1])[52] == 255


# Plain text


def test_plain_text_keeps_its_punctuation() -> None:
    text = (
        "Read https://example.com/a?b=c#d. Or (https://example.com/x_(y)), "
        "<https://example.com/z>; mailto:a@b.example\r\nhttps://example.com/unsubscribe"
        " HTTP://EXAMPLE.com! 'https://example.com/ü'"
    )
    made = LINKS.rewrite_text(CONTACT, text)
    written = ["https://example.com/a?b=c#d", "https://example.com/x_(y)", "https://example.com/z",
               "HTTP://EXAMPLE.com", "https://example.com/ü"]  # fmt: skip
    assert led_to(made) == written
    assert restored(made, written) == text


# Headers


def test_the_headers_are_to_the_letter() -> None:
    headers = LINKS.headers(CONTACT)
    assert headers == {
        "List-Unsubscribe": f"<{LINKS.unsubscribe(CONTACT)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{OWNER}.ref.supabase.co>",
        "Auto-Submitted": "auto-generated",
        "X-Campaign-Key": f"{CAMPAIGN}/{CONTACT}",
    }
    assert headers["List-Unsubscribe"].startswith("<https://")


@pytest.mark.parametrize(
    ("base", "domain"),
    [
        ("http://127.0.0.1:54321/t", "localhost"),
        ("https://links.example.com/t", "links.example.com"),
    ],
)
def test_a_list_without_a_domain_is_of_localhost(base: str, domain: str) -> None:
    assert links_of(base).headers(CONTACT)["List-Id"] == f"<{OWNER}.{domain}>"


def test_no_line_is_too_long_and_nothing_in_it_is_the_contacts() -> None:
    contact: Any = SimpleNamespace(
        id=CONTACT, email="anna@example.com", attributes={"name": "Anna\r\nBcc: x@example.com"}
    )
    for name, value in LINKS.headers(contact).items():
        line = f"{name}: {value}"
        assert len(line.encode()) < 998
        assert line.isascii()
        assert line.isprintable()
        assert "nna" not in line
        assert "example" not in line


# Messages


@dataclass(frozen=True)
class Mail:
    contact: Any = CONTACT
    text: str = "https://example.com/t"
    html: str | None = '<a href="https://example.com/h">h</a>'
    headers: dict[str, str] = field(default_factory=lambda: {"List-Id": "<mine>", "X-Own": "1"})


def test_a_message_is_tracked_as_a_whole_and_keeps_what_it_has() -> None:
    made = LINKS.track(Mail())
    assert type(made) is Mail
    assert led_to(made.text + str(made.html)) == ["https://example.com/t", "https://example.com/h"]
    assert made.headers == {**LINKS.headers(CONTACT), "List-Id": "<mine>", "X-Own": "1"}


def test_a_message_without_html_stays_without() -> None:
    assert LINKS.track(Mail(html=None)).html is None


@pytest.mark.parametrize("who", [None, "anna", 3, Mail(contact=None)])
def test_who_is_no_contact_is_refused(who: Any) -> None:
    makers: list[Callable[[Any], object]] = [LINKS.pixel, LINKS.unsubscribe, LINKS.headers]
    for make in makers:
        with pytest.raises(InvalidInput):
            make(who)


def test_its_repr_tells_no_key() -> None:
    assert "key_id=1" in repr(LINKS)
    assert "uuuu" not in repr(LINKS)
    assert "bytes" not in repr(LINKS)
