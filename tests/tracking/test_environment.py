"""The functions' whole environment in somebody's hand: clicks can be made up, and no more."""

from __future__ import annotations

from uuid import UUID

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._functions import secrets, serving
from campaign_sdk.local._settings import Settings
from campaign_sdk.tracking import Links

from .test_function import Find
from .tokens import decode, owners_key


@pytest.fixture(scope="module")
def environment(stack: LocalSupabase) -> dict[str, str]:
    settings = Settings(anon_key=stack.anon_key, service_key=stack.service_key)
    known = serving(settings, None, secrets(stack.db_url))["environment"]
    return {**known, "SUPABASE_URL": stack.url}


def test_it_holds_no_key_of_the_project(environment: dict[str, str], stack: LocalSupabase) -> None:
    assert set(environment) == {
        "SUPABASE_URL",
        "SUPABASE_ANON_KEY",
        "CAMPAIGN_LINK_KEY",
        "CAMPAIGN_INGEST_KEY",
    }
    password = stack.db_url.split(":")[2].split("@")[0]
    for secret in (stack.service_key, password):
        assert not any(secret in value for value in environment.values())


def test_it_reads_no_row_of_any_table(
    environment: dict[str, str], db: psycopg.Connection, http: httpx.Client
) -> None:
    tables = db.execute(
        "select relname from pg_class where relkind in ('r', 'v', 'm', 'p')"
        " and relnamespace::regnamespace::text in ('public', 'campaign_private')"
    ).fetchall()
    assert len(tables) > 15
    keys = [{"apikey": value} for value in environment.values()]
    keys += [{**key, "authorization": f"Bearer {value}"} for key in keys
             for value in environment.values()]  # fmt: skip
    for (table,) in tables:
        for headers in keys:
            if not all(value.isascii() for value in headers.values()):
                continue
            answer = http.get(
                f"{environment['SUPABASE_URL']}/rest/v1/{table}?select=*", headers=headers
            )
            assert answer.status_code in (401, 403, 404), (table, answer.text)


def test_it_signs_clicks_and_unsubscribes_nobody(
    environment: dict[str, str],
    http: httpx.Client,
    olga: CampaignClient,
    links: Links,
    contact: UUID,
    stored: Find,
) -> None:
    secret = decode(environment["CAMPAIGN_LINK_KEY"])
    for purpose in ("link", "unsubscribe"):
        key = owners_key(secret, links.owner, links.key_id, purpose)
        forged = Links(links.campaign, links.owner, links.key_id, links.base_url, key, key)
        assert http.post(forged.unsubscribe(contact)).status_code == 404
        assert http.get(forged.unsubscribe(contact)).status_code == 404
        assert http.get(forged.click(contact, "https://a.example/")).status_code == (
            302 if purpose == "link" else 404
        )
    assert olga.contacts.get(contact).unsubscribed_at is None
    # An event, which is what the secret is for.
    assert [kind for kind, *_ in stored(1)] == ["click"]
