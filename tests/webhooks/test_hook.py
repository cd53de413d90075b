"""The function behind /functions/v1/hook/<provider>, in real Deno on a real stack."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from campaign_sdk import Campaign, CampaignClient, everyone
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

from . import payloads
from .keys import Mailgun, Resend, SendGrid
from .payloads import ANN

Answer = httpx.Response
RESEND, SENDGRID, MAILGUN = Resend(), SendGrid(), Mailgun()


@pytest.fixture(scope="module")
def hooked() -> Iterator[LocalSupabase]:
    secrets = {
        "RESEND_WEBHOOK_SECRET": RESEND.secret,
        "RESEND_WEBHOOK_SECRET_2": Resend("two").secret,
        "SENDGRID_WEBHOOK_SECRET": SENDGRID.secret,
        "MAILGUN_WEBHOOK_SECRET": MAILGUN.secret,
        "SES_WEBHOOK_SECRET": "not the name of a topic",
    }
    with LocalSupabase(functions_env=secrets) as stack:
        yield stack


@pytest.fixture(scope="module")
def database(hooked: LocalSupabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(hooked.db_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(hooked: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(hooked) as client:
        yield sign_up(client, "owner")


@pytest.fixture
def spring(owner: CampaignClient) -> Campaign:
    owner.contacts.upsert([{"email": ANN}])
    return owner.campaigns.create("Spring", message="Hi", rules=everyone())


@pytest.fixture
def post(hooked: LocalSupabase) -> Callable[..., Answer]:
    def send(path: str, body: bytes, headers: Any = None, method: str = "POST") -> Answer:
        url = f"{hooked.url}/functions/v1/hook/{path}"
        return httpx.request(method, url, content=body, headers=headers, timeout=30)

    return send


def resend(kind: str = "email.opened", **data: Any) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(payloads.resend(kind, **data)).encode()
    return body, RESEND.headers(body, at=int(time.time()))


def key_of(campaign: Campaign) -> dict[str, Any]:
    return {"tags": {"campaign_id": str(campaign.id)}}


def test_what_is_proven_is_counted_once(
    post: Callable[..., Answer], owner: CampaignClient, spring: Campaign
) -> None:
    body, headers = resend(**key_of(spring))
    for _ in range(3):
        answer = post("resend", body, headers)
        assert (answer.status_code, answer.json()) == (200, {"received": 1, "ignored": 0})
    totals = owner.analytics.summary(spring.id)
    assert (totals.impressions, totals.reach) == (1, 1)


def test_what_is_not_proven_gets_401_and_nothing_more(
    post: Callable[..., Answer], owner: CampaignClient, spring: Campaign
) -> None:
    body, headers = resend(**key_of(spring))
    for wrong in ({}, {**headers, "svix-id": "x"}, RESEND.headers(body, at=1_700_000_000)):
        answer = post("resend", body, wrong)
        assert (answer.status_code, answer.content) == (401, b"")
    assert owner.analytics.summary(spring.id).impressions == 0


def test_the_second_secret_is_taken_while_one_replaces_the_other(
    post: Callable[..., Answer],
) -> None:
    body, _ = resend("email.sent")
    headers = Resend("two").headers(body, at=int(time.time()))
    assert post("resend", body, headers).json() == {"received": 1, "ignored": 1}


def test_bounces_complaints_and_unsubscriptions_are_heeded(
    post: Callable[..., Answer], owner: CampaignClient, spring: Campaign
) -> None:
    emails = [f"{n}-{spring.id}@example.com" for n in range(3)]
    owner.contacts.upsert([{"email": email} for email in emails])
    told = [
        payloads.sendgrid(kind, email=email, type="bounce", campaign_key=None)
        for kind, email in zip(("bounce", "spamreport", "unsubscribe"), emails, strict=True)
    ]
    body = json.dumps([{**one, "sg_event_id": one["email"]} for one in told]).encode()
    answer = post("sendgrid", body, SENDGRID.headers(body, at=int(time.time())))
    assert answer.status_code == 200
    found = {contact.email: contact for contact in owner.contacts.iterate()}
    assert [found[email].is_subscribed for email in emails] == [False] * 3
    assert found[emails[0]].unsubscribed_at is None
    assert owner.segments.size(everyone()).reachable == 1


def test_five_thousand_at_once(
    post: Callable[..., Answer], owner: CampaignClient, spring: Campaign
) -> None:
    """Within the 3 s that a project gives to whoever isn't signed in."""
    named = {"campaign_key": None, "campaign_id": str(spring.id)}
    body = json.dumps(
        [payloads.sendgrid("open", sg_event_id=f"e{n}", **named) for n in range(5_000)]
    ).encode()
    for _ in range(2):
        answer = post("sendgrid", body, SENDGRID.headers(body, at=int(time.time())))
        assert (answer.status_code, answer.json()["received"]) == (200, 5_000)
    assert owner.analytics.summary(spring.id).impressions == 5_000


def test_200_is_said_after_the_commit_only(
    post: Callable[..., Answer],
    owner: CampaignClient,
    spring: Campaign,
    database: psycopg.Connection,
) -> None:
    body, headers = resend(**key_of(spring))
    # What fails at the very end of the transaction fails the answer.
    database.execute(
        "create function public.too_late() returns trigger language plpgsql as "
        "$$ begin raise exception 'too late'; end $$;"
        "create constraint trigger too_late after insert on public.campaign_events "
        "initially deferred for each row execute function public.too_late()"
    )
    try:
        assert post("resend", body, headers).status_code == 503
    finally:
        database.execute("drop function public.too_late() cascade")
    assert owner.analytics.summary(spring.id).impressions == 0
    assert post("resend", body, headers).status_code == 200
    assert owner.analytics.summary(spring.id).impressions == 1


def test_mailguns_token_with_another_body_is_refused(post: Callable[..., Answer]) -> None:
    now = int(time.time())
    body = MAILGUN.body(payloads.mailgun("accepted"), "d" * 50, now)
    swapped = json.loads(body) | {"event-data": payloads.mailgun("complained")}
    assert post("mailgun", body).status_code == 200
    assert post("mailgun", json.dumps(swapped).encode()).status_code == 401
    assert post("mailgun", body).status_code == 200


def test_what_is_no_webhook(post: Callable[..., Answer], owner: CampaignClient) -> None:
    assert post("pigeon", b"{}").status_code == 404
    assert post("", b"{}").status_code == 404
    assert post("resend/somebody", b"{}").status_code == 404
    assert post("resend", b"", method="GET").status_code == 405
    # Without a secret, or with one of no use, the provider shall come again.
    for unset in ("postmark", "ses"):
        assert post(unset, b"{}").status_code == 503
    too_large = b" " * 10_000_001
    assert post("resend", too_large, RESEND.headers(too_large)).status_code == 413
    assert owner.contacts.count() == 0


# Whose it is ---------------------------------------------------------------------------


def test_an_address_of_several_owners_is_nobodys_unless_the_path_says_whose(
    post: Callable[..., Answer], owner: CampaignClient, hooked: LocalSupabase
) -> None:
    email = "shared@example.com"
    owner.contacts.upsert([{"email": email}])
    with client_of(hooked) as client:
        other = sign_up(client, "other")
        other.contacts.upsert([{"email": email}])
        complaint = resend("email.complained", to=[email], tags={})
        assert post("resend", *complaint).status_code == 200
        mine = owner.auth.session
        assert mine is not None
        assert owner.suppressions.check(email) is None
        assert other.suppressions.check(email) is None
        assert post(f"resend/{mine.user.id}", *complaint).status_code == 200
        assert owner.suppressions.check(email) is not None
        assert other.suppressions.check(email) is None


def test_a_path_takes_nothing_to_another_owner(
    post: Callable[..., Answer], owner: CampaignClient, spring: Campaign, hooked: LocalSupabase
) -> None:
    with client_of(hooked) as client:
        session = sign_up(client, "other").auth.session
        assert session is not None
        assert post(f"resend/{session.user.id}", *resend(**key_of(spring))).status_code == 200
    assert owner.analytics.summary(spring.id).impressions == 0


# The database's own door ----------------------------------------------------------------


def rpc(stack: LocalSupabase, body: str, proof: str | None) -> Answer:
    return httpx.post(
        f"{stack.url}/rest/v1/rpc/receive_events",
        json={"body": body, "proof": proof},
        headers={"apikey": stack.anon_key},
    )


def test_the_database_verifies_again(
    hooked: LocalSupabase, owner: CampaignClient, spring: Campaign, database: psycopg.Connection
) -> None:
    event = {"id": "x/1", "kind": "opened", "campaign_id": str(spring.id)}
    body = json.dumps({"owner": None, "reports": [event]})
    query = "select value from campaign_private.function_secrets where name = 'CAMPAIGN_INGEST_KEY'"
    [(key,)] = database.execute(query).fetchall()
    proof = hmac.new(key.encode(), body.encode(), "sha256").hexdigest()
    wrong = hmac.new(b"another key", body.encode(), "sha256").hexdigest()
    for forged in (None, "", "0" * 64, wrong, proof.upper(), proof + " "):
        assert rpc(hooked, body, forged).status_code in (401, 403)
    assert rpc(hooked, body + " ", proof).status_code in (401, 403)
    assert owner.analytics.summary(spring.id).impressions == 0
    assert rpc(hooked, body, proof).json() == {"received": 1, "ignored": 0}
    assert owner.analytics.summary(spring.id).impressions == 1


def test_who_holds_the_key_learns_nothing_of_a_row(
    hooked: LocalSupabase, owner: CampaignClient, database: psycopg.Connection
) -> None:
    owner.contacts.upsert([{"email": "here@example.com"}])
    query = "select value from campaign_private.function_secrets where name = 'CAMPAIGN_INGEST_KEY'"
    [(key,)] = database.execute(query).fetchall()
    answers = set()
    for email in ("here@example.com", "nowhere@example.com"):
        event = {"id": f"x/{email}", "kind": "complained", "address": email}
        body = json.dumps({"reports": [event]})
        proof = hmac.new(key.encode(), body.encode(), "sha256").hexdigest()
        answers.add(rpc(hooked, body, proof).text)
    assert len(answers) == 1
