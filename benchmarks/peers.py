"""The database's part of each job, against the shape in which open servers do it.

    python -m benchmarks peers [--contacts 200000]

The other shape is written here, after what listmonk's tables, indexes and statements amount to:
serial ids, a row for each click with its link, no idempotency, no counters, no owner. It has a
policy, as our tables have, and stands beside them in one database; both are vacuumed, and take
turns. What is
measured is the processor time of the connection's server process. Ours does more: each event
once, checked, counted by day, and nobody else's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import count
from typing import Any

from benchmarks._measure import (
    Database,
    become,
    become_nobody,
    by_turns,
    cpu_of,
    database,
    keep,
    ratio,
    somebody,
    table,
    unchecked,
    vacuum,
)
from campaign_sdk import LocalSupabase, field

PEER = """
    create table public.peer_people (
      id serial primary key, uuid uuid not null unique default gen_random_uuid(),
      email text not null unique, name text not null default '',
      attribs jsonb not null default '{}',
      status text not null default 'enabled', created_at timestamptz default now(),
      updated_at timestamptz default now());
    create unique index on public.peer_people (lower(email));
    create index on public.peer_people (status);
    create table public.peer_lists (
      person integer references public.peer_people on delete cascade, list integer,
      status text not null, created_at timestamptz default now(),
      updated_at timestamptz default now(), primary key (person, list));
    create index on public.peer_lists (person);
    create index on public.peer_lists (list);
    create index on public.peer_lists (status);
    create table public.peer_campaigns (id serial primary key, uuid uuid not null unique);
    create table public.peer_links (
      id serial primary key, uuid uuid not null unique default gen_random_uuid(),
      url text not null unique, created_at timestamptz default now());
    create table public.peer_clicks (
      id bigserial primary key, campaign integer references public.peer_campaigns on delete cascade,
      link integer not null references public.peer_links on delete cascade,
      person integer references public.peer_people on delete set null,
      created_at timestamptz default now());
    create index on public.peer_clicks (campaign);
    create index on public.peer_clicks (link);
    create index on public.peer_clicks (person);
    create index on public.peer_clicks ((timezone('UTC', created_at)::date));
    insert into public.peer_campaigns (uuid) values (gen_random_uuid());
    insert into public.peer_links (url)
    select 'https://example.com/' || n from generate_series(1, 50) as n;
    grant all on all tables in schema public to authenticated;
    grant all on all sequences in schema public to authenticated;
"""
POLICY = """
    alter table public.{0} enable row level security;
    create policy everybody on public.{0} to authenticated
      using ((select auth.uid()) is not null) with check ((select auth.uid()) is not null);
"""
CONTACTS = """
    insert into public.contacts (user_id, email, attributes)
    select %(user)s, 'c' || i || '@example.com', jsonb_build_object(
      'name', 'Name ' || i %% 1000, 'orders', i %% 100, 'spend', i %% 997,
      'city', (array['Pune', 'Delhi', 'Oslo', 'Rome'])[1 + i %% 4],
      'seen', to_char(date '2026-11-20' - i %% 300, 'YYYY-MM-DD'))
    from generate_series(1, %(size)s) as i
"""
EVENTS = """
    insert into public.campaign_events
      (campaign_id, event_id, user_id, contact_id, type, occurred_at, value)
    select %(campaign)s, 'e' || n, %(user)s, id,
      case when n %% 3 > 0 then 'impression' else 'click' end,
      now() - random() * interval '30 days', null
    from (select c.id, row_number() over (order by random()) as n from public.contacts as c,
            generate_series(1, 3) where c.user_id = %(user)s) as e
"""
CLICKS = """
    insert into public.peer_clicks (campaign, person, link)
    select 1, p.id, 1 + p.id % 50 from public.peer_people as p, generate_series(1, 2)
    order by random()
"""
CLICK = """
    with link as (select id, url from public.peer_links where uuid = %s)
    insert into public.peer_clicks (campaign, person, link) values (
      (select id from public.peer_campaigns where uuid = %s),
      (select id from public.peer_people where uuid = %s),
      (select id from link))
    returning (select url from link)
"""
UPSERT = """
    with person as (
      insert into public.peer_people as p (email, name, attribs) values (%s, '', %s)
      on conflict (email) do update set attribs = excluded.attribs, updated_at = now()
      returning id)
    insert into public.peer_lists (person, list, status)
    select person.id, list, 'confirmed' from person, unnest(%s::integer[]) as list
    on conflict (person, list) do update set status = excluded.status, updated_at = now()
"""


def prepare(db: Database, user: str, size: int) -> str:
    """Fill both shapes with the same people and events; return our campaign."""
    become_nobody(db)
    db.execute(PEER)
    for name in ("peer_people", "peer_lists", "peer_campaigns", "peer_links", "peer_clicks"):
        db.execute(POLICY.format(name))
    made = "insert into public.campaigns (user_id, name) values (%s, 'Peers') returning id"
    [campaign] = db.execute(made, [user]).fetchone() or [""]
    with unchecked(db):
        db.execute(CONTACTS, {"user": user, "size": size})
        db.execute(EVENTS, {"user": user, "campaign": campaign})
        db.execute("insert into public.peer_people (uuid, email) select id, email from contacts")
        db.execute(CLICKS)
    vacuum(db, "public.contacts", "public.campaign_events")
    vacuum(db, "public.peer_people", "public.peer_clicks")
    return str(campaign)


def jobs(db: Database, campaign: str) -> dict[str, tuple[Any, Any, int]]:
    """Return each job in our shape and in the other, and how often."""
    people = [str(row[0]) for row in db.execute("select id from contacts limit 5000")]
    [peer] = db.execute("select uuid from public.peer_campaigns").fetchone() or [""]
    links = [row[0] for row in db.execute("select uuid from public.peer_links")]
    number, other = count(), count()

    def ingest(one: int) -> None:
        given = {
            "campaign_id": campaign,
            "event_id": f"new {one}",
            "type": "click",
            "occurred_at": "2026-11-01T10:00:00Z",
            "contact_id": people[one % 5000],
            "link": f"https://example.com/{one % 50}",
        }
        db.execute("select * from public.ingest_events(%s::jsonb)", [json.dumps([given])])

    def click() -> None:
        one = next(other)
        db.execute(CLICK, [links[one % 50], peer, people[one % 5000]])

    def reach() -> None:
        db.execute("select reach from public.summarize_campaign(%s)", [campaign]).fetchone()

    def unique() -> None:
        db.execute("select count(distinct person), count(*) from public.peer_clicks "
                   "where campaign = 1").fetchone()  # fmt: skip

    return {
        "a single click": (lambda: ingest(next(number)), click, 400),
        "the same click again, over a new one of theirs": (lambda: ingest(0), click, 400),
        "people reached, over a count of unique clickers": (reach, unique, 9),
        "an import's rows, 1,000 at a time": (*imports(db), 15),
    }


def imports(db: Database) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the storing of 1,000 new people in one call of ours, and row by row."""
    mine, theirs = count(), count()

    def rows(turn: int) -> list[tuple[str, dict[str, Any]]]:
        return [(f"i{turn}-{n}@example.com", {"orders": n % 40, "city": f"City {n % 50}"})
                for n in range(1_000)]  # fmt: skip

    def ours() -> None:
        given = [{"email": e, "attributes": a} for e, a in rows(next(mine))]
        db.execute("select * from public.upsert_contacts(%s::jsonb)", [json.dumps(given)])

    def peers() -> None:
        with db.transaction():
            for email, attributes in rows(next(theirs)):
                db.execute(UPSERT, [email, json.dumps(attributes), [1]])

    return ours, peers


def looks(db: Database) -> dict[str, tuple[Any, Any, int]]:
    """Return what is measured against a count of our own."""
    rules = json.dumps(((field("orders") >= 10) & (field("city") != "Rome")).to_wire())
    one = [{"field": "name", "takes": "any", "strips": False}]
    two = [*one, {"field": "city", "takes": "any", "strips": False}]
    four = [*two, {"field": "seen", "takes": "date", "strips": True},
            {"field": "spend", "takes": "number", "strips": False}]  # fmt: skip

    def asks(sql: str, *arguments: object) -> Callable[[], object]:
        return lambda: db.execute(sql, arguments).fetchone()

    size = asks("select * from public.audience_size(%s::jsonb)", rules)
    inspect = "select * from public.inspect_audience(%s::jsonb, %s::jsonb, '[[1]]')"
    return {
        "a pre-flight of one placeholder, over the audience's size": (
            asks(inspect, rules, json.dumps(one)), size, 9),
        "of two": (asks(inspect, rules, json.dumps(two)), size, 9),
        "of four, one a date and one a number": (
            asks(inspect, rules, json.dumps(four)), size, 9),
        "fields of 10,000 contacts, over the audience's size": (
            asks("select * from public.list_contact_fields(10000)"), size, 9),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=200_000)
    size = parser.parse_args().contacts
    rows = []
    with LocalSupabase() as stack, database(stack) as db:
        user = somebody(db)
        campaign = prepare(db, user, size)
        become(db, user)
        now = cpu_of(db)
        for name, (ours, theirs, rounds) in {**jobs(db, campaign), **looks(db)}.items():
            taken = by_turns({"ours": ours, "theirs": theirs}, rounds, now)
            ms = sorted(taken["ours"])[rounds // 2]
            rows.append((name, f"{ms:.2f}", ratio(taken["ours"], taken["theirs"])))
    head = ("what", "ours, ms of a processor", "over the other [quartiles]")
    about = (__doc__ or "").split("\n\n", 2)[2]
    keep("peers", f"# Peers\n\n{size:,} contacts. {about}\n{table(head, rows)}")


if __name__ == "__main__":
    main()
