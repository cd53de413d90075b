"""The operations that faults are done to: what each is, and how one sees that it was done."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from campaign_sdk import CampaignClient, Variant, everyone, field
from campaign_sdk._core.operation import Kind

SEEN_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)

World = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One thing that a client is asked to do.

    Attributes:
        name: as users write it.
        do: does it; `new` is a name that nobody has used.
        kind: a read, a write that carries a key (so that it may be sent again), or a write.
        path: of the request that a fault is done to.
        rows: counts what it leaves in the database for that name.
    """

    name: str
    do: Callable[[CampaignClient, World, str], Any]
    kind: Kind = "read"
    path: str = "/rest/v1/"
    rows: str | None = None


def world_of(client: CampaignClient) -> World:
    """Make what the operations are about: contacts, a segment, campaigns in several states."""
    people = [
        {"email": f"{name}@example.com", "attributes": {"city": "Pune", "orders": 3}}
        for name in ("ann", "ben", "cem")
    ]
    client.contacts.upsert(people)
    ann = client.contacts.find("ann@example.com")
    assert ann is not None
    segment = client.segments.create("Pune", field("city") == "Pune")
    draft = client.campaigns.create("Draft", message="Hi", subject="Hi", segment_id=segment.id)
    active = client.campaigns.create("Active", message="Hi", subject="Hi", rules=everyone())
    variants = [Variant(name, message="Hi", subject="Hi") for name in ("one", "two", "three")]
    tested = client.campaigns.create("Tested", rules=everyone(), variants=variants)
    client.campaigns.launch(active.id)
    client.analytics.record(active.id, impressions=10, clicks=2, on=SEEN_AT.date())
    client.analytics.ingest([event(active.id, "seen")])
    client.suppressions.add("gone@example.com")
    client.tracking.rotate()
    client.assets.upload(draft.id, PIXEL, name="dot.png", alt="")
    return {
        "ann": ann.id,
        "segment": segment.id,
        "draft": draft.id,
        "active": active.id,
        "tested": tested.id,
        "key": client.tracking.keys()[0].key_id,
    }


def event(campaign_id: uuid.UUID, event_id: str) -> dict[str, Any]:
    """Return a click."""
    given = {"event_id": event_id, "type": "click", "occurred_at": SEEN_AT}
    return {"campaign_id": campaign_id, **given}


def _move(name: str) -> Operation:
    return Operation(
        f"campaigns.{name}", lambda c, w, _: getattr(c.campaigns, name)(w["active"]), "write"
    )


CONTACT = "select count(*) from public.contacts where email = %s || '@example.com'"
SEGMENT = "select count(*) from public.audience_segments where name = %s"
CAMPAIGN = "select count(*) from public.campaigns where name = %s"
EVENT = "select count(*) from public.campaign_events where event_id = %s"

# One of each kind of request: these meet every fault.
CORE = (
    Operation(
        "contacts.upsert",
        lambda c, _, new: c.contacts.upsert([{"email": f"{new}@example.com"}]),
        "keyed",
        "/rpc/upsert_contacts",
        CONTACT,
    ),
    Operation("contacts.get", lambda c, w, _: c.contacts.get(w["ann"])),
    Operation("contacts.iterate", lambda c, _w, _: list(c.contacts.iterate())),
    Operation("contacts.count", lambda c, _w, _: c.contacts.count()),
    Operation(
        "segments.members", lambda c, w, _: list(c.segments.members(w["segment"])), path="/rpc/"
    ),
    Operation(
        "campaigns.update",
        lambda c, w, new: c.campaigns.update(w["draft"], description=new),
        "keyed",
        "/campaigns",
        "select count(*) from public.campaigns where description = %s",
    ),
    Operation(
        "auth.update_profile",
        lambda c, _w, new: c.auth.update_profile(full_name=new),
        "write",
        "/auth/v1/user",
        "select count(*) from auth.users where raw_user_meta_data ->> 'full_name' = %s",
    ),
    Operation(
        "analytics.ingest",
        lambda c, w, new: c.analytics.ingest([event(w["active"], new)]),
        "keyed",
        "/rpc/ingest_events",
        EVENT,
    ),
    Operation("analytics.report", lambda c, _w, _: c.analytics.report(group_by="day")),
)

# The others: these meet every answer that is JSON, but not ours.
OTHERS = (
    Operation("contacts.find", lambda c, _w, _: c.contacts.find("ann@example.com")),
    Operation("contacts.update", lambda c, w, _: c.contacts.update(w["ann"], phone="2"), "write"),
    Operation("contacts.unsubscribe", lambda c, w, _: c.contacts.unsubscribe(w["ann"]), "write"),
    Operation("contacts.subscribe", lambda c, w, _: c.contacts.subscribe(w["ann"]), "write"),
    Operation("contacts.history", lambda c, w, _: c.contacts.history(w["ann"])),
    Operation("contacts.fields", lambda c, _w, _: c.contacts.fields()),
    Operation(
        "contacts.matching", lambda c, _w, _: list(c.contacts.iterate(field("city") == "Pune"))
    ),
    Operation("contacts.export_person", lambda c, w, _: c.contacts.export_person(w["ann"])),
    Operation(
        "contacts.dry_run",
        lambda c, _w, _: c.contacts.import_csv(_csv("dry@example.com"), dry_run=True),
    ),
    Operation(
        "contacts.export_csv", lambda c, _w, _: c.contacts.export_csv(io.StringIO(), "city = 'x'")
    ),
    Operation(
        "contacts.import_csv",
        lambda c, _w, new: c.contacts.import_csv(_csv(f"{new}@example.com")),
        "keyed",
    ),
    Operation(
        "segments.create", lambda c, _w, new: c.segments.create(new, field("x") == 1), "write"
    ),
    Operation("segments.get", lambda c, w, _: c.segments.get(w["segment"])),
    Operation("segments.list", lambda c, _w, _: c.segments.list()),
    Operation(
        "segments.update", lambda c, w, _: c.segments.update(w["segment"], name="Poona"), "write"
    ),
    Operation("segments.preview", lambda c, w, _: c.segments.preview(w["segment"])),
    Operation("segments.size", lambda c, w, _: c.segments.size(w["segment"])),
    Operation("segments.analytics", lambda c, w, _: c.segments.analytics(w["segment"], by="city")),
    Operation("segments.check", lambda c, _w, _: c.segments.check(field("citty") == "Pune")),
    Operation(
        "campaigns.create",
        lambda c, _w, new: c.campaigns.create(new, message="Hi", rules=everyone()),
        "write",
    ),
    Operation("campaigns.get", lambda c, w, _: c.campaigns.get(w["draft"])),
    Operation("campaigns.list", lambda c, _w, _: c.campaigns.list()),
    Operation("campaigns.duplicate", lambda c, w, _: c.campaigns.duplicate(w["draft"]), "write"),
    Operation("campaigns.preflight", lambda c, w, _: c.campaigns.preflight(w["draft"])),
    Operation("campaigns.launch", lambda c, w, _: c.campaigns.launch(w["draft"]), "write"),
    Operation("campaigns.tick", lambda c, _w, _: c.campaigns.tick(), "write"),
    Operation("campaigns.failures", lambda c, _w, _: c.campaigns.failures()),
    Operation(
        "campaigns.schedule",
        lambda c, w, _: c.campaigns.schedule(w["draft"], datetime.now(UTC) + timedelta(days=1)),
        "write",
    ),
    *map(_move, ("pause", "resume", "complete", "archive")),
    Operation("campaigns.history", lambda c, w, _: c.campaigns.history(w["active"])),
    Operation("campaigns.audience", lambda c, w, _: list(c.campaigns.audience(w["active"]))),
    Operation(
        "campaigns.render",
        lambda c, w, _: c.campaigns.render(w["active"], {"email": "ann@example.com"}),
    ),
    Operation(
        "campaigns.render_audience", lambda c, w, _: list(c.campaigns.render_audience(w["active"]))
    ),
    Operation(
        "analytics.record",
        lambda c, w, _: c.analytics.record(w["active"], clicks=1, on=SEEN_AT.date()),
        "write",
    ),
    Operation("analytics.summary", lambda c, w, _: c.analytics.summary(w["active"])),
    Operation("analytics.compare", lambda c, w, _: c.analytics.compare(w["draft"], w["active"])),
    Operation("analytics.reconcile", lambda c, w, _: c.analytics.reconcile(w["active"])),
    Operation("analytics.clicks", lambda c, w, _: c.analytics.clicks(w["active"])),
    Operation("analytics.breakdown", lambda c, w, _: c.analytics.breakdown(w["active"], "city")),
    Operation("analytics.summarize", lambda c, w, _: c.analytics.summarize(w["active"], by="city")),
    Operation("analytics.best_hour", lambda c, w, _: c.analytics.best_hour(w["active"])),
    Operation("analytics.experiment", lambda c, w, _: c.analytics.experiment(w["tested"])),
    Operation("deliveries.status", lambda c, w, _: c.deliveries.status(w["active"])),
    Operation(
        "deliveries.claim", lambda c, w, _: next(iter(c.deliveries.claim(w["active"]))), "write"
    ),
    Operation("deliveries.iterate", lambda c, w, _: list(c.deliveries.iterate(w["active"]))),
    Operation(
        "deliveries.resolve",
        lambda c, w, _: c.deliveries.resolve(w["active"], unknown="failed"),
        "write",
    ),
    Operation("suppressions.add", lambda c, _w, new: c.suppressions.add(f"{new}@x.org"), "keyed"),
    Operation("suppressions.check", lambda c, _w, _: c.suppressions.check("gone@example.com")),
    Operation("suppressions.list", lambda c, _w, _: list(c.suppressions.list())),
    Operation(
        "suppressions.lift", lambda c, _w, _: c.suppressions.lift("gone@example.com"), "write"
    ),
    Operation("settings.get", lambda c, _w, _: c.settings.get()),
    Operation("settings.update", lambda c, _w, _: c.settings.update(cap=None), "write"),
    Operation("tracking.settings", lambda c, _w, _: c.tracking.settings()),
    Operation("tracking.keys", lambda c, _w, _: c.tracking.keys()),
    Operation("tracking.rotate", lambda c, _w, _: c.tracking.rotate(), "write"),
    Operation("tracking.revoke", lambda c, w, _: c.tracking.revoke(w["key"]), "write"),
    Operation(
        "tracking.update",
        lambda c, _w, _: c.tracking.update(unsubscribe_page="https://example.com/u"),
        "write",
    ),
    Operation("assets.list", lambda c, w, _: c.assets.list(w["draft"])),
    Operation("assets.get", lambda c, w, _: c.assets.get(w["draft"], "dot.png")),
    Operation(
        "assets.upload",
        lambda c, w, new: c.assets.upload(w["draft"], PIXEL, name=f"{new}.png", alt=""),
        "write",
    ),
    Operation("auth.profile", lambda c, _w, _: c.auth.profile()),
    Operation("auth.refresh", lambda c, _w, _: c.auth.refresh(), "keyed"),
    Operation(
        "auth.sign_in", lambda c, _w, _: c.auth.sign_in_with_password("a@example.com", "x"), "write"
    ),
    Operation(
        "auth.sign_up", lambda c, _w, new: c.auth.sign_up(f"{new}@a.org", "xxxxxxx1"), "write"
    ),
)


def _csv(email: str) -> Any:
    import io

    return io.BytesIO(f"email,city\n{email},Pune\n".encode())
