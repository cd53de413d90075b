"""One type for each column, from what its cells look like, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from campaign_sdk.contacts.files._columns import Column
from campaign_sdk.contacts.files._facts import Facts
from campaign_sdk.contacts.files._notes import Note
from campaign_sdk.contacts.files._numbers import Decimal
from campaign_sdk.contacts.files._programs import PHONES, Program, plain

# What isn't text, and isn't written as a text by our own export.
_TYPED = {"number", "boolean", "list", "object"}
# Below this share of a column's cells, lookalikes are somebody's house number.
_SHARE = 0.2
_CODES = ("zip", "postcode", "postalcode", "postleitzahl", "plz", "id", "sku", "articlenumber")
_THOUSAND = 3
_MONTHS = 12


def kind_of(column: Column, facts: Facts, program: Program | None, is_own: bool) -> str:
    """Return the type of a column that nobody has named one for."""
    if is_own:
        return _own_kind(facts)
    name = plain(column.header)
    if name in PHONES or (program and name in program.text):
        return "text"
    if facts.has_marks:
        return "text"
    looks = set(facts.looks)
    if looks == {"number"} and facts.has_final_zero and len(facts.places) > 1:
        # 1.10 and 1.1 are two article numbers; 1.10 and 1.20 are two prices.
        return "text"
    return looks.pop() if len(looks) == 1 else "text"


def _own_kind(facts: Facts) -> str:
    """Our export marks each text in a column that has anything but texts."""
    bare = set(facts.bare)
    if not bare or not bare <= _TYPED:
        return "date" if set(facts.looks) == {"date"} else "text"
    return bare.pop() if len(bare) == 1 and not facts.has_marks else "mixed"


def said_of(
    column: Column, kind: str, facts: Facts, decimal: Decimal | None, delimiter: str
) -> Iterator[Note]:
    """Yield what somebody should look at in the type of a column."""
    said = None
    if kind == "text":
        said = _said_of_text(column.header, facts, decimal)
    elif kind == "number":
        said = _said_of_numbers(column.header, facts, decimal, delimiter)
    if said:
        yield Note(kind="type", column=column.header, text=said)


def _said_of_text(header: str, facts: Facts, decimal: Decimal | None) -> str | None:
    counted = sum(facts.looks.values()) or 1
    if sum(facts.days.values()) >= _SHARE * counted:
        mark = facts.days.most_common(1)[0][0]
        form = _form(facts.largest, mark, "%y" if facts.years == {2} else "%Y")
        some = ", and some in ISO form" if facts.looks["date"] else ""
        return (
            f"stays text, though cells look like dates{some}: say how they are written with "
            f"--type {quote(header)}={form} (types={{{header!r}: '{form}'}})"
        )
    if facts.foreign >= _SHARE * counted and not decimal:
        return (
            "stays text, though cells look like numbers of some country: name the decimal mark "
            "with --decimal , or --decimal . (decimal=…)"
        )
    if facts.looks["number"] >= _SHARE * counted:
        return _said_of_lookalikes(header, facts, counted)
    if facts.looks["date"] >= _SHARE * counted and set(facts.looks) != {"date"}:
        return "stays text: only some cells are dates"
    return None


def _said_of_lookalikes(header: str, facts: Facts, counted: int) -> str | None:
    if facts.looks["number"] < counted:
        return (
            f"stays text: {facts.looks['number']:,} of {counted:,} cells look like numbers, the "
            f"others don't; --type {quote(header)}=number refuses those"
        )
    if plain(header) in PHONES:
        return None
    return (
        "stays text, because numbers would lose zeros at the end; "
        f"--type {quote(header)}=number makes it numbers"
    )


def _said_of_numbers(
    header: str, facts: Facts, decimal: Decimal | None, delimiter: str
) -> str | None:
    if decimal is None and delimiter == ";" and facts.places == {_THOUSAND}:
        return (
            "is read as numbers with a decimal point; if the point parts the thousands, say "
            "--decimal , (decimal=',')"
        )
    if any(plain(header).endswith(code) for code in _CODES):
        return f"is stored as numbers; --type {quote(header)}=text keeps it as it is written"
    return None


def _form(largest: list[int], mark: str, year: str) -> str:
    """The form of dates such as 20/11/2026: the day is what exceeds twelve."""
    first, second = largest
    order = ("%m", "%d") if first <= _MONTHS < second else ("%d", "%m")
    return f"date:{mark.join((*order, year))}"
