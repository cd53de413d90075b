"""Who is a member is decided once, in one go or in many pieces, and stays so."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from campaign_sdk import CampaignClient, InvalidInput, everyone, field
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

from .desk import Desk, desk_of

SEVEN = 7


def members(desk: Desk, campaign: str) -> list[str]:
    rows = desk.rows(
        "select unnest(contact_ids)::text as who from public.campaign_batches"
        " where campaign_id = %s order by batch",
        campaign,
    )
    return [row["who"] for row in rows]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 8, 1000])
def test_in_pieces_as_in_one_go(desk: Desk, chunk: int) -> None:
    people = desk.contacts(SEVEN)
    campaign = desk.launched(chunk=chunk)
    assert members(desk, campaign) == people
    assert desk.status(campaign)["audience_size"] == SEVEN


def test_cut_off_and_continued_by_whoever_comes_next(desk: Desk) -> None:
    people = desk.contacts(SEVEN)
    continued = {
        "claim": "select * from public.claim_batch(%s)",
        "freeze": "select * from public.freeze_campaign(%s)",
        "tick": "select * from public.tick_campaigns() where %s::text is not null",
        "doubts": "select * from public.resolve_unknown(%s, 'failed')",
    }
    for how, query in continued.items():
        campaign = desk.launched(chunk=2, patience="0 seconds")
        status = desk.status(campaign)
        assert (status["frozen"], status["audience_size"]) == (False, 0), how
        assert desk.claim(campaign)["state"] == "wait"
        # Whoever comes now isn't a member, though the freeze goes on.
        desk.contacts(1)
        desk.rows("select set_config('campaign_sdk.freeze_patience', '1 minute', false)")
        desk.rows(query, campaign)
        assert members(desk, campaign) == people, how
        assert desk.status(campaign)["frozen"]
        desk.db.execute("delete from public.contacts where not id::text = any (%s)", [people])


def test_each_piece_counts_what_it_froze(desk: Desk) -> None:
    desk.contacts(SEVEN)
    campaign = desk.launched(chunk=3, patience="0 seconds")
    sizes = []
    for _ in range(4):
        # Long enough for one piece, and over once it is done.
        desk.rows("select set_config('campaign_sdk.freeze_patience', '1 millisecond', false)")
        desk.rows("select from public.freeze_campaign(%s)", campaign)
        sizes.append(desk.status(campaign)["audience_size"])
    assert sizes == sorted(sizes)
    desk.rows("select set_config('campaign_sdk.freeze_patience', '1 minute', false)")
    desk.rows("select from public.freeze_campaign(%s)", campaign)
    assert desk.status(campaign)["audience_size"] == SEVEN


def test_a_freeze_cannot_be_declared_done(desk: Desk) -> None:
    desk.contacts(SEVEN)
    campaign = desk.launched(chunk=3, patience="0 seconds")
    desk.db.execute("update public.campaigns set frozen_at = now() where id = %s", [campaign])
    assert not desk.status(campaign)["frozen"]
    with pytest.raises(psycopg.DatabaseError, match="frozen by its launch"):
        desk.db.execute("update public.campaigns set audience_size = 7 where id = %s", [campaign])


def test_two_at_once_freeze_nobody_twice(still: LocalSupabase, desk: Desk) -> None:
    people = desk.contacts(200)
    campaign = desk.launched(chunk=10, patience="0 seconds")
    desk.rows("select set_config('campaign_sdk.freeze_patience', '1 minute', false)")
    with desk_of(still, desk.user_id) as other, desk.db.transaction():
        desk.rows("select from public.freeze_campaign(%s)", campaign)
        # The other doesn't wait for it, and finds nothing to do.
        other.db.execute("set lock_timeout = '1s'")
        assert other.claim(campaign)["state"] == "wait"
    assert members(desk, campaign) == people


def test_who_cannot_be_reached_is_no_member(desk: Desk) -> None:
    people = desk.contacts(SEVEN)
    desk.rows("select from public.unsubscribe_contact(%s)", people[0])
    [email] = desk.rows("select email from public.contacts where id = %s", people[1])
    desk.rows("select public.suppress_addresses(array[%s])", email["email"])
    assert members(desk, desk.launched()) == people[2:]


def test_the_members_stay_whatever_changes(desk: Desk) -> None:
    people = desk.contacts(SEVEN, {"n": 1})
    rules = '{"combinator":"and","rules":[{"field":"n","operator":"=","value":1}]}'
    campaign = desk.launched(rules=rules)
    desk.db.execute("""update public.contacts set attributes = '{"n": 2}'""")
    desk.contacts(3, {"n": 1})
    desk.db.execute("delete from public.contacts where id = %s", [people[0]])
    assert members(desk, campaign) == people
    assert desk.status(campaign)["audience_size"] == SEVEN


@pytest.fixture
def ann(still: LocalSupabase) -> Any:
    with client_of(still) as client:
        yield sign_up(client, "ann")


@pytest.fixture
def db(still: LocalSupabase) -> Any:
    with psycopg.connect(still.db_url, autocommit=True) as connection:
        yield connection


def test_an_audience_goes_on_after_a_contact(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": f"u{n}@example.com"} for n in range(10)])
    campaign = ann.campaigns.create("x", message="Hi", rules=everyone())

    def pages() -> None:
        everybody = list(ann.campaigns.audience(campaign.id, page_size=3))
        assert len({it.id for it in everybody}) == 10
        for position in (0, 4, 9):
            after = everybody[position].id
            rest = list(ann.campaigns.audience(campaign.id, after=after, page_size=4))
            assert rest == everybody[position + 1 :]
            rendered = ann.campaigns.render_audience(campaign.id, after=str(after), page_size=2)
            assert [contact for contact, _ in rendered] == rest

    pages()
    ann.campaigns.launch(campaign.id)
    pages()
    other = next(ann.campaigns.audience(campaign.id)).id
    ann.contacts.upsert([{"email": "new@example.com"}])
    new = ann.contacts.find("new@example.com")
    assert new is not None
    with pytest.raises(InvalidInput, match=r"^after: isn't a member"):
        next(ann.campaigns.audience(campaign.id, after=new.id))
    ann.contacts.delete(other)
    assert len(list(ann.campaigns.audience(campaign.id, after=other))) == 9


def test_a_launch_that_was_cut_off_is_finished_by_launching_again(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    ann.contacts.upsert([{"email": f"u{n}@example.com"} for n in range(5)])
    campaign = ann.campaigns.create("x", message="Hi", rules=field("email") != "u0@example.com")
    db.execute("set campaign_sdk.freeze_patience = '0 seconds'")
    db.execute("update campaigns set status = 'active' where id = %s", [campaign.id])
    assert ann.campaigns.launch(campaign.id).audience_size == 4
    assert len(list(ann.campaigns.audience(campaign.id))) == 4
