"""The exports of other programs, each read as it is: nobody who said no may be written to."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import CampaignClient, InvalidInput, everyone
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._plan import Row
from campaign_sdk.contacts.files._programs import PROGRAMS

from .exports import EXPORTS, Export


def opened(text: str | bytes, **options: Any) -> tuple[ContactFile, list[Row]]:
    content = text if isinstance(text, bytes) else text.encode()
    source = ContactFile(io.BytesIO(content), **options)
    try:
        return source, list(source)
    finally:
        source.close()


def gone(rows: list[Row]) -> list[str]:
    return [row.item["email"].partition("@")[0] for row in rows if row.item and row.opted_out]


def told(source: ContactFile) -> set[str | None]:
    return {note.column for note in source.notes if note.kind == "consent"}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_export_is_read_as_its_program_writes_it(export: Export, encoding: str) -> None:
    source, rows = opened(export.text.encode(encoding))
    assert source.program == export.program
    assert [row.problem for row in rows] == [None] * len(rows)
    items = [row.item for row in rows if row.item]
    assert " ".join(item["email"].partition("@")[0] for item in items) == export.people
    assert " ".join(gone(rows)) == export.gone
    assert all(("unsubscribed_at" in (row.item or {})) == bool(row.opted_out) for row in rows)
    assert bool(told(source)) == bool(export.gone)
    assert items[0].get("phone") == export.phone
    expected = export.attributes or {}
    assert {name: items[0]["attributes"].get(name) for name in expected} == expected
    assert told(source).isdisjoint(items[0]["attributes"])


def test_there_are_a_dozen_programs() -> None:
    assert {export.program for export in EXPORTS.values()} - {None} == set(PROGRAMS)
    assert len(PROGRAMS) == 12


@pytest.mark.parametrize("name", ["klaviyo", "mailchimp unsubscribed", "german", "shopify"])
def test_nobody_who_opted_out_there_is_reachable_here(
    ann: CampaignClient, tmp_path: Path, name: str
) -> None:
    export = EXPORTS[name]
    path = tmp_path / "export.csv"
    path.write_text(export.text, encoding="utf-8", newline="")
    report = ann.contacts.import_csv(path)
    assert report.opted_out == len(export.gone.split())
    people = {each.email.partition("@")[0]: each for each in ann.contacts.iterate()}
    left = {name for name, each in people.items() if not each.is_subscribed}
    assert left == set(export.gone.split())
    size = ann.segments.size(everyone())
    assert (size.count, size.reachable) == (len(people), len(people) - len(left))
    again = ann.contacts.import_csv(path)
    assert again.unchanged == again.read


def test_since_when_is_kept() -> None:
    _, rows = opened(EXPORTS["mailchimp cleaned"].text)
    assert rows[0].opted_out == ("cy@example.com", "2024-03-04T10:00:00Z")
    _, rows = opened(EXPORTS["mailchimp unsubscribed"].text, timezone="America/New_York")
    assert rows[0].opted_out == ("cy@example.com", "2026-03-04T10:06:07Z")


@pytest.mark.parametrize("preset", list(PROGRAMS))
def test_a_program_can_be_named(preset: str) -> None:
    first = next(export for export in EXPORTS.values() if export.program == preset)
    source, rows = opened(first.text, preset=preset.title())
    assert source.program == preset
    assert " ".join(gone(rows)) == first.gone


def test_a_program_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="mailchimp, brevo"):
        opened("email\na@b.cd\n", preset="pigeon")


UNCLEAR = [
    ("Newsletter", "yes\nno"),
    ("GDPR", "true\nfalse"),
    ("consent_marketing", "1\n0"),
    ("Einwilligung", "ja\nnein"),
    ("Subscription", "active\ncancelled"),
    ("Subscription status", "gold\nsilver"),
    ("Email status", "on fire\nunsubscribed"),
    ("List", "Unsubscribed\nMembers"),
    ("Opt-in status", "alpha\nbeta"),
    ("Accepts marketing", "perhaps\nno"),
    ("status", "active\ninactive"),
    ("State", "active\ncancelled"),
]


@pytest.mark.parametrize(("column", "values"), UNCLEAR)
def test_what_looks_like_consent_must_be_named_or_ignored(column: str, values: str) -> None:
    first, second = values.split("\n")
    text = f"email,{column}\na@b.cd,{first}\nb@b.cd,{second}\n"
    with pytest.raises(InvalidInput, match="looks as if it said who may not be") as caught:
        opened(text)
    assert caught.value.path == "consent"
    assert repr(column) in caught.value.reason
    assert "--consent" in caught.value.reason
    assert second not in caught.value.reason or second == "no"
    named = {"column": column, "opted_out": [f" {second.upper()} "]}
    source, rows = opened(text, consent=named)
    assert gone(rows) == ["b"]
    assert told(source) == {column}
    for ignored in ("ignore", {"column": column.lower(), "ignore": True}):
        source, rows = opened(text, consent=ignored)
        assert gone(rows) == []
        assert len(rows[1].item["attributes"]) == 1  # type: ignore[index]


HARMLESS = [
    *[
        ("status", "gold\ninactive"),
        ("status", "completed\ncancelled"),
        ("state", "CA\nON"),
        ("Mailing State", "ON\nNO"),
    ],
    *[("Subscription plan", "pro\nfree"), ("OPTIN_TIME", "2026-01-01\n"), ("Opt-in IP", "1\n0")],
    *[("newsletter_opens", "1\n0"), ("Accepts SMS Marketing", "yes\nno"), ("vip", "yes\nno")],
    *[("Do Not Call", "1\n0"), ("Subscribed", "2026-01-01\n2026-01-02"), ("Newsletter", "\n")],
    *[("Marketing contact status", "Marketing contact\nNon-marketing contact")],
    *[("Subscribed at", "2026-01-01\n"), ("unsub_campaign_title", "yes\nno")],
]


@pytest.mark.parametrize(("column", "values"), HARMLESS)
def test_what_says_nothing_about_consent_is_an_attribute(column: str, values: str) -> None:
    first, second = values.split("\n")
    source, rows = opened(f"email,{column}\na@b.cd,{first}\nb@b.cd,{second}\n")
    assert gone(rows) == []
    assert told(source) == set()
    assert any(column == each.header and each.field for each in source.columns)


@pytest.mark.parametrize(
    "value", ["true", "TRUE", "Yes", "y", "1", "x", "ja", "Oui", "sí", "SI", "да", "はい", "2026"]
)
def test_a_yes_in_any_language(value: str) -> None:
    _, rows = opened(f"email,Email Opt Out\na@b.cd,{value}\n")
    assert gone(rows) == ["a"]
    if value != "2026":
        _, rows = opened(f"email,Accepts Email Marketing\na@b.cd,{value}\n")
        assert gone(rows) == []


@pytest.mark.parametrize(
    "value", ["false", "FALSE", "No", "n", "0", "nein", "Non", "não", "nej", "нет", "いいえ"]
)
def test_a_no_in_any_language(value: str) -> None:
    _, rows = opened(f"email,Email Opt Out\na@b.cd,{value}\n")
    assert gone(rows) == []
    _, rows = opened(f"email,Accepts Email Marketing\na@b.cd,{value}\n")
    assert gone(rows) == ["a"]


def test_several_columns_can_be_named() -> None:
    text = "email,a,b\na@b.cd,stop,\nb@b.cd,,0\nc@b.cd,go,1\n"
    consent = [{"column": "a", "opted_out": "stop"}, {"column": "b", "opted_out": [0]}]
    _, rows = opened(text, consent=consent)
    assert gone(rows) == ["a", "b"]
    # One that is named leaves the others to their user, who has thought of it.
    source, rows = opened(text.replace(",b\n", ",Newsletter\n"), consent=consent[0])
    assert gone(rows) == ["a"]
    assert [note.column for note in source.warnings] == ["Newsletter"]


def test_values_that_no_cell_has_are_told() -> None:
    text = "email,Newsletter,b\na@b.cd,ja,1\nb@b.cd,nein,0\n"
    named = {"column": "Newsletter", "opted_out": ["No", "never"]}
    source, rows = opened(text, consent=named)
    assert gone(rows) == []
    [note] = source.warnings
    assert (note.kind, note.column) == ("consent", "Newsletter")
    assert note.text == "no cell says never or no: nobody has opted out by it"
    for opted_out in (["no", "NEIN"], [""], ["", "no"]):
        source, _ = opened(text, consent={**named, "opted_out": opted_out})
        assert not source.warnings


def test_what_is_to_be_typed_can_be_pasted_into_a_shell() -> None:
    with pytest.raises(InvalidInput) as caught:
        opened("email,Newsletter d'ici $1\na@b.cd,oui\n")
    typed = caught.value.reason.split("mean so: ")[1].split(" (consent=")[0]
    assert shlex.split(typed) == ["--consent", "Newsletter d'ici $1=no"]
    source, _ = opened("email,Né d'hier\na@b.cd,20/11/2026\nb@b.cd,11/12/2026\n")
    typed = source.warnings[0].text.split(" with ")[1].split(" (types=")[0]
    assert shlex.split(typed) == ["--type", "Né d'hier=date:%d/%m/%Y"]


@pytest.mark.parametrize(
    "consent",
    [
        *["yes", 5, {}, [{}], {"column": "x"}, {"column": "x", "opted_out": []}, ["x"]],
        *[{"column": 5, "opted_out": ["no"]}, {"column": "y", "opted_out": ["no"]}],
        {"column": "x", "opted_out": ["no"], "ignore": True},
        {"column": "x", "values": ["no"]},
    ],
)
def test_a_consent_that_cant_be_meant(consent: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^consent: "):
        opened("email,x\na@b.cd,no\n", consent=consent)


@pytest.mark.parametrize(
    ("cell", "since"),
    [
        *[
            ("", None),
            ("0000-00-00 00:00:00", None),
            ("no", None),
            ("false", None),
            ("0", None),
            ("No", None),
        ],
        *[("2026-01-02", "2026-01-02T00:00:00Z"), ("2026-01-02 10:00", "2026-01-02T10:00:00Z")],
    ],
)
def test_the_column_unsubscribed_at(cell: str, since: str | None) -> None:
    _, [row] = opened(f"email,unsubscribed_at\na@b.cd,{cell}\n")
    assert row.item is not None
    if since is None or "T00:00:00" not in since:
        assert row.item.get("unsubscribed_at") == since
    else:
        assert row.opted_out is not None


@pytest.mark.parametrize("cell", ["true", "Yes", "1", "ja"])
def test_a_yes_under_unsubscribed_at_is_now(cell: str) -> None:
    _, [row] = opened(f"email,unsubscribed_at\na@b.cd,{cell}\n")
    assert row.item is not None
    assert row.item["unsubscribed_at"].startswith("20")


def test_a_date_that_cant_be_read_refuses_its_row_but_still_counts() -> None:
    _, [row] = opened("email,unsubscribed_at\na@b.cd,yesterday\n")
    assert row.problem is not None
    assert row.problem.path == "unsubscribed_at"
    assert row.opted_out is not None
    types = {"unsubscribed_at": "date:%d/%m/%Y"}
    _, [row] = opened("email,unsubscribed_at\na@b.cd,20/11/2026\n", types=types)
    assert row.opted_out == ("a@b.cd", "2026-11-20")


def test_a_no_counts_in_whatever_row(ann: CampaignClient, tmp_path: Path) -> None:
    """Of a duplicate before and after, across batches, and of a row that is refused."""
    path = tmp_path / "contacts.csv"
    people = "abcdefgh"
    rows = [f"{name}@example.com,1," for name in people]
    late = ["A@example.com,1,yes", "b@example.com,x,yes", "h@example.com,1,2026-01-02"]
    early = ["c@example.com,x,yes", "<d@example.com>,1,yes", "new@example.com,x,yes"]
    path.write_text("\n".join(["email,n,unsubscribed_at", *early, *rows, *late]))
    report = ann.contacts.import_csv(path, types={"n": "number"}, batch_size=3)
    assert (report.read, report.created, report.duplicate, report.rejected) == (14, 8, 3, 3)
    assert report.opted_out == 6
    left = {each.email[0] for each in ann.contacts.iterate() if not each.is_subscribed}
    assert left == set("abcdh")
    assert ann.contacts.find("new@example.com") is None
    found = ann.contacts.find("h@example.com")
    assert found is not None
    assert found.unsubscribed_at is not None
    assert found.unsubscribed_at.isoformat().startswith("2026-01-02T00:00:00")


def test_a_no_counts_in_whatever_item(ann: CampaignClient) -> None:
    items: list[dict[str, Any]] = [{"email": f"{name}@example.com"} for name in "abcd"]
    items += [{"email": "A@example.com", "unsubscribed_at": True}]
    items += [{"email": "d@example.com", "unsubscribed_at": "yes"}]
    items += [{"email": "b@example.com", "unsubscribed_at": False}]
    report = ann.contacts.upsert(items, batch_size=2)
    assert (report.created, report.duplicate, report.opted_out) == (4, 3, 2)
    left = {each.email[0] for each in ann.contacts.iterate() if not each.is_subscribed}
    assert left == {"a", "d"}


@pytest.mark.parametrize("form", ["2026-01-{:02}", "{:02}/11/2026", "2026-01-{:02} 10:00:00"])
def test_when_somebody_subscribed_says_nothing_of_others(form: str) -> None:
    rows = "".join(f"c{n}@b.cd,{form.format(n % 28 + 1)}\n" for n in range(200))
    source, _ = opened(f"email,Subscribed\n{rows}d@b.cd,\n")
    assert told(source) == set()


def test_a_yes_that_is_said_in_too_many_ways_is_asked_for() -> None:
    rows = "".join(f"c{n}@b.cd,way {n}\n" for n in range(200))
    with pytest.raises(InvalidInput, match="looks as if it said"):
        opened(f"email,Accepts Email Marketing\n{rows}")


def test_an_apostrophe_hides_no_no() -> None:
    _, rows = opened("email,Accepts Email Marketing\na@b.cd,'false\nb@b.cd,'true\n")
    assert gone(rows) == ["a"]
    _, rows = opened("email,Email Opt Out\na@b.cd,'1\nb@b.cd,'0\n")
    assert gone(rows) == ["a"]


def test_an_empty_cell_is_no_yes() -> None:
    _, rows = opened("email,Accepts Email Marketing\na@b.cd,\nb@b.cd,yes\nc@b.cd\n")
    assert gone(rows) == ["a", "c"]
    _, rows = opened("email,Email Opt Out\na@b.cd,\nb@b.cd,yes\n")
    assert gone(rows) == ["b"]
