"""Members that are kept: as of when, by which rules, and for nothing but what asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from postgrest import APIError

from campaign_sdk import CampaignClient, LocalSupabase, everyone, field
from clients import client_of, sign_up

from .conftest import Before

pytestmark = pytest.mark.local_stack
PUNE = field("city") == "Pune"


@pytest.fixture
def one(stack: LocalSupabase) -> Iterator[CampaignClient]:
    """Somebody with 1,502 contacts in Pune, which is more than a part, and two elsewhere."""
    with client_of(stack) as client:
        sign_up(client, "keeper")
        people = [
            {"email": f"c{n}@example.com", "attributes": {"city": "Pune" if n > 1 else "Oslo"}}
            for n in range(1_504)
        ]
        client.contacts.upsert(people)
        yield client


@pytest.fixture
def segment(one: CampaignClient) -> UUID:
    return one.segments.create("Pune", PUNE).id


def call(client: CampaignClient, name: str, **arguments: Any) -> list[dict[str, Any]]:
    given = {
        key: str(value) if isinstance(value, UUID) else value for key, value in arguments.items()
    }
    answer: Any = client.supabase.rpc(name, given).execute().data
    assert isinstance(answer, list)
    return answer


def keep(client: CampaignClient, segment: UUID) -> dict[str, Any]:
    [kept] = call(client, "keep_segment", segment_id=segment)
    return kept


def kept_ids(client: CampaignClient, segment: UUID, page: int = 700, **more: Any) -> list[str]:
    found: list[str] = []
    while rows := call(client, "kept_contacts", segment_id=segment, page=page,
                       after=found[-1] if found else None, **more):  # fmt: skip
        found += [row["id"] for row in rows]
    return found


def test_nothing_is_kept_until_it_is_asked_for(one: CampaignClient, segment: UUID) -> None:
    assert call(one, "kept_segment", segment_id=segment) == []
    assert kept_ids(one, segment) == []


def test_what_is_kept_is_who_belongs(one: CampaignClient, segment: UUID) -> None:
    kept = keep(one, segment)
    assert (kept["version"], kept["total"], kept["reachable"]) == (1, 1_502, 1_502)
    assert kept_ids(one, segment) == [str(each.id) for each in one.segments.members(segment)]
    assert call(one, "kept_segment", segment_id=segment) == [kept]


def test_it_is_as_old_as_it_says_until_it_is_kept_anew(
    one: CampaignClient, segment: UUID, db: psycopg.Connection
) -> None:
    first = keep(one, segment)
    people = list(one.segments.members(segment))
    one.contacts.upsert(
        [{"email": each.email, "attributes": {"city": "Rome"}} for each in people[:600]]
    )
    one.contacts.unsubscribe(people[-1].id)
    one.contacts.delete(people[-2].id)
    assert call(one, "kept_segment", segment_id=segment) == [first]
    # As they are now, and as far as they are there.
    assert len(kept_ids(one, segment)) == 1_501
    assert len(kept_ids(one, segment, reachable=True)) == 1_500
    second = keep(one, segment)
    assert (second["version"], second["total"], second["reachable"]) == (2, 901, 900)
    assert second["as_of"] > first["as_of"]
    assert kept_ids(one, segment) == [str(each.id) for each in one.segments.members(segment)]
    parts = db.execute(
        "select count(*) from public.segment_members where segment_id = %s", [segment]
    ).fetchone()
    assert parts == (1,), "what is left of larger times goes"


def test_it_says_when_the_rules_have_changed(one: CampaignClient, segment: UUID) -> None:
    assert keep(one, segment)["is_current"]
    one.segments.update(segment, rules=field("city") == "Oslo")
    [old] = call(one, "kept_segment", segment_id=segment)
    assert (old["is_current"], old["total"]) == (False, 1_502)
    new = keep(one, segment)
    assert (new["is_current"], new["total"], new["version"]) == (True, 2, 2)


def test_a_launch_asks_the_rules_and_not_what_is_kept(one: CampaignClient, segment: UUID) -> None:
    keep(one, segment)
    one.contacts.upsert([{"email": "late@example.com", "attributes": {"city": "Pune"}}])
    campaign = one.campaigns.create("Live", subject="Hi", message="Hi", segment_id=segment)
    assert one.campaigns.launch(campaign.id).audience_size == 1_503
    assert one.segments.size(segment).count == 1_503


def test_it_goes_with_its_segment(
    one: CampaignClient, segment: UUID, db: psycopg.Connection
) -> None:
    keep(one, segment)
    one.segments.delete(segment)
    left = db.execute(
        "select count(*) from public.segment_members where segment_id = %s", [segment]
    ).fetchone()
    assert left == (0,)


def test_of_others_nothing_is_kept_seen_or_learnt(one: CampaignClient, before: Before) -> None:
    keep(before.client, before.segment)
    assert call(one, "kept_segment", segment_id=before.segment) == []
    assert call(one, "kept_contacts", segment_id=before.segment) == []
    for table in ("segment_memberships", "segment_members"):
        rows = one.supabase.table(table)
        assert rows.select("*").execute().data == []
        query = rows.delete().eq("segment_id", str(before.segment))
        assert query.execute().data == []
    codes = set()
    for which in (before.segment, uuid4()):
        with pytest.raises(APIError) as caught:
            call(one, "keep_segment", segment_id=which)
        codes.add(caught.value.code)
        row = {"segment_id": str(which), "timezone": "UTC", "total": 0, "reachable": 0}
        with pytest.raises(APIError) as caught:
            one.supabase.table("segment_memberships").insert(row).execute()
        codes.add(caught.value.code)
    assert codes == {"PT404", "23503"}
    [kept] = call(before.client, "kept_segment", segment_id=before.segment)
    assert kept["total"] == 1


def test_a_cron_keeps_for_each_owner_what_is_theirs(
    one: CampaignClient, segment: UUID, before: Before, db: psycopg.Connection
) -> None:
    everybody = before.client.segments.create(f"All {uuid4()}", everyone()).id
    keep(before.client, everybody)
    keep(one, segment)
    one.contacts.upsert([{"email": "new@example.com", "attributes": {"city": "Pune"}}])
    refresh = "select campaign_private.refresh_segments(%s::interval)"
    assert db.execute(refresh, ["1 hour"]).fetchone() == (0,)
    [done] = db.execute(refresh, ["0 seconds"]).fetchone() or [0]
    assert done >= 2
    [mine] = call(one, "kept_segment", segment_id=segment)
    [theirs] = call(before.client, "kept_segment", segment_id=everybody)
    assert (mine["version"], mine["total"]) == (2, 1_503)
    assert (theirs["version"], theirs["total"]) == (2, 1)
    by_hand = "select version from campaign_private.keep_segment(%s)"
    assert db.execute(by_hand, [segment]).fetchone() == (3,)
    with pytest.raises(psycopg.Error, match="there is no such segment"):
        db.execute(by_hand, [uuid4()])
    claims = db.execute("select current_setting('request.jwt.claims', true)").fetchone()
    assert claims in ((None,), ("",))
