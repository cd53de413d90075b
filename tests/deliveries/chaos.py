"""Workers that are killed while they send, a vendor that behaves badly, and a look at it all.

The suite runs it on a small scale; `benchmarks/chaos.py` on a large one.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from campaign_sdk import Campaign, CampaignClient, LocalSupabase, everyone

from .desk import desk_of

HERE = Path(__file__).parent
STATES = ("pending", "in_flight", "sent", "failed", "skipped", "unknown", "held_out")


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    recipients: int
    modes: tuple[str, ...]
    kills: int
    between: tuple[float, float]
    lease: float
    size: int
    manners: dict[str, Any]
    unknown: str = "hold"
    seed: int = 0
    patience: float = 120.0


@dataclass
class Seen:
    """What was seen of a run."""

    statuses: int = 0
    broken: list[str] = field(default_factory=list)
    pending: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, str] = field(default_factory=dict)
    killed: int = 0
    seconds: float = 0.0
    watched: float = 0.0

    def with_outcome(self, *outcomes: str) -> set[str]:
        return {key for key, outcome in self.outcomes.items() if outcome in outcomes}


def owner_of(client: CampaignClient) -> str:
    """Return the id of who is signed in."""
    session = client.auth.session
    assert session is not None
    return str(session.user.id)


@contextmanager
def vendor(**manners: Any) -> Iterator[str]:
    """Start a vendor; yield its address."""
    command = [sys.executable, str(HERE / "vendor.py"), json.dumps(manners)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def accepted(address: str) -> tuple[Counter[str], list[tuple[float, int]]]:
    """Ask a vendor what it took: how often each key, and how many when."""
    answer = httpx.get(f"{address}/accepted", timeout=60).json()
    return Counter(answer["accepted"]), [tuple(each) for each in answer["times"]]


def launched(client: CampaignClient, recipients: int) -> Campaign:
    """Launch a campaign for so many."""
    client.contacts.upsert({"email": f"r{n}@example.com"} for n in range(recipients))
    campaign = client.campaigns.create(
        "Chaos", subject="Hi", message="Hello {{ email }}", rules=everyone()
    )
    return client.campaigns.launch(campaign.id)


def orders(client: CampaignClient, campaign: UUID, address: str, **more: Any) -> dict[str, Any]:
    """Return what a worker has to know."""
    settings = client._connection.settings
    session = client.auth.session
    assert session is not None
    return {
        "url": settings.url,
        "key": settings.key,
        "token": session.access_token.get_secret_value(),
        "campaign": str(campaign),
        "vendor": address,
        "lease": 60.0,
        "rate": None,
        "unknown": "hold",
        "honours_keys": False,
        "size": 100,
        "mode": "sync",
        **more,
    }


def start(given: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start a worker."""
    return subprocess.Popen([sys.executable, str(HERE / "worker.py"), json.dumps(given)])


class Watch:
    """Looks at the status at least twenty times a second: all states add up, always.

    On a connection of its own, as the owner: through the API it would be one more worker.
    """

    EVERY = 1 / 30

    def __init__(self, stack: LocalSupabase, owner: str, campaign: UUID, seen: Seen) -> None:
        self._stack, self._owner, self._campaign = stack, owner, str(campaign)
        self._seen = seen
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        began = due = time.monotonic()
        with desk_of(self._stack, self._owner) as desk:
            while not self._over.wait(max(due - time.monotonic(), 0)):
                due = max(due + self.EVERY, time.monotonic())
                status = desk.row("select * from public.delivery_status(%s)", self._campaign)
                self._seen.statuses += 1
                self._seen.pending = status["pending"]
                if sum(status[name] for name in STATES) != status["audience_size"]:
                    self._seen.broken.append(repr(status))
        self._seen.watched = time.monotonic() - began


def unleash(stack: LocalSupabase, client: CampaignClient, campaign: UUID, scale: Scale) -> Seen:
    """Send a campaign through workers of which one is killed every now and then."""
    seen = Seen(pending=scale.recipients)
    began = time.monotonic()
    honours = bool(scale.manners.get("honours_keys"))
    with vendor(**scale.manners) as address:
        given = orders(
            client,
            campaign,
            address,
            lease=scale.lease,
            size=scale.size,
            unknown=scale.unknown,
            honours_keys=honours,
        )
        with Watch(stack, owner_of(client), campaign, seen):
            _supervise(given, scale, seen)
        seen.accepted, _ = accepted(address)
    seen.seconds = time.monotonic() - began
    seen.outcomes = outcomes(client, campaign)
    return seen


def _supervise(given: dict[str, Any], scale: Scale, seen: Seen) -> None:
    luck = random.Random(scale.seed)
    workers = {start(given | {"mode": mode}): mode for mode in scale.modes}
    try:
        ends = time.monotonic() + scale.patience
        while workers:
            assert time.monotonic() < ends, "the workers come to no end"
            time.sleep(luck.uniform(*scale.between))
            if seen.killed < scale.kills and seen.pending:
                victim = luck.choice(list(workers))
                victim.kill()
                seen.killed += 1
            for worker in [each for each in workers if each.poll() is not None]:
                mode = workers.pop(worker)
                if worker.returncode:
                    workers[start(given | {"mode": mode})] = mode
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def outcomes(client: CampaignClient, campaign: UUID) -> dict[str, str]:
    """Return what the database says of each key."""
    return {each.key: each.outcome for each in client.deliveries.iterate(campaign)}


def receive_often(given: dict[str, Any], keys: Sequence[str], times: int = 3) -> None:
    """Give a receipt for each key so many times, shuffled, in parallel."""
    luck = random.Random(0)
    shuffled = [luck.sample(keys, len(keys)) for _ in range(times)]

    def receive(order: list[str]) -> None:
        with CampaignClient(given["url"], given["key"], access_token=given["token"]) as client:
            for start in range(0, len(order), 250):
                batch = [{"key": key, "type": "delivered"} for key in order[start : start + 250]]
                client.deliveries.receive(batch)

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(receive, shuffled))
