"""An event's id says which event it is, and no more: what stands under it must be the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from supabase import Client

from campaign_sdk import CampaignClient

from .test_analytics import NOON, counts, event


@pytest.fixture
def campaign(ann: CampaignClient) -> UUID:
    return ann.campaigns.create("Keyed").id


@pytest.fixture
def contact(ann: CampaignClient) -> UUID:
    ann.contacts.upsert([{"email": "reader@example.com"}])
    found = ann.contacts.find("reader@example.com")
    assert found is not None
    return found.id


def told(report: Any) -> tuple[int, int, int]:
    return report.inserted, report.duplicates, report.rejected


def test_another_event_under_the_same_id_is_refused_and_says_so(
    ann: CampaignClient, campaign: UUID, contact: UUID
) -> None:
    first = event(campaign, value=Decimal("1.50"))
    assert told(ann.analytics.ingest([first])) == (1, 0, 0)
    others = {
        "type": event(campaign, value=Decimal("1.50"), type="click"),
        "occurred_at": event(campaign, value=Decimal("1.50"), occurred_at=NOON.replace(hour=13)),
        "value": event(campaign, value=2),
        "contact_id": event(campaign, value=Decimal("1.50"), contact_id=contact),
        "link": event(campaign, value=Decimal("1.50"), link="https://example.com/"),
    }
    report = ann.analytics.ingest([*others.values(), {**first, "value": Decimal("1.5")}])
    assert told(report) == (0, 1, len(others))
    assert {p.path for p in report.problems} == {"event_id"}
    assert [p.reason.rpartition(" ")[2] for p in report.problems] == list(others)
    assert counts(ann.analytics.summary(campaign)) == (1, 0, 0)


def test_of_two_events_of_one_id_in_one_batch_the_first_counts(
    ann: CampaignClient, campaign: UUID
) -> None:
    opened, clicked = event(campaign), event(campaign, type="click")
    assert told(ann.analytics.ingest([opened, clicked])) == (1, 0, 1)
    assert told(ann.analytics.ingest([clicked, opened])) == (0, 1, 1)
    assert counts(ann.analytics.summary(campaign)) == (1, 0, 0)


def test_refusals_of_all_kinds_keep_their_places(ann: CampaignClient, campaign: UUID) -> None:
    ann.analytics.ingest([event(campaign)])
    report = ann.analytics.ingest(
        [event(campaign, type="click"), event(uuid4(), 2), event(campaign), event(campaign, 3)]
    )
    assert told(report) == (1, 1, 2)
    assert [(p.position, p.path) for p in report.problems] == [(0, "event_id"), (1, "campaign_id")]


def test_who_made_an_event_may_turn_out_later(ann: CampaignClient, campaign: UUID) -> None:
    ann.analytics.ingest([event(campaign, actor="machine")])
    assert told(ann.analytics.ingest([event(campaign)])) == (0, 1, 0)


def test_a_late_event_of_a_deleted_contact_counts_without_them(
    ann: CampaignClient, campaign: UUID, contact: UUID
) -> None:
    early, late = (event(campaign, n, contact_id=contact) for n in (1, 2))
    ann.analytics.ingest([early])
    ann.contacts.delete(contact)
    assert told(ann.analytics.ingest([early, late, late])) == (1, 2, 0)
    summary = ann.analytics.summary(campaign)
    assert (summary.impressions, summary.reach) == (2, None)


def test_only_ones_own_deletions_are_remembered(
    ann: CampaignClient, ben: CampaignClient, contact: UUID
) -> None:
    ann.contacts.delete(contact)
    theirs = ben.campaigns.create("Theirs").id
    report = ben.analytics.ingest([event(theirs, contact_id=contact)])
    assert [p.path for p in report.problems] == ["contact_id"]


def test_nobody_can_say_by_hand_that_a_contact_is_gone(
    alice: Client, db: psycopg.Connection, user_id: Any
) -> None:
    owner = user_id(alice)
    insert = "insert into campaign_private.gone_contacts values (%s, %s)"
    with db.transaction(force_rollback=True):
        db.execute("set local role authenticated")
        claims = json.dumps({"sub": owner, "role": "authenticated"})
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(insert, [owner, uuid4()])


def test_what_is_remembered_goes_with_the_account(
    alice: Client, db: psycopg.Connection, user_id: Any
) -> None:
    owner = user_id(alice)
    count = "select count(*) from campaign_private.gone_contacts where user_id = %s"
    made: Any = alice.table("contacts").insert([{"email": f"{n}@example.com"} for n in "abc"])
    made.execute()
    alice.table("contacts").delete().neq("email", "c@example.com").execute()
    assert db.execute(count, [owner]).fetchone() == (2,)
    db.execute("delete from auth.users where id = %s", [owner])
    assert db.execute(count, [owner]).fetchone() == (0,)
    assert db.execute("select 1 from public.contacts where user_id = %s", [owner]).fetchall() == []


def test_ingestion_never_reads_more_contacts_than_it_is_given(
    alice: Client, db: psycopg.Connection, user_id: Any
) -> None:
    """A join would: the planner guesses how many events a batch has."""
    with db.transaction(force_rollback=True):
        db.execute(
            "insert into public.contacts (user_id, email) "
            "select %s, n || '@example.com' from generate_series(1, 20000) as n",
            [user_id(alice)],
        )
        db.execute("analyze public.contacts")
        source = "select prosrc from pg_proc where proname = 'given_events'"
        (body,) = db.execute(source).fetchone() or ("",)
        body = body.partition("return query")[2].rpartition(";")[0]
        given = json.dumps([event(str(uuid4()), contact_id=str(uuid4()), occurred_at="2025-01-01")])
        # `events` and `owner` are the function's arguments.
        query = body.replace("(events)", "(%(events)s::jsonb)").replace("owner", "%(owner)s::uuid")
        arguments = {"events": given, "owner": user_id(alice)}
        plan = db.execute(f"explain {query}".encode(), arguments).fetchall()
        text = "\n".join(row[0] for row in plan)
        assert "Seq Scan on contacts" not in text
        assert "Index" in text
