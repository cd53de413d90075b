"""What a contact may look like: what passes here is stored by the database as it is."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import InvalidInput
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.contacts._items import prepare

EMAIL = "a@b.cd"
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
# Texts near to addresses: pure noise never gets past the first check.
ADDRESSES = st.builds(
    "{}{}@{}.{}{}".format,
    st.sampled_from(["", " ", "\ufeff", "\t", "\u3000", "<", "mailto:", "'", "\u201c", "\u200b"]),
    st.text(LETTERS, min_size=1, max_size=8),
    st.text(LETTERS, min_size=1, max_size=4),
    st.text(LETTERS, min_size=1, max_size=4),
    st.sampled_from(["", " ", "\u00a0", "\v", "\n", ">", ";", ".", "\u2003", "\u2019", "\u200b"]),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
    | st.binary(max_size=2),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=8,
)


# What people paste; the same person each time.
DIRT = [
    *["a@b.cd;", "a@b.cd,", "<a@b.cd>", "mailto:a@b.cd", "MAILTO:<a@b.cd>;", "a@b.cd\u200b"],
    *[
        "\u200ba@b.cd",
        "a\u200b@b.cd",
        "a\u00ad@b.cd",
        "\u202aa@b.cd\u202c",
        "a@b.cd\u00a0",
        "a@b.cd.",
    ],
    *['"a@b.cd"', "'a@b.cd'", "\u201ca@b.cd\u201d", "\u00aba@b.cd\u00bb", "(a@b.cd)", "[a@b.cd]"],
    *["a\uff20b.cd", "a\ufe6bb.cd", "\uff41\uff20\uff42\uff0e\uff43\uff44", "a@b\u3002cd"],
    *[
        "\u2003a@b.cd\u2003",
        "a@b.cd \u2028",
        "mailto:mailto:a@b.cd",
        "a@b.cd;;",
        "\u300aa@b.cd\u300b",
    ],
]


def refused(item: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        prepare(item)
    return caught.value


@pytest.mark.parametrize(
    ("given_as", "stored"),
    [
        (" A.B+c@Example.COM\n", "a.b+c@example.com"),
        ("o'neil@b.cd", "o'neil@b.cd"),
        ("cafe\u0301@b.cd", "caf\u00e9@b.cd"),
        ("\ufeffa@b.cd", "a@b.cd"),
        ("\u0130@b.cd", "i@b.cd"),
        ("\u039f\u03a3@b.cd", "\u03bf\u03c3@b.cd"),
        ("a@b-c.d-e.fg", "a@b-c.d-e.fg"),
        ("x" * 249 + "@b.cd", "x" * 249 + "@b.cd"),
        *((dirt, "a@b.cd") for dirt in DIRT),
    ],
)
def test_addresses(given_as: str, stored: str) -> None:
    assert normalize_email(given_as) == stored


@pytest.mark.parametrize(
    "email",
    [
        *["", " ", None, 7, b"a@b.cd", "a", "a@b", "a@b.", "a@.b", "@b.cd", "a b@b.cd", "a@b@c.de"],
        *["a@b..cd", "a\0@b.cd", "a\x85@b.cd", "a\x9f@b.cd", "a\ud800@b.cd"],
        *["a@b.cd;x", "a@b.cd,x", "a;a@b.cd", "a@b.cd/x", "a@b.cd>x", "a@b.c'd"],
        *[
            "a\u00a0@b.cd",
            "a@b\u2003.cd",
            "a@b.cd?subject=x",
            "a@b.cd\u201dx",
            ";",
            "<>",
            "mailto:",
        ],
        "x" * 250 + "@b.cd",
    ],
)
def test_what_isnt_an_address(email: object) -> None:
    assert refused({"email": email}).path == "email"


@settings(max_examples=100)
@given(emails=st.lists(ADDRESSES | st.text(LETTERS), min_size=10, max_size=50))
def test_python_and_the_database_agree_on_addresses(
    db: psycopg.Connection, emails: list[str]
) -> None:
    accepted: dict[str, str] = {}
    for email in emails:
        try:
            accepted[email] = normalize_email(email)
        except InvalidInput:
            continue
    rows = db.execute(
        "select e, campaign_private.normalize_email(e) from unnest(%s::text[]) as e",
        [list(accepted)],
    ).fetchall()
    assert dict(rows) == accepted
    # All are stored, or the one row that isn't would take its batch of 1,000 with it.
    with db.transaction(force_rollback=True):
        user = uuid.uuid4()
        db.execute("insert into auth.users (id, email) values (%s, 'x@example.com')", [user])
        db.execute(
            "insert into public.contacts (user_id, email) select %s, unnest(%s::text[])",
            [user, sorted(set(accepted.values()))],
        )


@pytest.mark.parametrize("email", DIRT)
def test_dirt_around_an_address_is_no_second_person_in_the_database(
    db: psycopg.Connection, email: str
) -> None:
    with db.transaction(force_rollback=True):
        user = uuid.uuid4()
        db.execute("insert into auth.users (id, email) values (%s, 'x@example.com')", [user])
        insert = "insert into public.contacts (user_id, email) values (%s, %s) returning email"
        row = db.execute(insert, [user, email]).fetchone()
        assert row == ("a@b.cd",)


@pytest.mark.parametrize(
    "email", ["a@b.cd;x", "a@b.cd>x", "a\u2003@b.cd", "a@b.c\u00a0d", "Ann <a@b.cd>", "a@b.cd,x"]
)
def test_the_database_refuses_what_it_cant_clean(db: psycopg.Connection, email: str) -> None:
    with db.transaction(force_rollback=True):
        user = uuid.uuid4()
        db.execute("insert into auth.users (id, email) values (%s, 'x@example.com')", [user])
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute(
                "insert into public.contacts (user_id, email) values (%s, %s)", [user, email]
            )


def test_attributes_become_json() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    stored = prepare(
        {
            "email": EMAIL,
            "attributes": {
                "text": "x",
                "none": None,
                "whole": Decimal("2.00"),
                "part": Decimal("2.5"),
                "day": date(2026, 1, 31),
                "moment": datetime(2026, 1, 31, 10, tzinfo=east),
                "list": (1, [True], {"a": 1}),
            },
        }
    )["attributes"]
    assert stored == {
        "text": "x",
        "none": None,
        "whole": 2,
        "part": 2.5,
        "day": "2026-01-31",
        "moment": "2026-01-31T04:30:00Z",
        "list": [1, [True], {"a": 1}],
    }
    assert type(stored["whole"]) is int


def nested(depth: int) -> dict[str, Any]:
    return {"x": nested(depth - 1)} if depth else {}


LOOP: dict[str, Any] = {}
LOOP["x"] = LOOP


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ([], "attributes"),
        ("x", "attributes"),
        ({1: "x"}, "attributes"),
        ({"": "x"}, "attributes"),
        ({"a\0": "x"}, "attributes"),
        ({"a": {"b": float("nan")}}, "attributes.a.b"),
        ({"a": float("inf")}, "attributes.a"),
        ({"a": Decimal("NaN")}, "attributes.a"),
        ({"a": Decimal("sNaN")}, "attributes.a"),
        ({"a": Decimal("1e400")}, "attributes.a"),
        ({"a": 10**400}, "attributes.a"),
        ({"a": 10**5000}, "attributes.a"),
        ({"a": [1, "\0"]}, "attributes.a[1]"),
        ({"a": "\ud800"}, "attributes.a"),
        ({"a": b"x"}, "attributes.a"),
        ({"a": {1, 2}}, "attributes.a"),
        ({"a": datetime(2026, 1, 1)}, "attributes.a"),
        ({"a": "x" * 65_536}, "attributes"),
        ({"a": "ä" * 32_768}, "attributes"),
        ({"n": list(range(20_000))}, "attributes"),
        (nested(40), "attributes" + ".x" * 32),
        (LOOP, "attributes" + ".x" * 32),
    ],
)
def test_attributes_that_arent_json(attributes: Any, path: str) -> None:
    assert refused({"email": EMAIL, "attributes": attributes}).path == path


def test_the_other_columns() -> None:
    assert prepare({"email": EMAIL, "phone": " 030 ", "unsubscribed_at": None}) == {
        "email": EMAIL,
        "phone": "030",
        "attributes": {},
    }
    assert refused({"email": EMAIL, "phone": 30}).path == "phone"
    assert refused({"email": EMAIL, "phone": "1" * 65}).path == "phone"
    assert refused({"email": EMAIL, "phone": "1\0"}).path == "phone"
    for when in ("yesterday", "2026-01-01", datetime(2026, 1, 1), 7):
        assert refused({"email": EMAIL, "unsubscribed_at": when}).path == "unsubscribed_at"
    assert refused({"email": EMAIL, "city": "Pune"}).path == "city"
    assert refused({}).path == "email"
    assert refused("a@b.cd").path == "contact"


@settings(max_examples=150)
@given(
    item=st.dictionaries(
        st.sampled_from(["email", "phone", "attributes", "unsubscribed_at"]) | st.text(max_size=2),
        JSON,
    )
    | JSON
)
def test_nothing_but_invalid_input(item: Any) -> None:
    if isinstance(item, dict) and not isinstance(item.get("email"), str):
        item["email"] = EMAIL
    try:
        prepared = prepare(item)
    except InvalidInput:
        return
    assert json.loads(json.dumps(prepared, allow_nan=False)) == prepared
