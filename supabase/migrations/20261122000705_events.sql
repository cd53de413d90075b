-- Chapter 7a. Events: what happened, each counted exactly once.

-- Checked by its types, as the counters are, and for the same reason.
create domain campaign_private.event_name as text
  constraint campaign_events_event_id_length check (length(value) between 1 and 200);
comment on domain campaign_private.event_name is 'An id that the caller chose.';
create domain campaign_private.event_type as text
  constraint campaign_events_type_known check (value in (
    'impression', 'click', 'conversion', 'delivered', 'bounced', 'complained', 'unsubscribed'
  ));
comment on domain campaign_private.event_type is 'What happened.';
create domain campaign_private.event_actor as text
  constraint campaign_events_actor_known check (value in ('human', 'proxy', 'machine', 'unknown'));
comment on domain campaign_private.event_actor is 'Who made an event.';
create domain campaign_private.event_rule as text
  constraint campaign_events_actor_rule_length check (length(value) between 1 and 100);
comment on domain campaign_private.event_rule is 'The name of a rule that tells the actor.';
create domain campaign_private.event_link as text
  constraint campaign_events_link_length check (length(value) between 1 and 4096);
comment on domain campaign_private.event_link is 'An address that was clicked.';
create domain campaign_private.event_value as numeric
  constraint campaign_events_value_finite check (
    abs(value) <= 1e15 and coalesce(scale(value), 31) <= 30 or value is null
  );
comment on domain campaign_private.event_value is 'A number as it can be summed and read back.';
create domain campaign_private.event_moment as timestamptz
  constraint campaign_events_occurred_at_plausible check (
    value >= '2000-01-01 00:00:00+00' and value <= now() + interval '1 day'
  );
comment on domain campaign_private.event_moment is
  'A moment since the year 2000, at most a day ahead of the clock that stores it.';
create domain campaign_private.event_receipt as timestamptz
  constraint campaign_events_received_at_plausible check (
    value between '2000-01-01 00:00:00+00' and '9999-12-30 00:00:00+00'
  );
comment on domain campaign_private.event_receipt is 'A moment that can be read back.';

create table public.campaign_events (
  campaign_id uuid not null,
  event_id campaign_private.event_name not null,
  user_id uuid not null default auth.uid(),
  contact_id uuid,
  type campaign_private.event_type not null,
  occurred_at campaign_private.event_moment not null,
  value campaign_private.event_value,
  actor campaign_private.event_actor not null default 'unknown',
  actor_rule campaign_private.event_rule,
  link campaign_private.event_link,
  received_at campaign_private.event_receipt not null default now(),
  -- The owner first: nobody learns of another's events by trying their ids, and a report of a
  -- campaign reads the key.
  constraint campaign_events_pkey primary key (user_id, campaign_id, event_id),
  constraint campaign_events_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  -- A contact who is deleted leaves the counts as they were.
  constraint campaign_events_contact_id_fkey foreign key (user_id, contact_id)
    references public.contacts (user_id, id) on delete set null (contact_id)
);
-- With what rules about behaviour ask most: a page of clickers is read from the index alone.
create index campaign_events_contact_id_index
  on public.campaign_events (user_id, contact_id, type, campaign_id, occurred_at)
  where contact_id is not null;
-- What a campaign brought in is read from here alone; few events are conversions.
create index campaign_events_value_index
  on public.campaign_events (user_id, campaign_id, occurred_at) include (value)
  where type = 'conversion';
-- Keys cascade in the order in which they were made. So an account takes its campaigns' events
-- along before its contacts, each of which would otherwise rewrite every event of its own.
alter table public.contacts add constraint contacts_user_id_fkey
  foreign key (user_id) references auth.users (id) on delete cascade;
comment on table public.campaign_events is
  'What happened, once each: append-only. Adding an event adds it to its day''s counter in the same statement.';
comment on column public.campaign_events.event_id is
  'Chosen by the caller; with the campaign it makes the event one of a kind.';
comment on column public.campaign_events.actor is
  'Who made it: human, proxy (a mail provider in a person''s stead), machine (scanners, previews), or unknown.';
comment on column public.campaign_events.actor_rule is 'The rule that told the actor.';
comment on column public.campaign_events.link is 'The address that was clicked.';
comment on column public.campaign_events.value is 'What a conversion was worth, in the owner''s own unit.';

alter table public.campaign_events enable row level security;
alter table public.campaign_events force row level security;
revoke all on public.campaign_events from public, anon, authenticated, service_role;
grant select, insert on public.campaign_events to service_role;
grant select on public.campaign_events to authenticated;
-- Not when it was received: an event may lie a day after that, and no more.
grant insert (
    campaign_id, event_id, user_id, contact_id, type, occurred_at, value, actor, actor_rule, link
  )
  on public.campaign_events to authenticated;
alter table public.campaign_events
  alter column event_id set statistics 0, alter column link set statistics 0;
create policy "Owners read the events of their campaigns" on public.campaign_events
  for select to authenticated using (user_id = (select auth.uid()));
-- Whose campaign it is says the foreign key. The primary key, which is asked first, begins with
-- the owner, and so tells nothing of another's.
create policy "Owners add events to their campaigns" on public.campaign_events
  for insert to authenticated with check (user_id = (select auth.uid()));

create function campaign_private.count_events()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  campaign uuid;
  kind text;
  by_machine integer;
  day date;
  several boolean;
begin
  select e.campaign_id, e.type, (e.actor in ('machine', 'proxy'))::integer,
    (e.occurred_at at time zone (
      select c.timezone from public.campaigns as c where c.id = e.campaign_id
    ))::date,
    exists (select from added offset 1)
  into campaign, kind, by_machine, day, several
  from added as e;
  if not found then
    return null;
  end if;
  -- One event alone: there is nothing to sum, and mostly its day is there. Opens and clicks come
  -- so most often. Of a statement each part is made ready anew at every call: hence no join, and
  -- no column that needn't be set.
  if not several then
    if kind = 'click' then
      update public.campaign_analytics as a set
        clicks = a.clicks + 1, machine_clicks = a.machine_clicks + by_machine
      where a.campaign_id = campaign and a.date = day;
    elsif kind = 'impression' then
      update public.campaign_analytics as a set
        impressions = a.impressions + 1, machine_impressions = a.machine_impressions + by_machine
      where a.campaign_id = campaign and a.date = day;
    else
      update public.campaign_analytics as a set
        conversions = a.conversions + (kind = 'conversion')::integer,
        delivered = a.delivered + (kind = 'delivered')::integer,
        bounced = a.bounced + (kind = 'bounced')::integer,
        complained = a.complained + (kind = 'complained')::integer,
        unsubscribed = a.unsubscribed + (kind = 'unsubscribed')::integer
      where a.campaign_id = campaign and a.date = day;
    end if;
    if found then
      return null;
    end if;
  end if;
  insert into public.campaign_analytics as a (
    user_id, campaign_id, date, impressions, clicks, conversions,
    delivered, bounced, complained, unsubscribed, machine_impressions, machine_clicks
  )
  select c.user_id, e.campaign_id, (e.occurred_at at time zone c.timezone)::date as date,
    count(*) filter (where e.type = 'impression'),
    count(*) filter (where e.type = 'click'),
    count(*) filter (where e.type = 'conversion'),
    count(*) filter (where e.type = 'delivered'),
    count(*) filter (where e.type = 'bounced'),
    count(*) filter (where e.type = 'complained'),
    count(*) filter (where e.type = 'unsubscribed'),
    count(*) filter (where e.type = 'impression' and e.actor in ('machine', 'proxy')),
    count(*) filter (where e.type = 'click' and e.actor in ('machine', 'proxy'))
  from added as e
  join public.campaigns as c on c.id = e.campaign_id
  group by c.user_id, e.campaign_id, (e.occurred_at at time zone c.timezone)::date
  -- One order for all writers, or two batches over the same days deadlock.
  order by e.campaign_id, date
  on conflict (campaign_id, date) do update set
    impressions = a.impressions + excluded.impressions,
    clicks = a.clicks + excluded.clicks,
    conversions = a.conversions + excluded.conversions,
    delivered = a.delivered + excluded.delivered,
    bounced = a.bounced + excluded.bounced,
    complained = a.complained + excluded.complained,
    unsubscribed = a.unsubscribed + excluded.unsubscribed,
    machine_impressions = a.machine_impressions + excluded.machine_impressions,
    machine_clicks = a.machine_clicks + excluded.machine_clicks;
  return null;
end
$$;
comment on function campaign_private.count_events() is
  'Adds the events of one statement to the counters of their days, so that the log and the counters can''t part.';
create trigger count_events after insert on public.campaign_events
  referencing new table as added
  for each statement execute function campaign_private.count_events();

create function campaign_private.recount_actor()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  step constant integer :=
    (new.actor in ('machine', 'proxy'))::integer - (old.actor in ('machine', 'proxy'))::integer;
begin
  update public.campaign_analytics as a set
    machine_impressions = a.machine_impressions + case when new.type = 'impression' then step else 0 end,
    machine_clicks = a.machine_clicks + case when new.type = 'click' then step else 0 end
  from public.campaigns as c
  where step <> 0 and c.id = new.campaign_id and a.campaign_id = new.campaign_id
    and a.date = (new.occurred_at at time zone c.timezone)::date;
  return null;
end
$$;
comment on function campaign_private.recount_actor() is
  'An event that turns out to be a machine''s, or not, is counted anew.';
create trigger recount_actor after update on public.campaign_events
  for each row when (old.actor is distinct from new.actor)
  execute function campaign_private.recount_actor();

revoke execute on function campaign_private.count_events(), campaign_private.recount_actor()
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.count_events(), campaign_private.recount_actor()
  to authenticated, service_role;
