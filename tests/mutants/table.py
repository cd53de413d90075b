"""All mutations: the families that are found by themselves, then those that somebody thought of.

An anchor is a short text that stands once in its chapter. Whoever changes it changes it here.
"""

from __future__ import annotations

from collections.abc import Iterator

from .mutation import Mutation, lifted_checks, opened_policies

_D = "tests/database/test_"
_STATUS, _LAUNCH = f"{_D}status.py", f"{_D}launch.py"
_DOORS, _ORDER = f"{_D}last_doors.py", f"{_D}lock_order.py"
_CONSTRAINTS, _CONCURRENCY = f"{_D}constraints.py", f"{_D}concurrency.py"
_MERGING, _REFUSALS = "tests/contacts/test_merging.py", "tests/contacts/test_refusals.py"
_CONTACTS = "tests/contacts/test_contacts.py"
_SUPPRESSIONS = "tests/suppressions/test_suppressions.py"
_WRITING = "tests/core/test_writing.py"
_ANALYTICS = "tests/analytics/test_analytics.py"
_REPORT = "tests/reports/test_report.py"
_KEYS, _KINDS = "tests/analytics/test_keys.py", "tests/analytics/test_kinds.py"
_PROTOCOL, _CLAIMS = "tests/deliveries/test_protocol.py", "tests/deliveries/test_claims.py"
_AUDIENCES = "tests/rules/test_audiences.py"
_INSPECTION = "tests/campaigns/test_inspection.py"
_EXPERIMENTS = "tests/experiments/test_assignment.py"

# What stands there, what stands there instead, and who is to see it.
_BY_HAND = [
    Mutation(
        "  revoke all on tables from public, anon, authenticated, service_role;",
        "  grant select on tables to anon;",
        (_DOORS, "-k", "later_chapter"),
    ),
    Mutation(
        "  revoke all on functions from public, anon, authenticated, service_role;",
        "  grant execute on functions to anon;",
        (_DOORS, "-k", "later_chapter"),
    ),
    Mutation(
        "  revoke all on sequences from public, anon, authenticated, service_role;",
        "  grant usage on sequences to authenticated;",
        (_DOORS, "-k", "later_chapter"),
    ),
    Mutation("new.updated_at := pg_catalog.now();", "null;", (_CONSTRAINTS, "-k", "updated_at")),
    Mutation(r"|Etc/GMT\+(1[0-2]|[1-9]))$", r"|Etc/GMT\+[0-9]+)$", (_CONSTRAINTS, "-k", "zone")),
    Mutation("'^(UTC|[A-Z]", "'^(UTC|GMT|EST|[A-Z]", (_CONSTRAINTS, "-k", "zone")),
    Mutation(
        "normalize(lower(normalize(", "normalize((normalize(", (_CONSTRAINTS, "-k", "one_form")
    ),
    Mutation("merged jsonb := stored || given;", "merged jsonb := given || stored;", (_MERGING,)),
    Mutation("jsonb_typeof(stored -> e.key) = 'object'", "false", (_MERGING,)),
    Mutation(
        "      unsubscribed_at = coalesce(c.unsubscribed_at, excluded.unsubscribed_at)",
        "      unsubscribed_at = coalesce(excluded.unsubscribed_at, c.unsubscribed_at)",
        (_DOORS, "-k", "date_of_a_no"),
    ),
    Mutation("phone = coalesce(excluded.phone, c.phone),", "phone = excluded.phone,", (_CONTACTS,)),
    Mutation("min(g.unsubscribed_at) as since", "max(g.unsubscribed_at) as since", (_MERGING,)),
    Mutation(
        "order by g.email, g.position\n$$;", "order by g.email, g.position desc\n$$;", (_MERGING,)
    ),
    Mutation(
        "set unsubscribed_at = coalesce(c.unsubscribed_at, now())",
        "set unsubscribed_at = now()",
        (_CONTACTS, _DOORS),
    ),
    Mutation("(user_id, email),\n", "(email),\n", (f"{_D}isolation.py", _CONTACTS, _DOORS)),
    Mutation(" or sqlstate 'CM000'", "", (_REFUSALS,)),
    Mutation(
        "when data_exception or check_violation or not", "when check_violation or not", (_REFUSALS,)
    ),
    Mutation("perform campaign_private.keep_refusals_of_mail(people[i]);", "null;", (_REFUSALS,)),
    Mutation("positions[i:i]", "positions[1:1]", (_REFUSALS,)),
    Mutation(
        "array_agg(p.items order by p.email) filter (where p.refusal is null)",
        "array_agg(p.items order by p.position) filter (where p.refusal is null)",
        (_REFUSALS,),
    ),
    Mutation("case when g.email is null then g.position end", "null::integer", (_REFUSALS,)),
    Mutation("octet_length(attributes::text) > 65536", "false", (_REFUSALS,)),
    Mutation("'row: the database can''t store this value'", "message", (_REFUSALS,)),
    Mutation("s.user_id = h.user_id and s.address = h.address", "false", (_SUPPRESSIONS,)),
    Mutation(
        "from deleted as d where d.unsubscribed_at is not null",
        "from deleted as d where false",
        (_SUPPRESSIONS,),
    ),
    Mutation(
        "and old.unsubscribed_at is not null)", "and old.unsubscribed_at is null)", (_SUPPRESSIONS,)
    ),
    Mutation(
        "where c.user_id = owner and c.suppressed_at is not null", "where false", (_SUPPRESSIONS,)
    ),
    Mutation("c.email = any (emails) and c.suppressed_at is null;", "false;", (_SUPPRESSIONS,)),
    Mutation("as e\n    where e is not null", "as e where true", (_DOORS, "-k", "gaps")),
    Mutation(
        "from deleted as d where d.user_id = owner",
        "from deleted as d where false",
        (_KEYS, _ANALYTICS),
    ),
    Mutation(
        "count(*) filter (where c.unsubscribed_at is null and c.suppressed_at is null)",
        "count(*)",
        (_AUDIENCES,),
    ),
    Mutation(
        "then format('and c.id > %L', after) end;",
        "then null::text end;",
        (_AUDIENCES,),
    ),
    Mutation(
        "member_case(predicate), page - given);", "member_case(predicate), page);", (_AUDIENCES,)
    ),
    Mutation("'[97,123)'", "'[97,124)'", (_INSPECTION,)),
    Mutation("and length(%1$s) < 30 ", "", (_INSPECTION,)),
    Mutation(
        "over (order by (target).text, takes, strips)",
        "over (order by (target).text, takes)",
        (_INSPECTION,),
    ),
    Mutation("looked_at - 1) into last;", "looked_at) into last;", (_AUDIENCES,)),
    Mutation(
        "'(%s) and c.unsubscribed_at is null and c.suppressed_at is null', predicate",
        "'%s', predicate",
        (_DOORS, "-k", "left_out"),
    ),
    Mutation("case combinator when 'and' then '>' else '<=' end", "'>'", (_AUDIENCES,)),
    Mutation(
        "references public.audience_segments (user_id, id) on delete no action",
        "references public.audience_segments (user_id, id) on update cascade on delete no action",
        (_DOORS, "-k", "given_away"),
    ),
    Mutation(
        "references public.audience_segments (user_id, id) on delete no action",
        "references public.audience_segments (user_id, id) on delete cascade",
        ("tests/segments/test_segments.py",),
    ),
    Mutation(
        "'draft', 'scheduled', 'active', 'paused', 'completed', 'archived')\n  ),",
        "'draft', 'scheduled', 'active', 'paused', 'completed', 'archived', 'lost')\n  ),",
        (_DOORS, "-k", "no_status"),
    ),
    Mutation("('archive', 'draft', 'archived')", "('archive', 'active', 'archived')", (_STATUS,)),
    Mutation("('resume', 'paused', 'active')", "('resume', 'completed', 'active')", (_STATUS,)),
    Mutation("('launch', 'scheduled', 'active'),", "", (_STATUS,)),
    Mutation("('unschedule', 'scheduled', 'draft'),", "", (_STATUS,)),
    Mutation("('complete', 'paused', 'completed'),", "", (_STATUS,)),
    Mutation(
        "('archive', 'completed', 'archived');", "('archive', 'archived', 'draft');", (_STATUS,)
    ),
    Mutation("if new.status is distinct from 'draft' then", "if false then", (_STATUS, _LAUNCH)),
    Mutation("if old.launched_at is not null and (", "if false and (", (_LAUNCH,)),
    Mutation(
        "old.status in ('active', 'completed', 'archived')",
        "false",
        (_LAUNCH, "tests/campaigns/test_campaigns.py"),
    ),
    Mutation(
        "(old.promoted is not null or old.status not in", "(old.status not in", (_EXPERIMENTS,)
    ),
    Mutation(
        "new.completed_at := now();", "null;", (_STATUS, _LAUNCH, "tests/campaigns/test_moves.py")
    ),
    Mutation(
        "    new.scheduled_at := null;",
        "    null;",
        (_STATUS, _LAUNCH, "tests/campaigns/test_moves.py"),
    ),
    Mutation(
        "campaign.launched_at := now();",
        "campaign.launched_at := campaign.created_at;",
        (_LAUNCH, _EXPERIMENTS),
    ),
    Mutation(
        "if campaign.status <> coalesce(expected, seen) then",
        "if false then",
        (_STATUS, _CONCURRENCY),
    ),
    Mutation(
        "where c.id = campaign_id for no key update;", "where c.id = campaign_id;", (_CONCURRENCY,)
    ),
    Mutation(
        "concat(campaign.message, campaign.html) !~ '\\S'",
        "false",
        (_DOORS, "-k", "says_nothing"),
    ),
    Mutation(
        "if campaign.rules is null and not exists (",
        "if false and not exists (",
        ("tests/campaigns/test_tick.py", "-k", "no_other_door"),
    ),
    Mutation(
        "create trigger record_move after update on public.campaigns\n"
        "  for each row when (old.status is distinct from new.status)",
        "create trigger record_move after update on public.campaigns\n  for each row when (false)",
        (_STATUS,),
    ),
    Mutation(
        "is distinct from (before, now_is) or not exists (",
        "is null or not exists (",
        (_CONSTRAINTS,),
    ),
    Mutation("and m.to_status = new.status\n", "\n", (_STATUS,)),
    Mutation(
        "select s.rules into campaign.rules",
        "select null into campaign.rules",
        (_LAUNCH, "tests/segments/test_segments.py"),
    ),
    Mutation(
        "on conflict on constraint requests_pkey do nothing;\n  if found then",
        "on conflict do nothing;\n  if true then",
        (_WRITING,),
    ),
    Mutation(
        "if earlier.what is distinct from asked then",
        "if earlier.what is null then",
        (_WRITING,),
    ),
    Mutation("now() - interval '1 day'", "now() - interval '9 days'", (_WRITING,)),
    Mutation("set answer = keep_answer.answer", "set answer = null", (_WRITING,)),
    Mutation("order by o.made_at limit 2", "order by o.made_at limit 1", (_WRITING,)),
    Mutation(
        "if old.outcome = new.outcome or old.outcome = 'unknown' or new.outcome = 'sent' then",
        "if true then",
        (_PROTOCOL,),
    ),
    Mutation(
        "elsif old.outcome = 'unknown' or not exists (", "elsif true or not exists (", (_PROTOCOL,)
    ),
    Mutation("    new.begun < old.begun\n", "    false\n", (_PROTOCOL,)),
    Mutation("sent = b.sent + part.sent,", "sent = b.sent,", (_PROTOCOL,)),
    Mutation(
        "unknown = b.unknown - cardinality(part.ids),",
        "unknown = b.unknown,",
        ("tests/deliveries/test_send.py", "-k", "retry or again or doubt or unknown"),
    ),
    Mutation(
        "ahead = b.ahead + campaign_private.count_ahead(held, part.ids)",
        "ahead = b.ahead",
        (_PROTOCOL,),
    ),
    Mutation(
        "if seconds is null or not seconds between 0.1 and 3600 then",
        "if false then",
        (_PROTOCOL, "tests/deliveries/test_send.py"),
    ),
    Mutation(
        "or held.leased_until <= clock_timestamp() then\n    answer.state := 'lost';",
        "then\n    answer.state := 'lost';",
        (_PROTOCOL,),
    ),
    Mutation(
        "answer.state := campaign.status;\n  elsif campaign_private.is_quiet(",
        "null;\n  elsif campaign_private.is_quiet(",
        (_PROTOCOL, "tests/deliveries/test_send.py"),
    ),
    Mutation("'id', json_agg(m.id),", "'id', json_agg(m.user_id),", (_CLAIMS,)),
    Mutation(
        "'place', json_agg(m.place),",
        "'place', json_agg(m.place - 1),",
        ("tests/deliveries/test_by_hand.py",),
    ),
    Mutation(
        "case when count(*) > 0 then json_build_object(",
        "case when true then json_build_object(",
        (_CLAIMS,),
    ),
    Mutation(
        "decision not in ('retry', 'failed')", "false", (_PROTOCOL, "tests/deliveries/test_send.py")
    ),
    Mutation(
        "where r.campaign_id is null and d.user_id = owner and d.provider_id",
        "where r.campaign_id is null and d.provider_id",
        (_DOORS, "-k", "receipt"),
    ),
    Mutation(
        "alter table public.campaign_analytics force row level security;",
        "alter table public.campaign_analytics force row level security;\n"
        "alter table public.campaign_analytics replica identity full;",
        (_DOORS, "-k", "old_rows"),
    ),
    Mutation(" and value <= now() + interval '1 day'", "", (_DOORS, "-k", "of_the_future")),
    Mutation(" or i.occurred_at > now() + interval '1 day'", "", (_DOORS, "-k", "of_the_future")),
    Mutation("if new.date > current_date + 2 then", "if false then", (_CONSTRAINTS,)),
    Mutation("  order by e.campaign_id, date\n", "", (_ORDER,)),
    Mutation(
        "conversions = a.conversions + excluded.conversions,\n    delivered",
        "conversions = excluded.conversions,\n    delivered",
        (_DOORS, "-k", "kind_of_event"),
    ),
    Mutation(
        "bounced = a.bounced + excluded.bounced,",
        "bounced = a.bounced,",
        (_DOORS, "-k", "kind_of_event"),
    ),
    Mutation(
        "unsubscribed = a.unsubscribed + excluded.unsubscribed,",
        "",
        (_DOORS, "-k", "kind_of_event"),
    ),
    Mutation("  if not several then\n", "  if true then\n", (_ANALYTICS, _KEYS, _DOORS)),
    Mutation(
        "unsubscribed = a.unsubscribed + (kind = 'unsubscribed')::integer",
        "unsubscribed = a.unsubscribed + (kind = 'bounced')::integer",
        (_DOORS, "-k", "kind_of_event"),
    ),
    Mutation("clicks = a.clicks + 1, ", "clicks = a.clicks, ", (_ANALYTICS, _KINDS)),
    Mutation(
        "machine_impressions = a.machine_impressions + by_machine",
        "machine_impressions = a.machine_impressions",
        (_ANALYTICS, _KINDS),
    ),
    Mutation(
        "e.type, (e.actor in ('machine', 'proxy'))::integer,",
        "e.type, (e.actor in ('machine', 'unknown'))::integer,",
        (_ANALYTICS, _KINDS),
    ),
    Mutation(
        "select c.timezone from public.campaigns as c where c.id = e.campaign_id\n",
        "select 'UTC'\n",
        (_ANALYTICS, _KINDS, _REPORT),
    ),
    Mutation(
        "  if old is distinct from new then\n    new.updated_at := pg_catalog.now();\n  end if;",
        "  new.updated_at := now();",
        (_CONSTRAINTS, "-k", "updated_at"),
    ),
    Mutation(
        "stored.type = event ->> 'type'\n",
        "stored.type is not null\n",
        (_ANALYTICS, "-k", "of_one_id"),
    ),
    Mutation(
        "where e.type = 'click' and e.actor in ('machine', 'proxy')",
        "where e.type = 'click' and e.actor = 'machine'",
        (_KINDS, "tests/tracking/test_actors.py", _REPORT),
        "00705_events",
    ),
    Mutation(
        "(e.occurred_at at time zone c.timezone)::date as date",
        "e.occurred_at::date as date",
        (_ANALYTICS, _REPORT),
    ),
    Mutation(
        "    and not coalesce(zones, '{}') <@ array[asked.timezone];", "    and false;", (_REPORT,)
    ),
    Mutation("asked.owner and c.segment_id = segment\n", "asked.owner\n", (_REPORT,)),
    Mutation(
        "m.own_day, -m.impressions, -m.clicks", "m.own_day, -m.impressions, m.clicks", (_REPORT,)
    ),
    Mutation("grouping(c.campaign_key) = 1", "false", (_REPORT,)),
    Mutation(
        "as a where a.campaign_id = new.id) then",
        "as a where false) then",
        (_LAUNCH,),
    ),
    Mutation("if result.duplicates > 0 then", "if false then", (_KEYS,)),
    Mutation("order by g.campaign_id, g.event_id, g.position", "order by g.position", (_ORDER,)),
    Mutation(
        "where g.user_id = owner and g.contact_id = i.contact_id",
        "where false",
        (_KEYS, _ANALYTICS),
    ),
    Mutation("where p.id = i.contact_id and p.user_id = owner", "where false", (_KEYS, _ANALYTICS)),
    Mutation(
        "record_engagement.conversions) < 0 then",
        "record_engagement.conversions) < -99 then",
        (_DOORS, "-k", "backwards"),
    ),
    *(
        Mutation(
            "if earlier.request_id is not null then", "if false then", (_WRITING,), f"{chapter}.sql"
        )
        for chapter in ("00250_suppressions", "analytics", "link_keys", "persons")
    ),
    Mutation(
        "and a.date = (earlier.answer #>> '{}')::date", "and a.date = current_date", (_WRITING,)
    ),
    Mutation(
        "order by g.email, g.position\n$$;", "order by g.email desc, g.position\n$$;", (_ORDER,)
    ),
    Mutation(
        'count\\s*=\\s*"?(planned|estimated)', 'count\\s*=\\s*"?(planned)', (f"{_D}estimates.py",)
    ),
    Mutation(
        "where c.id = require_contact.contact_id and c.user_id = auth.uid();",
        "where c.id = require_contact.contact_id and false;",
        ("tests/contacts/test_persons.py",),
    ),
    Mutation(
        "    provider_id = null,\n",
        "    provider_id = d.provider_id,\n",
        (_DOORS, "-k", "erased"),
    ),
]


def _all() -> Iterator[Mutation]:
    yield from opened_policies()
    for table in ("contacts", "audience_segments", "campaigns"):
        yield from lifted_checks(table, (_DOORS, "-k", f"service and {table}"))
    for table in ("campaign_analytics", "campaign_events"):
        yield from lifted_checks(table, (_DOORS, "-k", f"service and {table}"))
    yield from _BY_HAND


MUTATIONS = list(_all())
