"""Tracked links at full size: what the suite holds with fewer.

    python -m benchmarks tracking

10,000 addresses through the function and back, 100,000 tokens that nobody signed, 10,000 looks
at unsubscribe links, 1,000 equal clicks at once, and how long a redirect takes at 100 a second.
The stack, its database and the clients share this machine: the times are an upper bound. They
come beside those of an address that is nothing, which the function answers without a database.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID

import httpx
import psycopg

from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._functions import secrets
from campaign_sdk.tracking import Links
from campaign_sdk.tracking._token import Kind, Visit

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from tracking.conftest import CHROME
from tracking.test_links import random_urls
from tracking.tokens import mutations, read_in_deno

URLS, TOKENS, LOOKS, EQUAL, RATE, SECONDS = 10_000, 100_000, 10_000, 1_000, 100, 20
RESULTS = Path(__file__).parent / "results"


@dataclass
class Scene:
    stack: LocalSupabase
    client: CampaignClient
    http: httpx.Client
    links: Links
    contacts: list[UUID]

    def location(self, link: str) -> str:
        answer = self.http.get(link)
        return dict(answer.headers.raw).get(b"location", b"(nowhere)").decode()


@contextmanager
def scene() -> Iterator[Scene]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    with (
        LocalSupabase() as stack,
        CampaignClient(stack.url, stack.anon_key) as client,
        httpx.Client(headers={"user-agent": CHROME}, timeout=60, limits=limits) as http,
    ):
        client.auth.sign_up("bench@example.com", "correct horse battery staple")
        client.contacts.upsert([{"email": f"p{number}@example.com"} for number in range(100)])
        contacts = [contact.id for contact in client.contacts.iterate()]
        links = client.tracking.links(client.campaigns.create("Bench").id)
        http.get(links.pixel(contacts[0]))
        yield Scene(stack, client, http, links, contacts)


def each(work: Callable[[Any], Any], items: Iterable[Any], threads: int = 8) -> list[Any]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def addresses(at: Scene) -> dict[str, Any]:
    urls = random_urls(URLS, seed=3)
    made = [
        at.links.click(contact, url) for contact, url in zip(at.contacts * 100, urls, strict=True)
    ]
    found = each(at.location, made)
    return {"asked": URLS, "byte for byte": sum(a == b for a, b in zip(found, urls, strict=True))}


def tokens(at: Scene) -> dict[str, Any]:
    links = at.links
    secret = secrets(at.stack.db_url)["CAMPAIGN_LINK_KEY"]
    accepted = 0
    for kind in ("click", "open"):
        visit = Visit(kind, links.key_id, links.owner, links.campaign, at.contacts[0], 3,
                      "https://example.com/ä?b=c#d")  # fmt: skip
        changed = islice(mutations(links._link_key, visit, random.Random(kind)), TOKENS // 2)
        asked: list[tuple[Kind, str]] = [(kind, token) for token in changed]
        accepted += sum(said is not None for said in read_in_deno(secret, asked))
    return {"asked": TOKENS, "accepted": accepted}


def looks(at: Scene) -> dict[str, Any]:
    made = [at.links.unsubscribe(contact) for contact in at.contacts] * (LOOKS // 100)
    found = each(lambda n: at.http.request("HEAD" if n % 2 else "GET", made[n]).status_code,
                 range(LOOKS))  # fmt: skip
    gone = sum(contact.unsubscribed_at is not None for contact in at.client.contacts.iterate())
    return {"asked": LOOKS, "answered 200": found.count(200), "unsubscribed": gone}


def equal(at: Scene) -> dict[str, Any]:
    links = at.client.tracking.links(at.client.campaigns.create("Equal").id)
    link = links.click(at.contacts[0], "https://example.com/", links=3)
    start = time.time()
    found = each(lambda _: at.http.get(link).status_code, range(EQUAL), threads=64)
    buckets = int(time.time()) // 10 - int(start) // 10 + 1
    time.sleep(15)  # the notes that were late
    counted = at.client.analytics.summary(links.campaign).clicks
    return {"at once": EQUAL, "answered 302": found.count(302), "clicks": counted,
            "tens of seconds": buckets}  # fmt: skip


def redirects(at: Scene) -> dict[str, Any]:
    made = [at.links.click(contact, f"https://example.com/{number}")
            for number in range(RATE * SECONDS // 100) for contact in at.contacts]  # fmt: skip
    nothing = [f"{at.links.base_url}/c/nothing"] * len(made)
    slow, fast = paced(at, made), paced(at, nothing)
    return {"a second": RATE, "p50 ms": slow[0], "p95 ms": slow[1],
            "p95 ms of an address that is nothing": fast[1]}  # fmt: skip


def paced(at: Scene, urls: list[str]) -> tuple[float, float]:
    start = time.perf_counter()

    def one(number: int) -> float:
        due = start + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        before = time.perf_counter()
        at.http.get(urls[number])
        return time.perf_counter() - before

    cuts = quantiles(each(one, range(len(urls)), threads=32), n=100)
    return round(cuts[49] * 1000, 1), round(cuts[94] * 1000, 1)


def stored(at: Scene) -> dict[str, Any]:
    with psycopg.connect(at.stack.db_url) as connection:
        query = "select count(*), count(*) filter (where actor = 'human') from campaign_events"
        total, people = connection.execute(query).fetchone() or (0, 0)
    return {"events": total, "human": people}


def main() -> None:
    with scene() as at:
        found = {"redirects": redirects(at), "equal clicks": equal(at)}
        found |= {"addresses": addresses(at), "tokens that nobody signed": tokens(at)}
        found |= {"looks at unsubscribe links": looks(at), "stored": stored(at)}
    lines = ["# Tracked links at full size\n", "| what | |", "|---|---|"]
    lines += [f"| {name} | {', '.join(f'{what} {n}' for what, n in row.items())} |"
              for name, row in found.items()]  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "tracking.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / "tracking.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
