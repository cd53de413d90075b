"""Unsubscribing: by POST, at once; never by looking."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient, InvalidInput
from campaign_sdk.tracking import Links, TrackingSettings

from .conftest import people
from .test_function import Find, location

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PAGE = "https://exämple.com/tschüss?a=%20#x"


def gone(client: CampaignClient, contact: UUID) -> bool:
    return client.contacts.get(contact).unsubscribed_at is not None


@pytest.mark.parametrize("how", ["urlencoded", "multipart", "empty", "something else"])
def test_a_post_unsubscribes_at_once(
    how: str, http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID, stored: Find
) -> None:
    link = links.unsubscribe(contact)
    for _ in range(2):
        if how == "urlencoded":
            answer = http.post(link, data=ONE_CLICK)
        elif how == "multipart":
            answer = http.post(link, files={"List-Unsubscribe": (None, "One-Click")})
        else:
            answer = http.post(link, content="" if how == "empty" else "x" * 100_000)
        assert (answer.status_code, answer.history) == (200, [])
        assert not {"location", "set-cookie"} & answer.headers.keys()
        assert gone(olga, contact)
    [(kind, actor, _, _, event, who)] = stored(1)
    assert (kind, actor, event, who) == (
        "unsubscribed",
        "human",
        f"t/{contact}/unsubscribe",
        contact,
    )
    assert olga.analytics.summary(links.campaign).unsubscribed == 1


def test_it_stays_as_it_was_the_first_time(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID
) -> None:
    first = olga.contacts.unsubscribe(contact).unsubscribed_at
    assert http.post(links.unsubscribe(contact)).status_code == 200
    assert olga.contacts.get(contact).unsubscribed_at == first


def test_no_look_unsubscribes_anybody(
    http: httpx.Client, olga: CampaignClient, links: Links, db: psycopg.Connection
) -> None:
    contacts = people(olga, 10)
    olga.tracking.update(unsubscribe_page=None)

    def look(number: int) -> int:
        link = links.unsubscribe(contacts[number % len(contacts)])
        method = "HEAD" if number % 2 else "GET"
        return http.request(method, link).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(look, range(400))) == {200}
    assert not any(gone(olga, contact) for contact in contacts)
    query = "select count(*) from campaign_events where campaign_id = %s"
    assert db.execute(query, [links.campaign]).fetchone() == (0,)


def test_a_browser_is_told_in_plain_text_what_to_do(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID
) -> None:
    olga.tracking.update(unsubscribe_page=None)
    assert olga.tracking.settings() == TrackingSettings()
    answer = http.get(links.unsubscribe(contact))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "has changed nothing" in answer.text


def test_or_sent_to_a_page_of_the_owners(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID
) -> None:
    link = links.unsubscribe(contact)
    assert olga.tracking.update(unsubscribe_page=PAGE).unsubscribe_page == PAGE
    answer = http.get(link)
    assert (answer.status_code, location(answer)) == (302, PAGE)
    olga.tracking.update(unsubscribe_page="https://example.com/bye?t={token}")
    assert location(http.get(link)) == f"https://example.com/bye?t={link.rsplit('/', 1)[1]}"
    assert http.get(link[:-1]).status_code == 404
    assert not gone(olga, contact)


@pytest.mark.parametrize(
    "page",
    ["javascript:alert(1)", "//example.com", "/bye", "", "https://", "https://a.example/\r\nX: y",
     "https://a.example/" + "x" * 2_100, 1],
)  # fmt: skip
def test_a_page_is_an_address(olga: CampaignClient, page: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        olga.tracking.update(unsubscribe_page=page)
    assert caught.value.path == "unsubscribe_page"


def test_a_contact_who_is_gone_has_nothing_to_leave(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID
) -> None:
    olga.contacts.delete(contact)
    assert http.post(links.unsubscribe(contact)).status_code == 200
