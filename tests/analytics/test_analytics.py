"""Counting exactly once, whoever counts and however often."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from supabase import Client

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    Engagement,
    InvalidInput,
    NotFound,
    Unavailable,
)
from campaign_sdk.analytics._events import prepare_event
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, client_of, sign_up

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
DAY = date(2025, 6, 1)


def event(campaign: UUID | str, number: object = 1, **changes: Any) -> dict[str, Any]:
    return {
        "campaign_id": campaign,
        "event_id": f"no. {number}",
        "type": "impression",
        "occurred_at": NOON,
        **changes,
    }


def counts(engagement: Engagement) -> tuple[int, int, int]:
    return engagement.impressions, engagement.clicks, engagement.conversions


@pytest.fixture
def campaign(ann: CampaignClient) -> UUID:
    return ann.campaigns.create("Counted").id


# Totals


def test_totals_add_up_on_their_day(ann: CampaignClient, campaign: UUID) -> None:
    ann.analytics.record(campaign, impressions=100, clicks=7, on=DAY)
    day = ann.analytics.record(campaign, impressions=50, conversions=2, on=DAY)
    ann.analytics.record(campaign, clicks=1, on=DAY + timedelta(days=1))
    assert counts(day) == (150, 7, 2)
    assert counts(ann.analytics.summary(campaign)) == (150, 8, 2)


def test_today_is_the_campaigns_today(ann: CampaignClient, db: psycopg.Connection) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        campaign = ann.campaigns.create(zone, timezone=zone).id
        ann.analytics.record(campaign, clicks=1)
        row = db.execute(
            "select date, (now() at time zone %s)::date from campaign_analytics"
            " where campaign_id = %s",
            [zone, campaign],
        ).fetchone()
        assert row is not None
        assert row[0] == row[1]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"impressions": -1}, "impressions"),
        ({"clicks": 1.5}, "clicks"),
        ({"clicks": float("nan")}, "clicks"),
        ({"conversions": True}, "conversions"),
        ({"conversions": 2**31}, "conversions"),
        ({"on": NOON}, "on"),
        ({"on": "2025-06-01"}, "on"),
        ({"on": date(1999, 12, 31)}, "on"),
        ({"on": date(2099, 1, 1)}, "on"),
    ],
)
def test_totals_that_make_no_sense_are_refused(
    ann: CampaignClient, campaign: UUID, arguments: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ann.analytics.record(campaign, **arguments)
    assert caught.value.path == path
    assert counts(ann.analytics.summary(campaign)) == (0, 0, 0)


# Events


def test_each_event_counts_once_however_often_it_is_given(
    ann: CampaignClient, campaign: UUID
) -> None:
    events = [
        event(campaign, 1),
        event(campaign, 2, type="click"),
        event(campaign, 3, type="conversion", value=Decimal("19.90")),
    ]
    first = ann.analytics.ingest([*events, events[0]])
    again = ann.analytics.ingest(events)
    assert (first.inserted, first.duplicates, first.rejected) == (3, 1, 0)
    assert (again.inserted, again.duplicates, again.rejected) == (0, 3, 0)
    summary = ann.analytics.summary(campaign)
    assert counts(summary) == (1, 1, 1)
    assert summary.value == Decimal("19.90")


def test_a_bad_event_is_named_and_the_others_count(ann: CampaignClient, campaign: UUID) -> None:
    report = ann.analytics.ingest(
        [
            event(campaign, 0),
            event(campaign, 1, type="opened"),
            event(uuid4(), 2),
            event(campaign, 3, contact_id=uuid4()),
            event(campaign, 4),
        ],
        batch_size=2,
    )
    assert (report.inserted, report.rejected) == (2, 3)
    assert {(problem.position, problem.path) for problem in report.problems} == {
        (1, "type"),
        (2, "campaign_id"),
        (3, "contact_id"),
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"occurred_at": datetime(2025, 1, 1)}, "occurred_at"),
        ({"occurred_at": "2025-01-01"}, "occurred_at"),
        ({"occurred_at": "soon"}, "occurred_at"),
        ({"occurred_at": None}, "occurred_at"),
        ({"occurred_at": datetime(1999, 12, 31, tzinfo=UTC)}, "occurred_at"),
        ({"occurred_at": datetime.now(UTC) + timedelta(days=2)}, "occurred_at"),
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"value": Decimal("-Infinity")}, "value"),
        ({"value": Decimal("1e16")}, "value"),
        ({"value": Decimal("1e-31")}, "value"),
        ({"value": 10**5_000}, "value"),
        ({"value": "12"}, "value"),
        ({"value": True}, "value"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 201}, "event_id"),
        ({"event_id": "\0"}, "event_id"),
        ({"event_id": 7}, "event_id"),
        ({"campaign_id": "mine"}, "campaign_id"),
        ({"contact_id": "me"}, "contact_id"),
        ({"type": ["click"]}, "type"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        prepare_event({**event(uuid4()), **change})
    assert caught.value.path == path


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": ""},
        {"type": "opened"},
        {"occurred_at": "1999-12-31T00:00:00Z"},
        {"occurred_at": "2200-01-01T00:00:00Z"},
        {"occurred_at": None},
        {"value": "NaN"},
        {"value": "1e20"},
    ],
)
def test_the_database_refuses_it_too_and_counts_the_others(
    alice: Client, change: dict[str, Any]
) -> None:
    made: Any = alice.table("campaigns").insert({"name": "Raw"}).execute()
    campaign = made.data[0]["id"]
    good = event(campaign, 1, occurred_at=NOON.isoformat())
    bad = {**good, "event_id": "other", **change}
    answer: Any = alice.rpc("ingest_events", {"events": [bad, good]}).execute()
    assert (answer.data["inserted"], answer.data["rejected"]) == (1, [0])
    assert answer.data["reasons"][0].startswith(f"{next(iter(change))}: ")


def test_a_moment_of_a_day_that_no_report_has_is_refused_alone(ann: CampaignClient) -> None:
    """The year 2000 begins later in New York: an empty date of many a program lies before it."""
    campaign = ann.campaigns.create("West", timezone="America/New_York").id
    early, first = (
        event(campaign, n, occurred_at=datetime(2000, 1, 1, n, tzinfo=UTC)) for n in (4, 5)
    )
    for inserted, batch in ((0, [early]), (1, [early, first])):
        report = ann.analytics.ingest(batch)
        assert (report.inserted, report.rejected) == (inserted, 1)
        assert report.problems[0].reason == "must lie between the year 2000 and tomorrow"
    assert ann.analytics.reconcile(campaign).agrees


def test_moments_of_any_offset_are_the_same_moment(ann: CampaignClient, campaign: UUID) -> None:
    # 01:30 on the 2nd in Kolkata is still the 1st in UTC, the campaign's zone.
    kolkata = timezone(timedelta(hours=5, minutes=30))
    late = datetime(2025, 6, 2, 1, 30, tzinfo=kolkata)
    ann.analytics.ingest([event(campaign, 1, occurred_at=late)])
    report = ann.analytics.report(campaigns=campaign)
    assert [row.day for row in report.rows] == [DAY]


@pytest.mark.parametrize("events", [{"campaign_id": 1}, "events", b"events", 7, None])
def test_what_isnt_a_list_of_events_is_refused(ann: CampaignClient, events: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        ann.analytics.ingest(events)
    assert caught.value.path == "events"


@pytest.mark.parametrize("size", [0, -1, 10_001])
def test_a_batch_has_a_sensible_size(ann: CampaignClient, size: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        ann.analytics.ingest([], batch_size=size)
    assert caught.value.path == "batch_size"


def test_other_peoples_campaigns_and_contacts_are_not_there(
    ann: CampaignClient, ben: CampaignClient, campaign: UUID
) -> None:
    theirs = ben.campaigns.create("Theirs").id
    ben.contacts.upsert([{"email": "their@example.com"}])
    contact = ben.contacts.find("their@example.com")
    assert contact is not None
    report = ann.analytics.ingest([event(theirs, 1), event(campaign, 2, contact_id=contact.id)])
    assert [problem.path for problem in report.problems] == ["campaign_id", "contact_id"]
    with pytest.raises(NotFound):
        ann.analytics.record(theirs, clicks=1)
    assert counts(ben.analytics.summary(theirs)) == (0, 0, 0)


# At scale


def test_eight_writers_of_the_same_events_count_each_once(stack: LocalSupabase) -> None:
    with client_of(stack) as client:
        sign_up(client, "wes")
        campaign = client.campaigns.create("Busy").id
        days = [NOON + timedelta(days=number) for number in range(5)]
        shared = [event(campaign, n, occurred_at=days[n % 5], type="click") for n in range(200)]

        def write(writer: int) -> int:
            own = [event(campaign, f"{writer} {n}", occurred_at=days[n % 5]) for n in range(100)]
            mixed = [*shared, *own] if writer % 2 else [*own, *reversed(shared)]
            return client.analytics.ingest(mixed, batch_size=70).inserted

        with ThreadPoolExecutor(8) as pool:
            inserted = sum(pool.map(write, range(8)))
        assert inserted == 200 + 800
        assert counts(client.analytics.summary(campaign)) == (800, 200, 0)
        assert client.analytics.reconcile(campaign).agrees


class Losing(httpx.BaseTransport):
    """Carries out a request, loses its answer, and then is gone for a while."""

    def __init__(self, lost: set[int]) -> None:
        self.inner = httpx.HTTPTransport()
        self.lost = lost
        self.batches = 0
        self.counting = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("ingest_events"):
            return self.inner.handle_request(request)
        with self.counting:
            self.batches += 1
            number = self.batches
        response = self.inner.handle_request(request)
        if number in self.lost:
            response.read()
            response.close()
            raise httpx.ReadError("cut", request=request)
        return response

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def person(stack: LocalSupabase) -> Iterator[tuple[CampaignClient, str]]:
    with client_of(stack) as client:
        sign_up(client, "per")
        assert client.auth.user is not None
        yield client, client.auth.user.email or ""


def test_a_lost_answer_is_asked_for_again(
    stack: LocalSupabase, person: tuple[CampaignClient, str]
) -> None:
    client, email = person
    campaign = client.campaigns.create("Lossy").id
    wire = Losing({2, 4})
    with CampaignClient(stack.url, stack.anon_key, transport=wire) as lossy:
        lossy.auth.sign_in_with_password(email, PASSWORD)
        report = lossy.analytics.ingest((event(campaign, n) for n in range(50)), batch_size=10)
    assert wire.batches == 7
    assert (report.inserted + report.duplicates, report.rejected) == (50, 0)
    assert counts(client.analytics.summary(campaign)) == (50, 0, 0)


def test_a_connection_cut_for_good_says_so_and_a_rerun_counts_the_same(
    stack: LocalSupabase, person: tuple[CampaignClient, str]
) -> None:
    client, email = person
    campaign = client.campaigns.create("Cut").id
    events = [event(campaign, n // 2) for n in range(100)]
    wire = Losing(set(range(3, 100)))
    with CampaignClient(stack.url, stack.anon_key, transport=wire) as lossy:
        lossy.auth.sign_in_with_password(email, PASSWORD)
        with pytest.raises(Unavailable) as caught:
            lossy.analytics.ingest(events, batch_size=10)
    assert caught.value.maybe_applied
    assert "Give all of them again" in "".join(caught.value.__notes__)
    again = client.analytics.ingest(events, batch_size=10)
    assert again.inserted + again.duplicates == 100
    assert counts(client.analytics.summary(campaign)) == (50, 0, 0)
    assert client.analytics.reconcile(campaign).agrees


def test_of_two_events_of_one_id_the_first_counts_whatever_overtakes(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Twice").id
    pairs = [
        event(campaign, number, type=kind)
        for number in range(15)
        for kind in ("click", "conversion")
    ]
    report = ann.analytics.ingest(pairs, batch_size=1)
    assert (report.inserted, report.duplicates, report.rejected) == (15, 0, 15)
    # In the order in which they were given, not in that in which the answers came.
    assert [problem.position for problem in report.problems] == list(range(1, 30, 2))
    assert counts(ann.analytics.summary(campaign)) == (0, 15, 0)


def test_refusals_come_in_the_order_of_the_events(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Order").id
    given = [
        event(campaign, n)
        if n % 3
        else event(campaign if n % 2 else uuid4(), n, type="click" if n % 2 == 0 else "?")
        for n in range(40)
    ]
    report = ann.analytics.ingest(given, batch_size=4)
    assert [problem.position for problem in report.problems] == list(range(0, 40, 3))
    assert (report.inserted, report.rejected) == (26, 14)


def test_memory_stays_flat(person: tuple[CampaignClient, str]) -> None:
    client, _ = person
    campaign = client.campaigns.create("Flat").id

    def stream(number: int, first: int) -> Iterator[dict[str, Any]]:
        for position in range(first, first + number):
            if position % 100 == 0:
                # What waits for the collector isn't kept.
                gc.collect()
            yield event(campaign, position)

    def peak(number: int, first: int) -> int:
        tracemalloc.start()
        client.analytics.ingest(stream(number, first), batch_size=100)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(200, 0)
    # What is there already needn't be searched for garbage.
    gc.freeze()
    few, many = peak(1_000, 200), peak(5_000, 1_200)
    gc.unfreeze()
    # How many of the four batches meet in memory is chance; five times the events it isn't.
    assert many < 2 * few


async def test_an_asynchronous_iterable_will_do(
    stack: LocalSupabase, person: tuple[CampaignClient, str]
) -> None:
    client, email = person
    campaign = client.campaigns.create("Streamed").id

    async def stream() -> AsyncIterator[dict[str, Any]]:
        for number in range(25):
            yield event(campaign, number % 20)

    async with AsyncCampaignClient(stack.url, stack.anon_key) as streaming:
        await streaming.auth.sign_in_with_password(email, PASSWORD)
        report = await streaming.analytics.ingest(stream(), batch_size=10)
    assert (report.inserted, report.duplicates) == (20, 5)
    with pytest.raises(InvalidInput, match="AsyncCampaignClient"):
        client.analytics.ingest(stream())


# Counters against the log


def test_totals_are_a_surplus_over_the_events(ann: CampaignClient, campaign: UUID) -> None:
    ann.analytics.ingest([event(campaign, n) for n in range(3)])
    assert ann.analytics.reconcile(campaign).agrees
    ann.analytics.record(campaign, impressions=5, on=DAY)
    found = ann.analytics.reconcile(campaign)
    assert (found.agrees, counts(found.surplus), counts(found.deficit)) == (
        False,
        (5, 0, 0),
        (0, 0, 0),
    )
    assert (counts(found.counters), counts(found.events)) == ((8, 0, 0), (3, 0, 0))


def test_a_counter_that_was_tampered_with_is_found(
    ann: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    ann.analytics.ingest(
        [event(campaign, n, occurred_at=NOON + timedelta(days=n)) for n in range(4)]
    )
    db.execute(
        "update campaign_analytics set impressions = 0 where campaign_id = %s and date = %s",
        [campaign, DAY],
    )
    db.execute(
        "delete from campaign_analytics where campaign_id = %s and date = %s",
        [campaign, DAY + timedelta(days=1)],
    )
    found = ann.analytics.reconcile(campaign)
    assert [(gone.day, gone.impressions) for gone in found.differences] == [
        (DAY, -1),
        (DAY + timedelta(days=1), -1),
    ]
    assert counts(found.deficit) == (2, 0, 0)
    assert counts(found.surplus) == (0, 0, 0)
    report = ann.analytics.report(campaigns=campaign, timezone="Asia/Kolkata")
    assert sum(row.impressions for row in report.rows) == 2


def test_events_inserted_by_hand_count_as_well(
    ann: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    db.execute(
        "insert into campaign_events (campaign_id, event_id, user_id, type, occurred_at)"
        " select id, 'by hand', user_id, 'click', now() from campaigns where id = %s",
        [campaign],
    )
    assert counts(ann.analytics.summary(campaign)) == (0, 1, 0)
    assert ann.analytics.reconcile(campaign).agrees
