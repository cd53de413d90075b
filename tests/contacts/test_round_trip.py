"""Our export and our import are each other's inverse: nothing changes on the way."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import CampaignClient, Contact
from campaign_sdk._core.cells import is_formula
from campaign_sdk.contacts._items import prepare
from campaign_sdk.contacts.files._cells import look_of, marked, number_text, unmarked, value_of
from campaign_sdk.contacts.files._export import write_contacts
from campaign_sdk.contacts.files._file import ContactFile

MOMENT = "2026-01-02T03:04:05Z"
NASTY = [
    *["'", "''", "'5", "'s-Hertogenbosch", "'t Hooft", "''x", "'=1", "'\u200b=1", "' ", "'true"],
    *["5", "5.0", "05", "1e5", "1.5e+20", "-1", "+1", "1,5", "nan", "true", "FALSE", "null"],
    *[
        "2026-01-31",
        "2026-01-31 10:00",
        "2026-01-31T10:00:00+02:00",
        MOMENT,
        "2026-02-30",
        "20260131",
    ],
    *[
        "[1]",
        "[1",
        "{}",
        '{"a": 1}',
        '["x"]',
        "=1+1",
        "@x",
        "-x",
        "\t=1",
        " =1",
        "\u2003=1",
        "\ufeff=1",
    ],
    *[
        "\u200b=1",
        "\v=1",
        "\f=1",
        "\uff1d1",
        " a ",
        "a\u00a0",
        "a\r\nb",
        'q"q',
        "a,b;c\td",
        "",
        " ",
        "\u2028",
    ],
    *[
        "sep=;",
        "line",
        "1 Elm St",
        "\u202ex",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-10:00",
    ],
]
KEYS = [
    *[
        "a",
        "b",
        "a.b",
        "Nr.",
        "..",
        ".a",
        "No. of",
        "Size (custom.facts.size)",
        "(a",
        "b)",
        "a\\",
        "a\\.b",
    ],
    *[
        "email",
        "Email",
        "phone",
        "created_at",
        "attributes",
        "unsubscribed_at",
        "line",
        "status",
        "=1",
        "@x",
    ],
    *[
        "'x",
        "' ",
        " ",
        "5",
        "Newsletter",
        "Email Opt Out",
        "E-Mail",
        "a,b",
        'a"b',
        "a\nb",
        "true",
        "\u200b=x",
    ],
]
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.sampled_from(NASTY) | st.text(LETTERS)
NUMBER = (
    st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -0.0, 1.10, 2.0, 1e300, 5e-324, 10**15, 2**53 + 1, 0.1 + 0.2])
)
LEAF = TEXT | NUMBER | st.booleans() | st.none()
KEY = st.sampled_from(KEYS) | TEXT.filter(bool)
ATTRIBUTES = st.dictionaries(
    KEY,
    st.recursive(
        LEAF,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
        max_leaves=4,
    ),
    max_size=5,
)
PHONE = st.none() | st.sampled_from(["+49 30 1", "030 1", "5", "'5", "=1", "-1", "\u20031", "true"])


def contact(n: int, phone: str | None, attributes: dict[str, Any]) -> Contact:
    item = prepare({"email": f"{'+' * (n % 2)}c{n}@example.com", "phone": phone})
    return Contact.model_validate(
        {
            "id": UUID(int=n),
            **item,
            "attributes": attributes,
            "unsubscribed_at": MOMENT if n % 3 == 0 else None,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    )


def exported(contacts: list[Contact]) -> bytes:
    stream = io.StringIO(newline="")
    assert write_contacts(contacts, stream) == len(contacts)
    return stream.getvalue().encode("utf-8-sig")


def comparable(value: Any) -> Any:
    """A number as its digits, which jsonb compares; what isn't one as JSON."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value)) + 0
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def without_nothing(value: Any) -> Any:
    """What a merge can add: no nulls, no objects of none, and numbers as the database has them."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return comparable(value)
    inner = {key: without_nothing(each) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each not in ("null", {})}


def read(content: bytes) -> list[dict[str, Any]]:
    source = ContactFile(io.BytesIO(content))
    try:
        rows = list(source)
    finally:
        source.close()
    assert [row.problem for row in rows if row.problem] == []
    return [row.item for row in rows if row.item]


@settings(max_examples=150)
@given(people=st.lists(st.tuples(PHONE, ATTRIBUTES), min_size=1, max_size=5))
def test_what_is_exported_is_read_as_what_it_was(
    people: list[tuple[str | None, dict[str, Any]]],
) -> None:
    contacts = [contact(n, phone, attributes) for n, (phone, attributes) in enumerate(people)]
    items = read(exported(contacts))
    assert [item["email"] for item in items] == [each.email for each in contacts]
    for item, each in zip(items, contacts, strict=True):
        assert item.get("phone") == each.phone
        assert ("unsubscribed_at" in item) == (not each.is_subscribed)
        assert without_nothing(item["attributes"]) == without_nothing(each.attributes)


@settings(max_examples=300)
@given(text=TEXT)
def test_a_text_survives_its_cell(text: str) -> None:
    cell = marked(text)
    assert not is_formula(cell)
    assert unmarked(cell)[0] == text
    assert unmarked(cell)[1] or look_of(cell) in ("text", "date")


@settings(max_examples=300)
@given(number=NUMBER)
def test_a_number_survives_its_cell(number: float) -> None:
    cell = number_text(number)
    assert look_of(cell) == "number"
    assert comparable(value_of(cell, UTC)) == comparable(number)


@settings(max_examples=100)
@given(people=st.lists(ATTRIBUTES, min_size=1, max_size=3))
def test_no_cell_and_no_header_is_a_formula(people: list[dict[str, Any]]) -> None:
    content = exported([contact(n, "=1", attributes) for n, attributes in enumerate(people)])
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    for cell in (cell for row in rows for cell in row):
        assert not is_formula(cell) or look_of(cell) == "number"


def world(count: int) -> list[dict[str, Any]]:
    return [
        {
            "email": f"{'+' * (n % 7 == 0)}c{n}@example.com",
            "phone": [None, "+49 30 1", "030 1", "5"][n % 4],
            "attributes": {
                KEYS[n % len(KEYS)]: NASTY[n % len(NASTY)],
                "mixed": [n, str(n), n % 2 == 0, [n, "x"], "x"][n % 5],
                "price": n / 8,
                "code": f"{n:05}",
                "vip": n % 3 == 0,
                "tags": ["a", "=b"],
                "address": {"city": NASTY[n * 7 % len(NASTY)], "geo": {"lat": n * 0.1}},
                "since": "2026-01-31",
            },
            **({"unsubscribed_at": "2026-01-02T03:04:05Z"} if n % 9 == 0 else {}),
        }
        for n in range(count)
    ]


@pytest.mark.parametrize("mode", ["sync"])
def test_an_untouched_export_changes_nothing(ann: CampaignClient, tmp_path: Path) -> None:
    ann.contacts.upsert(world(600))
    before = {each.email: each for each in ann.contacts.iterate()}
    path = tmp_path / "out.csv"
    path.write_bytes(exported(list(before.values())))
    report = ann.contacts.import_csv(path)
    assert (report.read, report.unchanged) == (600, 600)
    assert {each.email: each for each in ann.contacts.iterate()} == before
