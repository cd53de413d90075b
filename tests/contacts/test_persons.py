"""All that there is about one person, handed over and erased."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import psycopg
import pytest

from campaign_sdk import CampaignClient, Contact, NotFound, everyone
from campaign_sdk.webhooks import DeliveryEvent, Kind

KINDS: list[Kind] = ["delivered", "opened", "clicked", "bounced"]


@pytest.fixture
def word() -> str:
    """What stands nowhere else in the tables, which others use as well."""
    return uuid.uuid4().hex


@pytest.fixture
def person(ann: CampaignClient, word: str) -> Contact:
    """Somebody with a bit of everything."""
    email = f"{word}@example.com"
    ann.contacts.upsert([{"email": email, "phone": f"+{word}", "attributes": {"note": word}}])
    contact = ann.contacts.find(email)
    assert contact is not None
    campaign = ann.campaigns.create("Spring", message="Hi", rules=everyone())
    ann.analytics.receive(
        [
            DeliveryEvent(
                id=f"test/{kind}",
                kind=kind,
                campaign_id=campaign.id,
                contact_id=contact.id,
                at=contact.created_at - timedelta(hours=1) + timedelta(minutes=n),
                reason="soft",
                url="https://shop.example/x",
                address=email,
            )
            for n, kind in enumerate(KINDS)
        ]
    )
    return contact


def test_an_export_holds_everything_as_json(ann: CampaignClient, person: Contact) -> None:
    ann.suppressions.add(person.email, source="me")
    found = json.loads(json.dumps(ann.contacts.export_person(person.id)))
    assert found["contact"]["email"] == person.email
    assert found["contact"]["attributes"] == person.attributes
    types = ["delivered", "impression", "click", "bounced"]
    assert [event["type"] for event in found["events"]] == types
    assert {event["campaign"] for event in found["events"]} == {"Spring"}
    assert found["suppression"]["source"] == "me"
    assert len(found["soft_bounces"]) == 1


def test_an_export_of_somebody_new_is_empty(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "new@example.com"}])
    [contact] = ann.contacts.iterate()
    found = ann.contacts.export_person(contact.id)
    assert (found["suppression"], found["soft_bounces"], found["events"]) == (None, [], [])


@pytest.mark.parametrize("opted_out", ["not", "unsubscribed", "suppressed"])
def test_an_erasure_leaves_the_counts_and_the_refusal(
    ann: CampaignClient, person: Contact, opted_out: str
) -> None:
    if opted_out == "unsubscribed":
        ann.contacts.unsubscribe(person.id)
    if opted_out == "suppressed":
        ann.suppressions.add(person.email)
    done = ann.contacts.erase_person(person.id)
    assert (done.events, done.suppressed) == (4, opted_out != "not")
    [campaign] = ann.campaigns.list()
    totals = ann.analytics.summary(campaign.id)
    assert (totals.delivered, totals.impressions, totals.clicks) == (1, 1, 1)
    ann.contacts.upsert([{"email": person.email}])
    [again] = ann.contacts.iterate()
    assert again.is_subscribed == (opted_out == "not")
    assert again.attributes == {}


def test_nothing_of_the_person_stays_in_any_table(
    ann: CampaignClient, person: Contact, word: str, db: psycopg.Connection
) -> None:
    def places() -> set[str]:
        tables = db.execute(
            "select oid::regclass::text from pg_class where relkind = 'r' "
            "and relnamespace::regnamespace::text in ('public', 'campaign_private')"
        ).fetchall()
        found = set()
        for (table,) in tables:
            rows = db.execute(f"select t::text from {table} as t".encode()).fetchall()
            if any(word in str(row) or word.encode().hex() in str(row) for row in rows):
                found.add(str(table))
        return found

    assert places() == {"contacts"}
    ann.contacts.unsubscribe(person.id)
    ann.contacts.erase_person(person.id)
    assert places() == set()


def test_of_anothers_nothing_is_told_or_erased(
    ann: CampaignClient, ben: CampaignClient, person: Contact
) -> None:
    for call in (ben.contacts.export_person, ben.contacts.erase_person):
        with pytest.raises(NotFound):
            call(person.id)
    assert ann.contacts.get(person.id) == person
