"""The database holds contacts to their schema, whoever writes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError
from pydantic import ConfigDict
from supabase import Client

from campaign_sdk import (
    Attributes,
    CampaignClient,
    Contact,
    ImportReport,
    InvalidInput,
    NotFound,
    SchemaViolation,
)
from campaign_sdk.attributes._schema import schema_of

from .customer import Customer

UserId = Callable[[Client], str]
WHOLE = "must be a whole number"
MOMENT = "must be a date, or a moment with its offset such as 2026-01-31T09:00:00Z"
MANY = {"email": "many@example.com", "attributes": {"orders": "many"}}
SOUND = {"email": "sound@example.com", "attributes": {"orders": 3, "plan": "pro"}}


class Person(Attributes):
    name: str
    home: dict[str, Any] | None


class Household(Attributes):
    head: Person
    plan: str = "free"


def stored(client: CampaignClient, email: str) -> Contact:
    found = client.contacts.find(email)
    assert found is not None
    return found


def told(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in report.problems]


def owner(client: CampaignClient) -> str:
    user = client.auth.user
    assert user is not None
    return str(user.id)


def test_an_upsert_keeps_what_fits(ann: CampaignClient) -> None:
    ann.contacts.define(Customer)
    report = ann.contacts.upsert([MANY, SOUND, {"email": "none@example.com"}])
    assert (report.created, report.rejected) == (2, 1)
    assert told(report) == [(0, "attributes.orders", WHOLE)]
    assert ann.contacts.find("many@example.com") is None
    assert stored(ann, "sound@example.com").attributes == SOUND["attributes"]
    # Many are wrong, each in its own way.
    wrong: list[dict[str, Any]] = [
        {"email": f"{n}@example.com", "attributes": {"orders": n, "vip": n}} for n in range(300)
    ]
    wrong[7]["attributes"]["vip"] = True
    report = ann.contacts.upsert(wrong)
    assert (report.created, report.rejected) == (1, 299)
    assert {reason for _, _, reason in told(report)} == {"must be true or false"}


def test_an_update_names_field_and_type(ann: CampaignClient) -> None:
    ann.contacts.define(Customer)
    ann.contacts.upsert([SOUND])
    found = stored(ann, "sound@example.com")
    with pytest.raises(InvalidInput) as caught:
        ann.contacts.update(found.id, attributes={"orders": "many"})
    assert (caught.value.path, caught.value.reason) == ("attributes.orders", WHOLE)
    assert "many" not in repr(caught.value.__cause__)
    assert ann.contacts.update(found.id, attributes={"orders": 4}).attributes["orders"] == 4


FILE = """\
email,orders,plan,last_order_at,vip,tags,address.post code,code,spend
a@example.com,many,pro,2026-01-31,yes,"[""new""]",01067,7,1.5
b@example.com,3,pro,2026-01-31T10:00:00+01:00,no,,1234,7a,2
c@example.com,4,gold,,,,,,
d@example.com,5,free,soon,,,,,
e@example.com,,,,perhaps,,,,
f@example.com,,,,,,,,-1
"""
KEPT = {
    "orders": 3,
    "plan": "pro",
    "last_order_at": "2026-01-31T09:00:00Z",
    "vip": False,
    "address": {"post code": "1234"},
    "code": "7a",
    "spend": 2,
}
REFUSED = [
    (2, "attributes.orders", WHOLE),
    (4, "attributes.plan", 'must be one of "free", "pro"'),
    (5, "attributes.last_order_at", MOMENT),
    (6, "attributes.vip", "must be true or false"),
    (7, "attributes.spend", "must be a number of at least 0"),
]


def test_a_file_keeps_what_fits(ann: CampaignClient, tmp_path: Path) -> None:
    ann.contacts.define(Customer)
    file, rejects = tmp_path / "people.csv", tmp_path / "rejects.csv"
    file.write_text(FILE)
    dry = ann.contacts.import_csv(file, dry_run=True)
    report = ann.contacts.import_csv(file, rejects=rejects)
    for each in (dry, report):
        assert (each.created, each.rejected) == (1, 5)
        assert told(each) == REFUSED
    assert [warning.column for warning in report.warnings] == ["code"]
    assert stored(ann, "b@example.com").attributes == KEPT
    # What was mended is read as the file was.
    mended = rejects.read_text("utf-8-sig").replace("many", "2").replace("gold", "free")
    rejects.write_text(mended.replace("soon", "").replace("perhaps", "true").replace("-1", "1"))
    again = ann.contacts.import_csv(rejects)
    assert (again.created, again.rejected) == (5, 0)
    first = stored(ann, "a@example.com").attributes
    assert (first["orders"], first["vip"], first["tags"]) == (2, True, ["new"])
    assert first["address"] == {"post code": "01067"}


def test_types_that_are_named_count_more(ann: CampaignClient, tmp_path: Path) -> None:
    ann.contacts.define(Customer)
    file = tmp_path / "people.csv"
    file.write_text("email,orders,born\na@example.com,3,31.01.2000\n")
    report = ann.contacts.import_csv(file, types={"orders": "text", "born": "date:%d.%m.%Y"})
    assert told(report) == [(2, "attributes.orders", WHOLE)]
    assert ann.contacts.import_csv(file, types={"born": "date:%d.%m.%Y"}).created == 1
    assert stored(ann, "a@example.com").attributes == {"orders": 3, "born": "2000-01-31"}


def test_rest_is_refused(alice: Client) -> None:
    alice.table("attribute_schemas").insert({"schema": dict(schema_of(Customer))}).execute()
    table = alice.table("contacts")
    with pytest.raises(APIError) as caught:
        table.insert([SOUND, MANY]).execute()
    assert (caught.value.code, caught.value.message) == ("CMP08", WHOLE)
    assert caught.value.details == "attributes.orders"
    table.insert(SOUND).execute()
    wrong = {"attributes": {"orders": 1.5}}
    with pytest.raises(APIError, match=WHOLE):
        table.update(wrong).eq("email", SOUND["email"]).execute()
    with pytest.raises(APIError, match=WHOLE):
        table.upsert({**SOUND, **wrong}, on_conflict="user_id,email").execute()
    answer: Any = alice.rpc("upsert_contacts", {"contacts": [MANY, SOUND]}).execute().data
    assert (answer["unchanged"], answer["rejected"]) == (1, [0])
    assert answer["reasons"] == [f"attributes.orders: {WHOLE}"]


def test_sql_is_refused(
    alice: Client, bob: Client, user_id: UserId, db: psycopg.Connection
) -> None:
    schema = dict(schema_of(Customer))
    alice.table("attribute_schemas").insert({"schema": schema}).execute()
    bob.table("attribute_schemas").insert({"schema": schema, "mode": "warn"}).execute()
    add = "insert into contacts (user_id, email, attributes) values (%s, %s, %s)"
    with pytest.raises(psycopg.Error, match=WHOLE):
        db.execute(add, [user_id(alice), "sql@example.com", '{"orders": "many"}'])
    db.execute(add, [user_id(alice), "sql@example.com", '{"orders": 1}'])
    db.execute(add, [user_id(bob), "sql@example.com", '{"orders": "many"}'])
    change = "update contacts set attributes = attributes || %s where user_id = %s"
    with pytest.raises(psycopg.Error, match=WHOLE):
        db.execute(change, ['{"orders": []}', user_id(alice)])
    db.execute(change, ['{"orders": []}', user_id(bob)])


def test_warned_of(ann: CampaignClient, tmp_path: Path) -> None:
    assert ann.contacts.define(Customer, mode="warn").mode == "warn"
    file = tmp_path / "people.csv"
    file.write_text(
        "email,orders,plan\na@example.com,1,gold\nb@example.com,2,x\nc@example.com,3,\n"
    )
    for dry in (True, False):
        report = ann.contacts.import_csv(file, dry_run=dry)
        assert (report.created, report.rejected) == (3, 0)
        (warning,) = report.warnings
        assert (warning.kind, warning.column) == ("schema", "attributes.plan")
        assert "2 contacts" in warning.text
        assert 'must be one of "free", "pro"' in warning.text
    assert ann.contacts.upsert([SOUND]).warnings == ()
    assert len(ann.contacts.upsert([MANY, SOUND]).warnings) == 1
    assert stored(ann, "many@example.com").attributes == {"orders": "many"}
    found = ann.contacts.violations()
    assert (found.contacts, found.broken) == (5, 3)
    assert [(each.field, each.contacts) for each in found.fields] == [("plan", 2), ("orders", 1)]


def test_what_was_there_stays(ann: CampaignClient) -> None:
    ann.contacts.upsert([MANY, SOUND])
    schema = ann.contacts.define(Customer)
    assert schema.broken == 1
    many = stored(ann, "many@example.com")
    found = ann.contacts.violations()
    assert found.fields == (
        SchemaViolation(field="orders", expected=WHOLE, contacts=1, ids=(many.id,)),
    )
    # A change is judged by what is new in it.
    ann.contacts.update(many.id, phone="1", attributes={"plan": "pro"})
    assert ann.contacts.upsert([MANY]).unchanged == 1
    assert not ann.contacts.unsubscribe(many.id).is_subscribed
    with pytest.raises(InvalidInput):
        ann.contacts.update(many.id, attributes={"orders": "more"})
    ann.contacts.update(many.id, attributes={"orders": 5})
    assert ann.contacts.violations().broken == 0


def test_what_was_lacking_stands_in_nobodys_way(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"plan": "pro"}}])
    assert ann.contacts.define(Household).broken == 1
    a = stored(ann, "a@example.com")
    ann.contacts.update(a.id, attributes={"plan": "free"})
    assert ann.contacts.upsert([{"email": a.email, "attributes": {"plan": "pro"}}]).updated == 1
    with pytest.raises(InvalidInput, match=r"head\.name: must not be missing"):
        ann.contacts.update(a.id, attributes={"head": {"home": {}}})
    ann.contacts.update(a.id, attributes={"head": {"name": "Asha"}})
    assert ann.contacts.violations().broken == 0


def test_nobody_is_kept_from_leaving(ann: CampaignClient) -> None:
    ann.contacts.upsert([SOUND])
    ann.contacts.define(Customer)
    gone = {**SOUND, "attributes": {"plan": "gold"}, "unsubscribed_at": True}
    report = ann.contacts.upsert([gone, {"email": "b@example.com"}])
    assert (report.created, report.rejected) == (1, 1)
    assert not stored(ann, "sound@example.com").is_subscribed
    ann.contacts.upsert([MANY | {"email": "x@example.com"}])
    ann.suppressions.add(["b@example.com"])
    assert not stored(ann, "b@example.com").is_subscribed


def test_what_is_required_must_stay(ann: CampaignClient) -> None:
    ann.contacts.define(Household)
    whole = {"head": {"name": "Asha"}, "plan": "pro"}
    report = ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": whole},
            {"email": "b@example.com", "attributes": {"plan": "pro"}},
            {"email": "c@example.com", "attributes": {"head": {"home": {}}}},
            {"email": "d@example.com", "attributes": {"head": None}},
        ]
    )
    assert (report.created, report.rejected) == (1, 3)
    assert told(report) == [
        (1, "attributes.head", "must not be missing"),
        (2, "attributes.head.name", "must not be missing"),
        (3, "attributes.head", "must not be missing"),
    ]
    # What isn't given isn't missing.
    report = ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"plan": "free"}},
            {"email": "a@example.com", "attributes": {"head": {"home": {"rooms": 3}}}},
        ]
    )
    assert (report.updated, report.duplicate) == (1, 1)
    a = stored(ann, "a@example.com")
    for gone in ({"head": None}, {"head": {"name": None}}):
        with pytest.raises(InvalidInput, match="must not be missing"):
            ann.contacts.update(a.id, attributes=gone)


def test_only_what_was_named(ann: CampaignClient) -> None:
    class Closed(Attributes):
        model_config = ConfigDict(extra="forbid")
        plan: str = "free"

    ann.contacts.define(Closed)
    report = ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"plan": "pro", "gone": None}},
            {"email": "b@example.com", "attributes": {"plan": "pro", "more": 1}},
        ]
    )
    assert told(report) == [(1, "attributes", "must hold nothing but plan")]
    assert report.created == 1


def test_a_schema_is_ones_own(ann: CampaignClient, ben: CampaignClient) -> None:
    assert ann.contacts.schema() is None
    with pytest.raises(NotFound, match="no schema"):
        ann.contacts.violations()
    first = ann.contacts.define(Customer)
    assert first.name == "Customer"
    assert {"orders", "address.city", "attributes.email"} <= set(first.fields)
    assert ben.contacts.schema() is None
    assert ben.contacts.upsert([MANY]).created == 1
    second = ann.contacts.define(Household, mode="warn")
    assert second.created_at == first.created_at < second.updated_at
    assert ann.contacts.schema() == second.model_copy(update={"broken": None})
    ben.contacts.undefine()
    assert ann.contacts.schema() is not None
    ann.contacts.undefine()
    ann.contacts.undefine()
    assert ann.contacts.schema() is None
    assert ann.contacts.upsert([MANY]).created == 1


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "string"}, "schema"),
        ({"type": "object", "properties": {"x": {"type": "string", "pattern": "a"}}}, "schema.x"),
        ({"type": "object", "properties": {"x": {"type": "null"}}}, "schema.x"),
        ({"type": "object", "properties": {"x": 3}}, "schema"),
        ({"type": "object", "properties": {"x": {"enum": [None]}}}, "schema.x"),
        ({"type": "object", "properties": {"x": {"enum": []}}}, "schema.x"),
        ({"type": "object", "properties": {"x": {"minimum": 1}}}, "schema.x"),
        ({"type": "object", "properties": {"x": {"type": "number", "minimum": "1) || (1 == 1"}}},
         "schema.x"),
        ({"type": "object",
          "properties": {"x": {"anyOf": [{"type": "array"}, {"type": "string"}]}}}, "schema.x"),
        ({"type": "object", "properties": {"x": {"$ref": "#"}}}, "schema.x"),
        ({"type": "object", "properties": {f"x{n}": {"type": "number"} for n in range(501)}},
         "schema"),
        ({"type": "object", "title": "x" * 70_000}, "schema"),
    ],
)  # fmt: skip
def test_the_database_takes_no_other_schema(
    ann: CampaignClient, schema: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ann.contacts.define(schema)
    assert caught.value.path == path
    assert ann.contacts.schema() is None


def test_a_mode_is_one_of_two(ann: CampaignClient) -> None:
    with pytest.raises(InvalidInput, match="refuse"):
        ann.contacts.define(Customer, mode="ignore")  # type: ignore[arg-type]


def test_an_account_takes_its_schema_along(ann: CampaignClient, db: psycopg.Connection) -> None:
    ann.contacts.define(Customer)
    user = uuid.UUID(owner(ann))
    db.execute("delete from auth.users where id = %s", [user])
    left = db.execute("select count(*) from attribute_schemas where user_id = %s", [user])
    assert left.fetchone() == (0,)
