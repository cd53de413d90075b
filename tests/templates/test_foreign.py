"""Placeholders of other programs and unfilled gaps: found, and nothing else taken for one."""

from __future__ import annotations

import time

import pytest

from campaign_sdk.templates import Template
from campaign_sdk.templates._foreign import find_foreign


def pieces(text: str, *, html: bool = False) -> list[str]:
    return [found.piece for found in find_foreign(Template.parse(text), html=html)]


@pytest.mark.parametrize(
    "piece",
    [
        "*|FNAME|*", "*|IF:FNAME|*", "%FIRSTNAME%", "%First Name%", "%recipient.first_name%",
        "%%First Name%%", "{contactfield=first_name}", "{ownerfield=signature}",
        "[Name,fallback=]", "[Name, fallback=there]", "<%= name %>", "<% if (x) { %>", "${name}",
        "${user.name}", "#{name}", "{first_name}", "{FIRSTNAME}", "{Vorname}", "{ first_name }",
        "{first_name|there}", "{!Contact.FirstName}", "[[name]]", "[%first_name%]", "«Vorname»",
        "<<First Name>>", "[First Name]", "[Customer Name]", "[Insert offer here]", "[NAME]",
        "[your company's name]", "[Prénom]", "[Name | there]", "<First Name>", "<insert date>",
    ],
)  # fmt: skip
def test_it_is_found_and_named(piece: str) -> None:
    (found,) = find_foreign(Template.parse(f"Dear {piece}, come back"))
    assert found.piece == piece
    assert repr(piece) in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "Hi {{ first_name | default: 'there' }}, {{ [\"First Name\"] }}",
        "read [the terms](https://example.com/terms) and [more][1]",
        "[ref]: https://example.com",
        "![A picture](https://example.com/a.png)",
        "as said before [1], [x] done, [ ] open, [sic]",
        "50% off, and 20% more; 100% cotton",
        "https://example.com/?q=%20%C3%A9%20b&c=%7Ba%7D",
        "a < b and c > d, 3 << 4",
        "costs $5 {or so: 3}",
        "{{ '{{' }} is how a brace is written",
        "array[index] and [a]",
    ],
)
def test_what_people_write_is_left_alone(text: str) -> None:
    assert pieces(text) == []


def test_a_default_is_read_as_well() -> None:
    assert pieces('Hi {{ name | default: "[First Name]" }}') == ["[First Name]"]


def test_each_piece_once_and_not_too_many() -> None:
    assert pieces("{a_b} {c_d} {a_b}") == ["{a_b}", "{c_d}"]
    assert len(pieces(" ".join(f"{{name_{n}}}" for n in range(99)))) == 20


def test_what_stands_in_styles_and_scripts_is_no_text() -> None:
    html = "<style>p {color}</style><script>`${x}`</script><!-- [if mso] --><p>{name}</p>"
    assert pieces(html, html=True) == ["{name}"]


def test_a_long_text_takes_no_longer_than_it_must() -> None:
    began = time.process_time()
    for piece in ("%a", "{a", "[a ", "*|a", "<<a", "«a", "%a b", "<insert ", "{a|", "[[a"):
        pieces(piece * (100_000 // len(piece.encode())))
    assert time.process_time() - began < 20
