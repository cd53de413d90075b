"""Addresses that are never written to again, whatever is imported."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from supabase import Client

from campaign_sdk import CampaignClient, Contact, InvalidInput, NotFound, everyone
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

EMAIL = "Ann@Example.com"


def reachable(client: CampaignClient) -> int:
    """How many may be written to: as counted, as listed, and as a launch freezes them."""
    counted = client.segments.size(everyone()).reachable
    campaign = client.campaigns.create("All", message="Hi", rules=everyone())
    frozen = client.campaigns.launch(campaign.id).audience_size
    listed = len(list(client.campaigns.audience(campaign.id)))
    assert counted == frozen == listed
    return frozen


def the_contact(client: CampaignClient, email: str = EMAIL) -> Contact:
    found = client.contacts.find(email)
    assert found is not None
    return found


def test_a_suppressed_contact_leaves_every_audience(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": EMAIL}, {"email": "ben@example.com"}])
    report = ann.suppressions.add([EMAIL, " ANN@example.com", "cy@example.com"], source="me")
    assert (report.added, report.unchanged) == (2, 0)
    contact = the_contact(ann)
    assert contact.suppressed_at is not None
    assert not contact.is_subscribed
    assert reachable(ann) == 1
    again = ann.suppressions.add(EMAIL, reason="complaint")
    assert (again.added, again.unchanged) == (0, 1)
    found = ann.suppressions.check("ann@EXAMPLE.com")
    assert found is not None
    assert (found.reason, found.source) == ("manual", "me")
    assert found.since == contact.suppressed_at


def test_no_import_lifts_it(ann: CampaignClient, tmp_path: Path) -> None:
    ann.suppressions.add(EMAIL)
    ann.contacts.upsert([{"email": EMAIL}])
    assert the_contact(ann).suppressed_at is not None
    file = tmp_path / "contacts.csv"
    file.write_text("email,city\nann@example.com,Pune\nnew@example.com,Pune\n")
    ann.contacts.import_csv(file)
    assert reachable(ann) == 1


def test_a_person_lifts_it(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": EMAIL}])
    ann.suppressions.add(EMAIL)
    assert ann.suppressions.lift(EMAIL).reason == "manual"
    assert the_contact(ann).is_subscribed
    assert ann.suppressions.check(EMAIL) is None
    with pytest.raises(NotFound):
        ann.suppressions.lift(EMAIL)


def test_a_change_of_address_is_seen(ann: CampaignClient) -> None:
    ann.suppressions.add("out@example.com")
    ann.contacts.upsert([{"email": "in@example.com"}])
    contact = the_contact(ann, "in@example.com")
    assert ann.contacts.update(contact.id, email="OUT@example.com").suppressed_at is not None
    assert ann.contacts.update(contact.id, email="back@example.com").suppressed_at is None


@pytest.mark.parametrize("way", ["unsubscribed", "imported so"])
def test_deleting_does_not_forget_an_unsubscription(ann: CampaignClient, way: str) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC) if way == "imported so" else None
    ann.contacts.upsert([{"email": EMAIL, "unsubscribed_at": since}])
    contact = the_contact(ann)
    if way == "unsubscribed":
        ann.contacts.unsubscribe(contact.id)
    ann.contacts.delete(contact.id)
    ann.contacts.upsert([{"email": EMAIL}])
    assert reachable(ann) == 0
    found = ann.suppressions.check(EMAIL)
    assert found is not None
    assert found.reason == "unsubscribed"


def test_deleting_a_subscriber_leaves_nothing_behind(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": EMAIL}])
    ann.contacts.delete(the_contact(ann).id)
    assert list(ann.suppressions.list()) == []


def test_a_former_address_stays_out(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": EMAIL}])
    contact = the_contact(ann)
    ann.contacts.unsubscribe(contact.id)
    ann.contacts.update(contact.id, email="new@example.com")
    ann.contacts.upsert([{"email": EMAIL}])
    assert reachable(ann) == 0


def test_suppressions_are_the_owners(ann: CampaignClient, ben: CampaignClient) -> None:
    for client in (ann, ben):
        client.contacts.upsert([{"email": EMAIL}])
    ann.suppressions.add(EMAIL)
    assert the_contact(ben).is_subscribed
    assert list(ben.suppressions.list()) == []
    ben.suppressions.add(EMAIL)
    one, other = (next(iter(client.suppressions.list())) for client in (ann, ben))
    assert one.address != other.address


def test_what_is_wrong_is_refused_before_anything_is_sent(ann: CampaignClient) -> None:
    with pytest.raises(InvalidInput, match=r"\$\[1\]"):
        ann.suppressions.add(["a@example.com", "nonsense"])
    with pytest.raises(InvalidInput, match="reason"):
        ann.suppressions.add(EMAIL, reason="dislike")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="source"):
        ann.suppressions.add(EMAIL, source="x" * 101)
    assert list(ann.suppressions.list()) == []


def test_pages_hold_each_once(ann: CampaignClient) -> None:
    ann.suppressions.add(f"p{n}@example.com" for n in range(25))
    found = [one.address for one in ann.suppressions.list(page_size=10)]
    assert len(found) == len(set(found)) == 25


# By whatever door --------------------------------------------------------------------


@pytest.fixture
def olga(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "olga")


def test_nobody_writes_the_mark_by_hand(olga: CampaignClient) -> None:
    table = olga.supabase.from_("contacts")
    forged = {"email": "x@example.com", "suppressed_at": "2026-01-01T00:00:00Z"}
    table.insert(forged).execute()
    assert the_contact(olga, "x@example.com").suppressed_at is None
    olga.suppressions.add("x@example.com")
    table.update({"suppressed_at": None}).eq("email", "x@example.com").execute()
    assert the_contact(olga, "x@example.com").suppressed_at is not None


def test_a_row_by_hand_is_refused_and_a_deleted_one_lifts(
    olga: CampaignClient,
) -> None:
    olga.contacts.upsert([{"email": EMAIL}])
    olga.suppressions.add(EMAIL)
    table = olga.supabase.from_("suppressions")
    row = {"address": "\\x" + "00" * 32, "reason": "manual"}
    with pytest.raises(Exception, match="42501"):
        table.insert(row).execute()
    table.delete().eq("reason", "manual").execute()
    assert the_contact(olga).is_subscribed


def test_no_address_lies_around(olga: CampaignClient, db: psycopg.Connection) -> None:
    olga.suppressions.add("secret.person@example.com")
    query = "select s::text, k::text from suppressions s join campaign_private.address_keys k"
    for row, key in db.execute(f"{query} using (user_id)".encode()):
        assert "secret" not in row
        assert "secret" not in key
        assert b"secret".hex() not in row
    assert "secret" not in repr(next(iter(olga.suppressions.list())))


def test_the_hash_is_hmac_sha256(olga: CampaignClient, db: psycopg.Connection) -> None:
    olga.suppressions.add(EMAIL)
    query = (
        "select s.address, k.key from suppressions s join campaign_private.address_keys k "
        "using (user_id) where s.user_id = %s"
    )
    session = olga.auth.session
    assert session is not None
    [(address, key)] = db.execute(query, [session.user.id]).fetchall()
    assert address == hmac.digest(key, b"ann@example.com", "sha256")


@settings(max_examples=40)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_of_the_database_is_pythons(stack: LocalSupabase, message: bytes, key: bytes) -> None:
    with psycopg.connect(stack.db_url) as db:
        query = "select campaign_private.hmac_sha256(%s::bytea, %s::bytea)"
        assert db.execute(query, [message, key]).fetchone() == (
            hmac.new(key, message, hashlib.sha256).digest(),
        )


def test_an_account_goes_whole(olga: CampaignClient, db: psycopg.Connection) -> None:
    olga.contacts.upsert([{"email": f"c{n}@example.com"} for n in range(50)])
    for contact in olga.contacts.iterate():
        olga.contacts.unsubscribe(contact.id)
    olga.contacts.delete(next(iter(olga.contacts.iterate())).id)
    olga.suppressions.add(f"c{n}@example.com" for n in range(10))
    session = olga.auth.session
    assert session is not None
    user = session.user.id
    # On a hosted project Auth's own role does it, which may do nothing outside of auth.
    with db.transaction(force_rollback=False):
        db.execute("create role auth_alone; grant usage on schema auth to auth_alone")
        db.execute("grant select, delete on auth.users to auth_alone; set local role auth_alone")
        db.execute("delete from auth.users where id = %s", [user])
        db.execute("reset role; drop owned by auth_alone; drop role auth_alone")
    for table in ("contacts", "suppressions", "campaign_private.address_keys"):
        query = f"select count(*) from {table} where user_id = %s"
        assert db.execute(query.encode(), [user]).fetchone() == (0,)


def test_a_contact_that_is_being_added_is_seen(olga: CampaignClient, stack: LocalSupabase) -> None:
    """Whoever suppresses its address meanwhile waits, and then marks it."""
    session = olga.auth.session
    assert session is not None
    claims = json.dumps({"role": "authenticated", "sub": str(session.user.id)})
    suppressing = threading.Thread(target=olga.suppressions.add, args=(EMAIL,))
    with psycopg.connect(stack.db_url) as db:
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute("set local role authenticated")
        db.execute("insert into contacts (email) values ('ann@example.com')")
        suppressing.start()
        suppressing.join(timeout=0.5)
        assert suppressing.is_alive()
    suppressing.join()
    assert the_contact(olga).suppressed_at is not None


def test_the_service_marks_as_well(
    olga: CampaignClient, alice: Client, db: psycopg.Connection
) -> None:
    """A job with the secret key may write the contacts of many owners in one statement."""
    olga.suppressions.add(EMAIL)
    session = olga.auth.session
    other = alice.auth.get_user()
    assert session is not None
    assert other is not None
    with db.transaction():
        db.execute("set local role service_role")
        db.execute(
            "insert into contacts (user_id, email) values (%s, 'ann@example.com'), "
            "(%s, 'ann@example.com')",
            [session.user.id, other.user.id],
        )
    assert the_contact(olga).suppressed_at is not None
    query = "select suppressed_at from contacts where user_id = %s"
    assert db.execute(query, [other.user.id]).fetchone() == (None,)


def test_what_is_looked_up_doesnt_grow_with_what_is_suppressed(
    stack: LocalSupabase, ann: CampaignClient
) -> None:
    assert ann.auth.user is not None
    emails = [f"c{n}@example.com" for n in range(300)]
    ann.suppressions.add(emails)
    claims = json.dumps({"sub": str(ann.auth.user.id), "role": "authenticated"})
    read = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = %s"
    with psycopg.connect(stack.db_url) as db:
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute("set local role authenticated")
        given = json.dumps([{"email": email} for email in emails[:40]])
        db.execute("select public.upsert_contacts(%s)", [given])
        db.execute("select public.find_suppression(%s)", [emails[0]])
        for table in ("suppressions", "contacts"):
            found = db.execute(read, [table]).fetchone()
            assert found is not None
            assert 40 <= found[0] <= 5 * 40
