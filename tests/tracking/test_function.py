"""The function `t` in real Deno, over HTTP, as browsers and mail programs meet it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient, InvalidInput, NotFound
from campaign_sdk.local import LocalSupabase
from campaign_sdk.tracking import Links
from campaign_sdk.tracking._token import Visit
from clients import client_of, sign_up

from .conftest import CHROME, Stored, people
from .test_links import random_urls
from .tokens import mutations

Find = Callable[[int], Stored]
HEADERS = ("cache-control", "location", "content-type", "set-cookie")


def location(answer: httpx.Response) -> str:
    """Return the header's octets, as UTF-8."""
    [value] = [value for name, value in answer.headers.raw if name.lower() == b"location"]
    return value.decode()


def test_a_click_leads_on_and_is_noted(
    http: httpx.Client, links: Links, contact: UUID, stored: Find
) -> None:
    url = "https://exämple.de/straße?q=%C3%A9&x=#ü%23"
    answer = http.get(links.click(contact, url))
    assert (answer.status_code, answer.content, location(answer)) == (302, b"", url)
    assert "set-cookie" not in answer.headers
    assert "no-store" in answer.headers["cache-control"]
    [(kind, actor, rule, link, _, who)] = stored(1)
    assert (kind, actor, rule, link, who) == ("click", "human", "a browser", url, contact)


def test_addresses_come_out_byte_for_byte(http: httpx.Client, links: Links, contact: UUID) -> None:
    urls = random_urls(300, seed=7)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda url: http.get(links.click(contact, url)), urls))
    assert [location(answer) for answer in answers] == urls


def test_a_pixel_is_a_gif_of_43_octets(
    http: httpx.Client, links: Links, contact: UUID, stored: Find
) -> None:
    for _ in range(3):
        answer = http.get(links.pixel(contact))
        assert (answer.status_code, len(answer.content)) == (200, 43)
        assert answer.content[:6] == b"GIF89a"
        assert answer.headers["content-type"] == "image/gif"
    [(kind, actor, _, link, event, _)] = stored(1)
    assert (kind, actor, link) == ("impression", "human", None)
    assert event.startswith(f"t/{contact}/open/")


def test_a_link_that_nobody_signed_leads_nowhere(
    http: httpx.Client, links: Links, contact: UUID, stored: Find
) -> None:
    visit = Visit(
        "click", links.key_id, links.owner, links.campaign, contact, 0, "https://a.example/"
    )
    base = links.click(contact, "https://a.example/").rsplit("/", 1)[0]
    changed = islice(mutations(links._link_key, visit, random.Random(5)), 200)
    sendable = [token for token in changed if token.isprintable() and not token.endswith(" ")]
    for token in sendable:
        answer = http.get(f"{base}/{token}")
        assert answer.status_code == 404, token
        assert "location" not in answer.headers
    assert stored(0) == []


@pytest.mark.parametrize(
    "path", ["", "/", "/c", "/c/", "/x/AAAA", "/c/AAAA/b", "/toString/x", "/__proto__/x", "/u/AAAA"]
)
def test_other_paths_are_nothing(http: httpx.Client, links: Links, path: str) -> None:
    answer = http.get(links.base_url + path)
    assert (answer.status_code, answer.headers["content-type"]) == (
        404,
        "text/plain; charset=utf-8",
    )


def test_a_token_of_one_kind_is_none_of_another(
    http: httpx.Client, links: Links, contact: UUID
) -> None:
    made = {
        "c": links.click(contact, "https://a.example/"),
        "o": links.pixel(contact),
        "u": links.unsubscribe(contact),
    }
    for kind, link in made.items():
        token = link.rsplit("/", 1)[1]
        for other in made.keys() - {kind}:
            assert http.get(f"{links.base_url}/{other}/{token}").status_code == 404
            assert http.post(f"{links.base_url}/{other}/{token}").status_code in (404, 405)


def test_links_take_no_other_methods(http: httpx.Client, links: Links, contact: UUID) -> None:
    link = links.click(contact, "https://a.example/")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = http.request(method, link)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


# Once each


def test_equal_clicks_at_once_are_one(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID, stored: Find
) -> None:
    link = links.click(contact, "https://a.example/", links=2)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: http.get(link), range(200)))
    assert {answer.status_code for answer in answers} == {302}
    time.sleep(0.5)
    # One, or two where ten seconds of the clock ended in between; three if we are very slow.
    events = [event for *_, event, _ in stored(1)]
    assert 1 <= len(events) == len(set(events)) <= 3
    counts = olga.analytics.summary(links.campaign)
    assert (counts.clicks, counts.human_clicks) == (len(events), len(events))
    assert olga.analytics.reconcile(links.campaign).agrees


def test_the_database_counts_each_visit_once(
    db: psycopg.Connection, olga: CampaignClient, links: Links
) -> None:
    """Three repetitions of each, in any order: the counters equal a model's."""
    dice = random.Random(11)
    model: set[tuple[str, UUID, str, int]] = set()
    visits = []
    start = int(time.time()) - 300
    for contact in people(olga, 10):
        for number in range(30):
            url = f"https://a.example/{dice.randrange(3)}"
            at = start + dice.randrange(280)
            is_click = number % 3 > 0
            made = links.click(contact, url) if is_click else links.pixel(contact)
            model.add(("click", contact, url, at // 10) if is_click
                      else ("open", contact, "", at // 3600))  # fmt: skip
            visits += [(made.rsplit("/", 1)[1], at)] * 3
    dice.shuffle(visits)
    with db.cursor() as cursor:
        cursor.executemany("select note_visit(%s, to_timestamp(%s), 'human', 'a browser')", visits)
    counts = olga.analytics.summary(links.campaign)
    kinds = [kind for kind, *_ in model]
    assert (counts.clicks, counts.impressions) == (kinds.count("click"), kinds.count("open"))
    assert olga.analytics.reconcile(links.campaign).agrees


def test_a_moment_is_near_the_databases_own(
    db: psycopg.Connection, links: Links, contact: UUID
) -> None:
    token = links.click(contact, "https://a.example/").rsplit("/", 1)[1]
    for at in ("2001-01-01", "2100-01-01", None):
        db.execute("select note_visit(%s, %s, 'human', 'x')", [token, at])
    [(first, last)] = db.execute(
        "select min(now() - occurred_at), max(now() - occurred_at) from campaign_events"
        " where campaign_id = %s",
        [links.campaign],
    ).fetchall()
    assert abs(first.total_seconds()) < 60
    assert last.total_seconds() < 700


def test_who_is_gone_is_counted_and_not_named(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID, stored: Find
) -> None:
    olga.contacts.delete(contact)
    assert http.get(links.click(contact, "https://a.example/")).status_code == 302
    [(kind, _, _, _, _, who)] = stored(1)
    assert (kind, who) == ("click", None)


# Keys


def test_links_outlive_a_rotation_and_end_with_their_key(
    http: httpx.Client, stack: LocalSupabase
) -> None:
    with client_of(stack) as client:
        sign_up(client, "rotator")
        campaign = client.campaigns.create("Rotated").id
        [contact] = people(client, 1)
        assert client.tracking.keys() == ()
        first = client.tracking.links(campaign)
        old = [first.click(contact, "https://a.example/"), first.pixel(contact)]
        assert client.tracking.rotate().key_id == 2
        second = client.tracking.links(campaign)
        new = second.click(contact, "https://b.example/")
        assert (first.key_id, second.key_id) == (1, 2)
        for link in (*old, new):
            assert http.get(link).status_code in (302, 200)
        assert client.tracking.revoke(1).revoked_at is not None
        assert ends(http, old[0])
        assert http.post(first.unsubscribe(contact)).status_code == 404
        assert http.get(new).status_code == 302
        client.tracking.revoke(2)
        assert ends(http, new)
        # Who goes on gets a new key, and nobody gets a revoked one back.
        assert client.tracking.links(campaign).key_id == 3
        keys = client.tracking.keys()
        assert [key.revoked_at is None for key in keys] == [False, False, True]
        assert client.tracking.revoke(1) == keys[0]
        with pytest.raises(NotFound):
            client.tracking.revoke(9)
        wrong: list[Any] = [0, 65_536, True, "1"]
        for number in wrong:
            with pytest.raises(InvalidInput):
                client.tracking.revoke(number)


def ends(http: httpx.Client, link: str) -> bool:
    """Tell whether a link leads nowhere: at once, or after a visit if the database is busy."""
    for _ in range(50):
        if http.get(link).status_code == 404:
            return http.get(link).status_code == 404
        time.sleep(0.1)
    return False


def test_no_owners_key_signs_for_another(
    http: httpx.Client, stack: LocalSupabase, links: Links, contact: UUID, stored: Find
) -> None:
    with client_of(stack) as client:
        mallory = sign_up(client, "mallory")
        theirs = mallory.tracking.links(mallory.campaigns.create("Mine").id)
        with pytest.raises(NotFound):
            mallory.tracking.links(links.campaign)
    forged = Links(links.campaign, links.owner, 1, links.base_url, theirs._link_key,
                   theirs._unsubscribe_key)  # fmt: skip
    assert http.get(forged.click(contact, "https://a.example/")).status_code == 404
    assert http.post(forged.unsubscribe(contact)).status_code == 404
    # A key of one's own, and somebody else's campaign: signed, and noted nowhere.
    crossed = Links(links.campaign, theirs.owner, 1, links.base_url, theirs._link_key,
                    theirs._unsubscribe_key)  # fmt: skip
    assert http.get(crossed.click(contact, "https://a.example/")).status_code == 302
    assert http.post(crossed.unsubscribe(contact)).status_code == 200
    time.sleep(0.3)
    assert stored(0) == []


def test_the_same_key_is_asked_for_as_often_as_one_likes(
    olga: CampaignClient, campaign: UUID
) -> None:
    assert olga.tracking.links(campaign) == olga.tracking.links(str(campaign))
    own = olga.tracking.links(campaign, base_url="https://links.example.com/t/")
    assert own.pixel(UUID(int=1)).startswith("https://links.example.com/t/o/")
    with pytest.raises(InvalidInput):
        olga.tracking.links(campaign, base_url="links.example.com")


# Without a database


@pytest.fixture(scope="module")
def lonely() -> Iterator[tuple[LocalSupabase, Links, UUID]]:
    """A stack whose database has stopped, and links made before."""
    with LocalSupabase() as stack, client_of(stack) as client:
        sign_up(client, "lonely")
        [contact] = people(client, 1)
        links = client.tracking.links(client.campaigns.create("Lonely").id)
        # The function is there, as it is after the first click of any day.
        httpx.get(links.click(contact, "https://a.example/"))
        assert stack._postgres is not None
        stack._postgres.stop()
        yield stack, links, contact


def test_links_lead_on_while_the_database_is_down(
    lonely: tuple[LocalSupabase, Links, UUID],
) -> None:
    stack, links, contact = lonely
    agent = {"user-agent": CHROME}
    for number in range(5):
        url = f"https://a.example/{number}"
        answer = httpx.get(links.click(contact, url), headers=agent, timeout=10)
        assert (answer.status_code, location(answer)) == (302, url)
    assert len(httpx.get(links.pixel(contact), headers=agent, timeout=10).content) == 43
    answer = httpx.get(links.unsubscribe(contact))
    assert (answer.status_code, "To unsubscribe" in answer.text) == (200, True)
    answer = httpx.post(links.unsubscribe(contact))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    lost = _lost(stack, 6)
    assert {line["lost"] for line in lost} == {"click", "open"}
    log = Path(stack._server._log).read_text() if stack._server else ""
    assert str(contact) not in log
    assert links.pixel(contact).rsplit("/", 1)[1] not in log


def _lost(stack: LocalSupabase, number: int) -> list[dict[str, str]]:
    assert stack._server is not None
    deadline = time.monotonic() + 30
    while True:
        lines = stack._server._log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith('{"lost"')]
        if len(found) >= number or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
