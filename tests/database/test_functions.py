"""Functions, called with another user's ids: each sees and changes its caller's rows only."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
import pytest
from supabase import Client

from . import catalog
from .conftest import Refused
from .world import EVERYONE, Row, World

NOT_FOUND = "PT404"
# For nobody but those who aren't signed in; what they do is told in tests/tracking/
# and tests/webhooks/.
FOR_ANON: dict[str, Row] = {
    "note_visit": {"token": "x", "at": "2026-01-01T00:00:00Z", "actor": "human", "rule": "x"},
    "unsubscribe_by_link": {"token": "x"},
    "unsubscribe_page": {"token": "x"},
    "receive_events": {"body": "{}", "proof": "x"},
}


class Call(NamedTuple):
    """A call, and what comes of it: the answer, some of it, or the code of an error."""

    function: str
    arguments: Row
    answer: Any


def calls(mine: World, theirs: World) -> list[Call]:
    """Return, for every function, what somebody could try with what is another's."""
    contact, email = theirs.rows["contacts"]["id"], theirs.rows["contacts"]["email"]
    campaign, segment = theirs.rows["campaigns"]["id"], theirs.rows["audience_segments"]["id"]
    own_campaign = mine.rows["campaigns"]["id"]
    part = {"campaign_id": campaign, "batch": 1}
    own_part = {"campaign_id": own_campaign, "batch": 1}
    lease = theirs.rows["campaign_batches"]["lease"]
    taken = {"lease": lease, "after": 0, "through": 1}
    sent = {"contact_id": contact, "outcome": "sent"}
    receipts = [
        {"campaign_id": campaign, "contact_id": contact, "type": "delivered"},
        {"campaign_id": own_campaign, "contact_id": contact, "type": "delivered"},
        {"provider_id": f"p-{contact}", "type": "bounced"},
    ]
    reports = [
        {"id": "x/1", "kind": "opened", "campaign_id": campaign, "contact_id": contact},
        {"id": "x/2", "kind": "delivered", "provider_id": f"p-{contact}"},
    ]
    rule = {"field": "email", "operator": "=", "value": email}
    them = {"combinator": "and", "rules": [rule]}
    event = {"event_id": "forged", "type": "click", "occurred_at": "2026-01-01T00:00:00Z"}
    events = [
        {"campaign_id": campaign, **event},
        {"campaign_id": own_campaign, "contact_id": contact, **event},
    ]
    forged = {"email": email, "phone": "666", "id": contact, "user_id": theirs.user_id}
    return [
        Call("audience_size", {"rules": EVERYONE}, [{"total": 1, "reachable": 1}]),
        Call("audience_size", {"rules": them}, [{"total": 0, "reachable": 0}]),
        Call("match_contacts", {"rules": EVERYONE}, [mine.rows["contacts"]]),
        Call("match_contacts", {"rules": them}, []),
        Call("group_audience", {"rules": them, "field": "email"}, {"total": 0, "groups": []}),
        Call("audience_funnel", {"rules": them}, [{"alone": 0, "cumulative": 0}]),
        Call("inspect_audience", {"rules": them}, {"total": 0, "reachable": 0, "lacking": []}),
        Call("unknown_fields", {"fields": ["nobodys", "email"]}, ["nobodys"]),
        Call("update_contact", {"contact_id": contact, "changes": {"phone": "666"}}, []),
        Call("find_contact", {"email": email}, []),
        Call("unsubscribe_contact", {"contact_id": contact}, []),
        Call("suppress_addresses", {"emails": [email]}, {"added": 1}),
        Call("find_suppression", {"email": email}, [{"reason": "manual"}]),
        Call("lift_suppression", {"email": email}, [{"reason": "manual"}]),
        Call("unsubscribe_contacts", {"contacts": [{"email": email}]}, {"updated": 0}),
        Call("preview_contacts", {"contacts": [forged]}, {"created": 1, "updated": 0}),
        Call("list_contact_fields", {}, {"sampled": 1}),
        Call("move_campaign", {"campaign_id": campaign, "move": "resume"}, NOT_FOUND),
        Call("experiment_arms", {"campaign_id": campaign}, NOT_FOUND),
        Call("break_down_campaign", {"campaign_id": campaign, "field": "city"}, NOT_FOUND),
        Call("click_hours", {"campaign_id": campaign}, NOT_FOUND),
        Call("click_hours", {"by_contact": True}, {"nameless": 0, "people": 1, "campaigns": 1}),
        Call("copy_assets", {"source": campaign, "target": own_campaign}, []),
        Call("freeze_campaign", {"campaign_id": campaign}, []),
        Call("delivery_status", {"campaign_id": campaign}, []),
        Call("campaign_members", {"campaign_id": campaign}, []),
        Call("claim_batch", {"campaign_id": campaign}, NOT_FOUND),
        Call("begin_send", {**part, "lease": lease, "after": 0, "through": 1}, NOT_FOUND),
        Call("begin_send", {**part, **taken, "outcomes": [sent]}, NOT_FOUND),
        Call("settle_send", {**part, "outcomes": [sent]}, NOT_FOUND),
        Call("settle_send", {**own_part, "outcomes": [sent]}, "22023"),
        Call("release_batch", {**part, "lease": lease, "outcomes": [sent]}, NOT_FOUND),
        Call("resolve_unknown", {"campaign_id": campaign, "decision": "retry"}, NOT_FOUND),
        Call("resolve_unknown", {"campaign_id": campaign, "decision": "failed"}, NOT_FOUND),
        Call("receive_receipts", {"receipts": receipts}, {"changed": 0, "unmatched": 3}),
        Call("tick_campaigns", {}, {"launched": 0, "failed": 0, "doubts": 0, "completed": 0}),
        Call("ingest_events", {"events": events}, {"inserted": 0, "rejected": [0, 1]}),
        Call("record_engagement", {"campaign_id": campaign, "clicks": 666}, NOT_FOUND),
        Call("summarize_campaign", {"campaign_id": campaign}, NOT_FOUND),
        Call("reconcile_campaign", {"campaign_id": campaign}, NOT_FOUND),
        Call("report_engagement", {"campaign_ids": [own_campaign, campaign]}, NOT_FOUND),
        Call("report_engagement", {"segment": segment}, NOT_FOUND),
        Call("report_engagement", {"by_campaign": True}, {"campaigns": [own_campaign]}),
        Call("link_signer", {"campaign_id": campaign}, NOT_FOUND),
        Call("rotate_link_key", {}, {"user_id": mine.user_id, "key_id": 2}),
        Call("revoke_link_key", {"key_id": 3}, NOT_FOUND),
        Call("set_unsubscribe_page", {"page": None}, {"user_id": mine.user_id}),
        Call("receive_reports", {"reports": [], "campaign_id": campaign}, NOT_FOUND),
        Call("receive_reports", {"reports": reports}, {"inserted": 0, "unmatched": 2}),
        Call("schema_violations", {}, {"contacts": 1, "broken": 0}),
        Call("export_person", {"contact_id": contact}, NOT_FOUND),
        Call("erase_person", {"contact_id": contact}, NOT_FOUND),
        Call("begin_draft", {"tokens": 10_000_000}, "22023"),
        Call("settle_draft", {"reservation": contact, "tokens": 0}, []),
        Call("count_clicks", {"campaign_id": campaign}, NOT_FOUND),
        Call("contact_history", {"contact_id": contact}, NOT_FOUND),
        *(Call(name, arguments, "42501") for name, arguments in FOR_ANON.items()),
        # Not a conflict: the same address may be a contact of both.
        Call("upsert_contacts", {"contacts": [forged]}, {"created": 1, "updated": 0}),
    ]


def agrees(data: Any, answer: Any) -> bool:
    """Tell whether the data has as many rows as the answer, and each all that it asks for."""
    found, wanted = ([it] if isinstance(it, dict) else it for it in (data, answer))
    return len(found) == len(wanted) and all(
        row == part or row.items() >= part.items() for row, part in zip(found, wanted, strict=True)
    )


def test_every_function_has_its_story(
    db: psycopg.Connection, mallory: World, victim: World
) -> None:
    told = {call.function for call in calls(mallory, victim)}
    # They take nothing: one says when a tick ran, one what a request may not ask.
    assert catalog.functions(db, "public") == told | {"last_tick", "refuse_estimates"}


@pytest.mark.usefixtures("unharmed")
def test_a_call_reaches_nothing_of_anothers(
    vandal: World, victim: World, refused: Refused, subtests: pytest.Subtests
) -> None:
    for function, arguments, answer in calls(vandal, victim):
        with subtests.test(function):
            call = vandal.client.rpc(function, arguments)
            if isinstance(answer, str):
                assert refused(call.execute) == answer
            else:
                data = call.execute().data
                assert agrees(data, answer), data


@pytest.mark.usefixtures("unharmed")
def test_nobody_signed_in_may_call(
    nobody: Client, victim: World, refused: Refused, subtests: pytest.Subtests
) -> None:
    for function, arguments, _ in calls(victim, victim):
        if function in FOR_ANON:
            continue
        with subtests.test(function):
            assert refused(nobody.rpc(function, arguments).execute) == "42501"


def test_the_service_is_told_that_it_has_no_contacts_of_its_own(
    service: Client, victim: World, refused: Refused, subtests: pytest.Subtests
) -> None:
    """It would get an answer about nobody: zero, or nothing."""
    for function, arguments, _ in calls(victim, victim):
        with subtests.test(function):
            assert refused(service.rpc(function, arguments).execute) == "42501"


def test_the_private_schema_is_not_served(vandal: World, service: Client, refused: Refused) -> None:
    for client in (vandal.client, service):
        private = client.schema("campaign_private")
        assert refused(private.from_("campaign_moves").select("*").execute) == "PGRST106"
        assert refused(private.rpc("is_timezone", {"name": "UTC"}).execute) == "PGRST106"
        assert refused(client.rpc("is_timezone", {"name": "UTC"}).execute) == "PGRST202"
        assert refused(client.from_("campaign_moves").select("*").execute) == "PGRST205"
