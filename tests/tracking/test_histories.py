"""The clicks of a campaign by link, and what happened with one contact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest

from campaign_sdk import (
    CampaignClient,
    Happening,
    InvalidInput,
    LinkClicks,
    NotFound,
    everyone,
)
from campaign_sdk.senders import Message, Receipt

from .conftest import people

TOKEN_ANYWHERE = re.compile(r"/functions/v1/t/([cou])/([A-Za-z0-9_-]+)")
NOW = datetime.now(UTC)


def click(campaign: UUID, number: int, **more: object) -> dict[str, object]:
    return {
        "campaign_id": campaign,
        "event_id": f"e{number}",
        "type": "click",
        "occurred_at": NOW - timedelta(hours=1, seconds=-number),
        **more,
    }


def test_clicks_by_link(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Clicked").id
    ann.contacts.upsert([{"email": f"{name}@example.com"} for name in "ab"])
    a, b = (contact.id for contact in ann.contacts.iterate())
    first, second = "https://a.example/ü?x=1#y", "https://b.example/"
    ann.analytics.ingest(
        [
            click(campaign, 1, link=first, contact_id=a),
            click(campaign, 2, link=first, contact_id=a),
            click(campaign, 3, link=first, contact_id=b, actor="machine"),
            click(campaign, 4, link=second, contact_id=b),
            click(campaign, 5),
            click(campaign, 6, link=second, type="impression"),
        ]
    )
    assert ann.analytics.clicks(campaign) == (
        LinkClicks(link=first, clicks=3, human_clicks=2, contacts=1),
        LinkClicks(link=None, clicks=1, human_clicks=1, contacts=0),
        LinkClicks(link=second, clicks=1, human_clicks=1, contacts=1),
    )


def test_nobody_elses(ann: CampaignClient, ben: CampaignClient) -> None:
    campaign = ann.campaigns.create("Mine").id
    ann.contacts.upsert([{"email": "a@example.com"}])
    [contact] = ann.contacts.iterate()
    assert ann.analytics.clicks(campaign) == ()
    assert ann.contacts.history(contact.id) == ()
    for ask in (lambda: ben.analytics.clicks(campaign), lambda: ben.contacts.history(contact.id),
                lambda: ann.contacts.history(uuid4())):  # fmt: skip
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(InvalidInput):
        ann.contacts.history("x")


def test_the_history_of_a_contact_begins_with_the_hand_over(
    olga: CampaignClient, http: httpx.Client
) -> None:
    contact, other = people(olga, 2)
    campaign = olga.campaigns.create(
        "Sent",
        subject="Hi",
        message="See https://a.example/text",
        html='<a href="https://a.example/html">x</a>',
        rules=everyone(),
    )
    olga.campaigns.launch(campaign.id)
    mails: dict[UUID, Message] = {}

    def sender(messages: Sequence[Message]) -> list[Receipt]:
        mails.update({message.contact.id: message for message in messages})
        return [Receipt.sent(message.key) for message in messages]

    assert olga.deliveries.send(campaign.id, sender, track=True).sent == len(mails) >= 2
    mail = mails[contact]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["X-Campaign-Key"] == mail.key
    assert [kind for kind, _ in TOKEN_ANYWHERE.findall(mail.text)] == ["c"]
    assert [kind for kind, _ in TOKEN_ANYWHERE.findall(str(mail.html))] == ["c", "o"]
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert http.post(link).status_code == 200
    olga.analytics.ingest(
        [click(campaign.id, 1, contact_id=contact, type="conversion", value=Decimal("9.50"))]
    )
    found = olga.contacts.history(contact)
    assert [(each.type, each.value) for each in found] == [
        ("conversion", Decimal("9.50")),
        ("sent", None),
        ("unsubscribed", None),
    ]
    sent = next(each for each in found if each.type == "sent")
    assert (sent.campaign_id, sent.campaign_name, sent.actor) == (campaign.id, "Sent", None)
    assert [each.type for each in olga.contacts.history(other)] == ["sent"]
    assert all(isinstance(each, Happening) and each.at.tzinfo for each in found)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//a.example"])
def test_a_link_that_cannot_be_tracked_stops_the_sending_before_it_begins(
    olga: CampaignClient, address: str
) -> None:
    people(olga, 1)
    campaign = olga.campaigns.create(
        "Bad", subject="Hi", html=f'<a href="{address}">x</a>', message="Hi", rules=everyone()
    )
    olga.campaigns.launch(campaign.id)
    with pytest.raises(InvalidInput) as caught:
        olga.deliveries.send(campaign.id, lambda _: [], track=True)
    assert caught.value.path == "link"
    assert olga.deliveries.status(campaign.id).pending > 0
