"""One contact that the database refuses never keeps the others from being stored."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import psycopg
import pytest

from campaign_sdk import CampaignClient
from campaign_sdk._core.failures.constraints import CONSTRAINTS

BIG = {"notes": "x" * 40_000}
# Each of 16 characters, and of 308 once PostgreSQL has written it out.
GROWING = {"n": [1.5e307] * 300}
TOO_MUCH = "must not exceed 64 kB"


def rows(client: Any) -> dict[str, Any]:
    return {row["email"]: row for row in client.from_("contacts").select("*").execute().data}


def addresses(client: CampaignClient) -> set[str]:
    return {each.email for each in client.contacts.iterate()}


def test_an_upsert_names_the_positions_that_are_refused(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "full@example.com", "attributes": BIG}])
    items: list[Any] = [
        {"email": "z@example.com"},
        {"email": "full@example.com", "attributes": {"more": BIG["notes"]}},
        {"email": "a@example.com"},
        {"email": "grown@example.com", "attributes": GROWING},
        {"email": "m@example.com", "phone": "1"},
    ]
    report = ann.contacts.upsert(items)
    assert (report.read, report.created, report.rejected) == (5, 3, 2)
    assert [(each.line, each.column, each.reason) for each in report.problems] == [
        (1, "attributes", TOO_MUCH),
        (3, "attributes", TOO_MUCH),
    ]
    assert addresses(ann) == {f"{name}@example.com" for name in ("z", "a", "m", "full")}
    kept = ann.contacts.find("full@example.com")
    assert kept is not None
    assert kept.attributes == BIG
    again = ann.contacts.upsert(items)
    assert (again.unchanged, again.rejected) == (3, 2)


def test_positions_count_over_all_batches(ann: CampaignClient) -> None:
    items: list[Any] = [{"email": f"{n}@example.com"} for n in range(10)]
    for bad in (0, 4, 5, 9):
        items[bad]["attributes"] = GROWING
    report = ann.contacts.upsert(items, batch_size=3)
    assert (report.created, report.rejected) == (6, 4)
    assert [each.line for each in report.problems] == [0, 4, 5, 9]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_goes_on_after_what_is_refused(
    ann: CampaignClient, tmp_path: Path, dry_run: bool
) -> None:
    ann.contacts.upsert([{"email": "b@example.com", "attributes": BIG}])
    source, rejects = tmp_path / "source.csv", tmp_path / "rejects.csv"
    lines = ["email,more", "a@example.com,1", f"b@example.com,{BIG['notes']}", "nobody,1"]
    source.write_text("\n".join([*lines, "c@example.com,2", "B@example.com,3"]))
    report = ann.contacts.import_csv(source, rejects=rejects, dry_run=dry_run)
    counts = (report.created, report.updated, report.unchanged, report.duplicate, report.rejected)
    assert (report.read, *counts) == (5, 2, 0, 0, 1, 2)
    said = [(each.line, each.column) for each in report.problems]
    assert said == [(3, "attributes"), (4, "email"), (6, "email")]
    assert len(addresses(ann)) == (1 if dry_run else 3)
    if dry_run:
        assert [item["email"] for item in report.sample] == ["a@example.com", "c@example.com"]
        return
    with rejects.open(encoding="utf-8", newline="") as stream:
        refused = {row["line"]: row for row in csv.DictReader(stream)}
    assert refused.keys() == {"3", "4"}
    assert refused["3"]["email"] == "b@example.com"
    assert refused["3"]["reason"] == TOO_MUCH
    assert refused["3"]["more"] == BIG["notes"]


def test_whoever_says_no_in_a_refused_row_has_said_no(ann: CampaignClient, tmp_path: Path) -> None:
    emails = [f"{n}@example.com" for n in range(3)]
    ann.contacts.upsert([{"email": email, "attributes": BIG} for email in emails])
    source = tmp_path / "source.csv"
    wants = ["yes", "no", "no"]
    more = [BIG["notes"], BIG["notes"], "1"]
    cells = zip(emails, wants, more, strict=True)
    source.write_text("\n".join(["email,newsletter,more", *map(",".join, cells)]))
    report = ann.contacts.import_csv(source, consent={"column": "newsletter", "opted_out": ["no"]})
    assert (report.rejected, report.updated, report.opted_out) == (2, 1, 2)
    found = {each.email[0]: each for each in ann.contacts.iterate()}
    assert [found[name].is_subscribed for name in "012"] == [True, False, False]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"email": None}, "email: must not be empty"),
        ({"email": "nobody"}, "email: isn't an e-mail address"),
        ({"phone": ""}, "phone: must have 1 to 64 characters"),
        ({"attributes": []}, "attributes: must be an object"),
        ({"attributes": GROWING}, "attributes: must not exceed 64 kB"),
        ({"unsubscribed_at": "never"}, "row: the database can't store this value"),
        ({"unsubscribed_at": "0001-01-01T00:00:00Z"}, "unsubscribed_at: must lie within the years"),
    ],
)
def test_every_refusal_has_its_words(alice: Any, wrong: dict[str, Any], reason: str) -> None:
    items: list[Any] = [{"email": "a@example.com"}, {"email": "b@example.com", **wrong}]
    answer = alice.rpc("upsert_contacts", {"contacts": [*items, {"email": "c@example.com"}]})
    data: Any = answer.execute().data
    assert (data["created"], data["rejected"]) == (2, [1])
    [said] = data["reasons"]
    assert said.startswith(reason)
    assert rows(alice).keys() == {"a@example.com", "c@example.com"}


def test_a_moment_that_is_wrong_is_a_no_all_the_same(alice: Any) -> None:
    alice.rpc("upsert_contacts", {"contacts": [{"email": "a@example.com"}]}).execute()
    item = {"email": "a@example.com", "unsubscribed_at": "0001-01-01T00:00:00Z"}
    data: Any = alice.rpc("upsert_contacts", {"contacts": [item]}).execute().data
    assert data["rejected"] == [0]
    assert rows(alice)["a@example.com"]["unsubscribed_at"] is not None


def test_of_one_address_the_first_counts_even_if_it_is_refused(alice: Any) -> None:
    twice = [{"email": "a@example.com", "attributes": GROWING}, {"email": "A@example.com"}]
    # Those without an address aren't one and the same.
    items: list[Any] = [{"email": None}, *twice, {"phone": "1"}]
    data: Any = alice.rpc("upsert_contacts", {"contacts": items}).execute().data
    assert (data["created"], data["unchanged"], data["rejected"]) == (0, 0, [0, 1, 3])


TRIGGER = """
create function campaign_private.test_refuse() returns trigger language plpgsql as $$
begin
  if new.attributes ->> 'age' = 'old' then
    raise exception using errcode = tg_argv[0], message = 'must be a number', detail = 'age';
  end if;
  return new;
end $$;
grant execute on function campaign_private.test_refuse() to authenticated;
create trigger test_refuse before insert or update on public.contacts
  for each row when (new.email like '%%@refusing.example')
  execute function campaign_private.test_refuse('{code}');
"""


@pytest.mark.parametrize("code", ["CMP99", "22023", "P0001"])
def test_a_trigger_refuses_one_contact(alice: Any, db: psycopg.Connection, code: str) -> None:
    db.execute(TRIGGER.format(code=code).replace("%%", "%"))
    try:
        items = [
            {"email": f"{age}@refusing.example", "attributes": {"age": age}}
            for age in ("young", "old", "new")
        ]
        data: Any = alice.rpc("upsert_contacts", {"contacts": items}).execute().data
    finally:
        db.execute("drop function campaign_private.test_refuse() cascade")
    assert (data["created"], data["rejected"]) == (2, [1])
    assert data["reasons"] == ["age: must be a number"]


@pytest.mark.parametrize("code", ["42501", "40001", "57014", "23503"])
def test_what_is_wrong_for_all_is_no_refusal(alice: Any, db: psycopg.Connection, code: str) -> None:
    db.execute(TRIGGER.format(code=code).replace("%%", "%"))
    try:
        items = [{"email": f"{n}@refusing.example", "attributes": {"age": "old"}} for n in range(3)]
        with pytest.raises(Exception, match="must be a number"):
            alice.rpc("upsert_contacts", {"contacts": items}).execute()
    finally:
        db.execute("drop function campaign_private.test_refuse() cascade")
    assert rows(alice) == {}


def test_the_database_has_pythons_words(db: psycopg.Connection) -> None:
    comments = db.execute(
        "select conname, obj_description(oid, 'pg_constraint') from pg_constraint"
        " where conrelid = 'public.contacts'::regclass and contype = 'c'"
    ).fetchall()
    assert dict(comments) == {name: ": ".join(CONSTRAINTS[name]) for name, _ in comments}
