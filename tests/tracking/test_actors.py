"""Who made a visit: labelled with the rule that said so, and never dropped."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient
from campaign_sdk.tracking import Links

from .conftest import CHROME, people
from .test_function import Find

HUMANS = [
    CHROME,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 Instagram 300.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 [LinkedInApp]/9.29",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3",
    "Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18",
]
MACHINES = [
    "curl/8.5.0",
    "Wget/1.21",
    "python-requests/2.32.3",
    "Python-urllib/3.11",
    "python-httpx/0.28.1",
    "Go-http-client/2.0",
    "Java/17.0.2",
    "okhttp/4.12.0",
    "axios/1.7.7",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
    "WhatsApp/2.24.20",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 10.0) BingPreview/1.0b",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Mimecast-URLProtect/1.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
    "Microsoft Office Protocol Discovery",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Google-Safety; Mozilla/5.0",
    "",
]
PROXIES = [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0",
]


@pytest.mark.parametrize("kind", ["click", "open"])
def test_agents_are_told_apart_and_all_are_stored(
    kind: str, http: httpx.Client, olga: CampaignClient, links: Links, stored: Find
) -> None:
    meant = dict.fromkeys(HUMANS, "human")
    meant |= dict.fromkeys(MACHINES, "machine") | dict.fromkeys(PROXIES, "proxy")
    meant["My Own Reader 1.0"] = "unknown"
    if kind == "open":
        # The program that loads the pictures of a message for its reader.
        meant["Mozilla/4.0 (compatible; ms-office; MSOffice 16)"] = "human"
    contacts = people(olga, len(meant))
    for contact, agent in zip(contacts, meant, strict=True):
        made = (
            links.click(contact, "https://a.example/") if kind == "click" else links.pixel(contact)
        )
        assert http.get(made, headers={"user-agent": agent}).status_code in (302, 200)
    found = {who: (actor, rule) for _, actor, rule, _, _, who in stored(len(meant))}
    labels = {agent: found[who][0] for who, agent in zip(contacts, meant, strict=True)}
    assert labels == meant
    assert all(rule for _, rule in found.values())


def test_heads_and_prefetches_are_machines(
    http: httpx.Client, olga: CampaignClient, links: Links, stored: Find
) -> None:
    headers = [
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ]
    contacts = people(olga, len(headers) + 1)
    assert http.head(links.click(contacts[0], "https://a.example/")).status_code == 302
    for contact, more in zip(contacts[1:], headers, strict=True):
        http.get(links.click(contact, "https://a.example/"), headers=more)
    assert {(actor, rule) for _, actor, rule, *_ in stored(4)} == {
        ("machine", "HEAD"),
        ("machine", "a prefetch"),
    }


def test_a_machine_does_not_stand_for_the_person_who_follows(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID, stored: Find
) -> None:
    link = links.click(contact, "https://a.example/")
    http.head(link)
    http.get(link, headers={"user-agent": "curl/8"})
    http.get(link)
    assert sorted(actor for _, actor, *_ in stored(3)) == ["human", "machine", "machine"]
    counts = olga.analytics.summary(links.campaign)
    assert (counts.clicks, counts.machine_clicks, counts.human_clicks) == (3, 2, 1)


def test_every_link_within_two_seconds_is_a_scanner(
    http: httpx.Client, olga: CampaignClient, links: Links, contact: UUID, stored: Find
) -> None:
    page = "".join(f'<a href="https://a.example/{number}">x</a>' for number in range(4))
    made = [part.split('"')[0] for part in links.rewrite(contact, page).split('href="')[1:]]
    for link in made:
        assert http.get(link).status_code == 302
    deadline = time.monotonic() + 30
    while {actor for _, actor, *_ in stored(4)} != {"machine"} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {(actor, rule) for _, actor, rule, *_ in stored(4)} == {
        ("machine", "every link within 2 s")
    }
    counts = olga.analytics.summary(links.campaign)
    assert (counts.clicks, counts.machine_clicks) == (4, 4)
    assert olga.analytics.reconcile(links.campaign).agrees


def note(db: psycopg.Connection, link: str, at: datetime) -> None:
    token = link.rsplit("/", 1)[1]
    db.execute("select note_visit(%s, %s, 'human', 'a browser')", [token, at])


@pytest.mark.parametrize(
    ("seconds", "urls", "machines"),
    [
        ((0, 0.9, 1.9), "abc", 3),
        ((0, 0.9, 2.1), "abc", 0),
        ((0, 0.5, 1), "aab", 0),
        ((0, 1, 2, 13.5, 14.5, 15.4), "abcabc", 6),
        ((5, 6, 7, 60), "abca", 3),
    ],
    ids=str,
)
def test_who_takes_a_while_or_leaves_one_out_is_a_person(
    seconds: tuple[float, ...],
    urls: str,
    machines: int,
    db: psycopg.Connection,
    olga: CampaignClient,
    links: Links,
    contact: UUID,
) -> None:
    # From the start of ten seconds on, or two visits of one link could be one.
    start = datetime.fromtimestamp(int(time.time()) // 10 * 10 - 300, UTC)
    for second, url in zip(seconds, urls, strict=True):
        link = links.click(contact, f"https://a.example/{url}", links=3)
        note(db, link, start + timedelta(seconds=second))
    assert olga.analytics.summary(links.campaign).machine_clicks == machines


def test_of_one_link_alone_nothing_follows(
    db: psycopg.Connection, olga: CampaignClient, links: Links, contact: UUID
) -> None:
    note(db, links.click(contact, "https://a.example/", links=1), datetime.now(UTC))
    assert olga.analytics.summary(links.campaign).machine_clicks == 0


@pytest.mark.parametrize(
    ("seconds", "actor"), [(-5, "machine"), (1, "machine"), (2.9, "machine"), (3.1, "human")]
)
@pytest.mark.parametrize("outcome", ["sent", "failed"])
def test_nobody_reads_within_three_seconds_of_the_hand_over(
    seconds: float,
    actor: str,
    outcome: str,
    db: psycopg.Connection,
    links: Links,
    contact: UUID,
    stored: Find,
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=2)
    with db.transaction():
        # What the counts of the batches would say is none of this test's business.
        db.execute("set local session_replication_role = replica")
        db.execute(
            "insert into campaign_deliveries"
            " (campaign_id, contact_id, user_id, batch, outcome, reason, at)"
            " values (%s, %s, %s, 1, %s, 'x', %s)",
            [links.campaign, contact, links.owner, outcome, at],
        )
    for link in (links.click(contact, "https://a.example/"), links.pixel(contact)):
        note(db, link, at + timedelta(seconds=seconds))
    labels = {(found, rule) for _, found, rule, *_ in stored(2)}
    early = ("machine", "within 3 s of the hand-over")
    assert labels == {early if actor == "machine" and outcome == "sent" else ("human", "a browser")}
