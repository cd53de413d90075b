-- Chapter 7. Analytics: what became of the messages, counted exactly once.

create table public.campaign_analytics (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  campaign_id uuid not null,
  impressions integer not null default 0,
  clicks integer not null default 0,
  conversions integer not null default 0,
  delivered integer not null default 0,
  bounced integer not null default 0,
  complained integer not null default 0,
  unsubscribed integer not null default 0,
  machine_impressions integer not null default 0,
  machine_clicks integer not null default 0,
  date date not null default current_date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaign_analytics_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  constraint campaign_analytics_day_unique unique (campaign_id, date),
  constraint campaign_analytics_counts_positive check (
    -- Not one comparison each: each statement reads its checks anew, word by word.
    least(
      impressions, clicks, conversions, delivered, bounced, complained, unsubscribed,
      machine_impressions, machine_clicks
    ) >= 0
  ),
  -- A report fills the gaps between its first and its last day.
  constraint campaign_analytics_date_plausible check (date between '2000-01-01' and '2100-01-01'),
  constraint campaign_analytics_dates_readable check (
    least(created_at, updated_at) >= '0001-01-02 00:00:00+00'
    and greatest(created_at, updated_at) <= '9999-12-30 00:00:00+00'
  )
);
-- The owner first: nobody's report passes by the counters of others.
create index campaign_analytics_campaign_id_index
  on public.campaign_analytics (user_id, campaign_id, date);
comment on table public.campaign_analytics is
  'The counters: one row for each campaign and day.';
comment on column public.campaign_analytics.machine_impressions is
  'Those of the impressions that no person made: the event''s actor is machine or proxy.';
comment on column public.campaign_analytics.machine_clicks is
  'Those of the clicks that no person made: the event''s actor is machine or proxy.';
comment on column public.campaign_analytics.date is 'A day in the time zone of the campaign.';

alter table public.campaign_analytics enable row level security;
alter table public.campaign_analytics force row level security;
revoke all on public.campaign_analytics from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.campaign_analytics to service_role;
grant select, delete on public.campaign_analytics to authenticated;
grant insert (
    user_id, campaign_id, date, impressions, clicks, conversions,
    delivered, bounced, complained, unsubscribed, machine_impressions, machine_clicks
  ),
  update (
    date, impressions, clicks, conversions,
    delivered, bounced, complained, unsubscribed, machine_impressions, machine_clicks
  )
  on public.campaign_analytics to authenticated;
alter table public.campaign_analytics alter column user_id set (n_distinct = -0.001);
create policy "Owners read the counters of their campaigns" on public.campaign_analytics
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add counters to their campaigns" on public.campaign_analytics
  for insert to authenticated with check (
    user_id = (select auth.uid())
    -- The foreign key says so too, but later than the unique key, which would tell whether
    -- another owner's campaign has counters of that day.
    and exists (
      select from public.campaigns as c
      where c.id = campaign_analytics.campaign_id and c.user_id = (select auth.uid())
    )
  );
create policy "Owners change the counters of their campaigns" on public.campaign_analytics
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete the counters of their campaigns" on public.campaign_analytics
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.check_counters()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- The service writes for others, and has no id of its own.
  if new.user_id is null then
    new.user_id := (select c.user_id from public.campaigns as c where c.id = new.campaign_id);
  end if;
  -- A day more than UTC's: the campaign's zone may be ahead of it.
  if new.date > current_date + 2 then
    raise exception using errcode = '22023', detail = 'date',
      message = 'must lie between the year 2000 and tomorrow';
  end if;
  return new;
end
$$;
comment on function campaign_private.check_counters() is
  'Counters belong to their campaign''s owner, and to days that have begun somewhere.';
revoke execute on function campaign_private.check_counters()
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.check_counters() to authenticated, service_role;
create trigger check_counters before insert or update of date on public.campaign_analytics
  for each row execute function campaign_private.check_counters();
create trigger touch_updated_at before update on public.campaign_analytics
  for each row when (old is distinct from new) execute function campaign_private.touch_updated_at();

create table public.campaign_events (
  campaign_id uuid not null,
  event_id text not null,
  user_id uuid not null default auth.uid(),
  contact_id uuid,
  type text not null,
  occurred_at timestamptz not null,
  value numeric,
  actor text not null default 'unknown',
  actor_rule text,
  link text,
  received_at timestamptz not null default now(),
  constraint campaign_events_pkey primary key (campaign_id, event_id),
  constraint campaign_events_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  -- A contact who is deleted leaves the counts as they were.
  constraint campaign_events_contact_id_fkey foreign key (user_id, contact_id)
    references public.contacts (user_id, id) on delete set null (contact_id),
  constraint campaign_events_event_id_length check (length(event_id) between 1 and 200),
  constraint campaign_events_type_known check (type in (
    'impression', 'click', 'conversion', 'delivered', 'bounced', 'complained', 'unsubscribed'
  )),
  constraint campaign_events_actor_known check (
    actor in ('human', 'proxy', 'machine', 'unknown')
  ),
  constraint campaign_events_actor_rule_length check (length(actor_rule) between 1 and 100),
  constraint campaign_events_link_length check (length(link) between 1 and 4096),
  -- As it can be summed and read back. No function: a call for each event costs more.
  constraint campaign_events_value_finite check (
    abs(value) <= 1e15 and coalesce(scale(value), 31) <= 30 or value is null
  ),
  constraint campaign_events_occurred_at_plausible check (
    occurred_at >= '2000-01-01 00:00:00+00' and occurred_at <= received_at + interval '1 day'
  ),
  constraint campaign_events_received_at_plausible check (
    received_at between '2000-01-01 00:00:00+00' and '9999-12-30 00:00:00+00'
  )
);
create index campaign_events_campaign_id_index on public.campaign_events (user_id, campaign_id);
-- With what rules about behaviour ask most: a page of clickers is read from the index alone.
create index campaign_events_contact_id_index
  on public.campaign_events (user_id, contact_id, type, campaign_id, occurred_at)
  where contact_id is not null;
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
create policy "Owners add events to their campaigns" on public.campaign_events
  for insert to authenticated with check (
    user_id = (select auth.uid())
    -- The foreign key says so too, but later than the primary key, which would tell whether
    -- another owner's campaign has an event of that id. By its key: of a list, each statement
    -- would read all of the owner's campaigns.
    and exists (
      select from public.campaigns as c
      where c.id = campaign_events.campaign_id and c.user_id = (select auth.uid())
    )
  );

create function campaign_private.count_events()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- One event alone, as a click comes: there is little to sum, and mostly its day is there.
  if 1 = (select count(*) from (select from added limit 2) as few) then
    update public.campaign_analytics as a set
      impressions = a.impressions + (e.type = 'impression')::integer,
      clicks = a.clicks + (e.type = 'click')::integer,
      conversions = a.conversions + (e.type = 'conversion')::integer,
      delivered = a.delivered + (e.type = 'delivered')::integer,
      bounced = a.bounced + (e.type = 'bounced')::integer,
      complained = a.complained + (e.type = 'complained')::integer,
      unsubscribed = a.unsubscribed + (e.type = 'unsubscribed')::integer,
      machine_impressions = a.machine_impressions
        + (e.type = 'impression' and e.actor in ('machine', 'proxy'))::integer,
      machine_clicks = a.machine_clicks
        + (e.type = 'click' and e.actor in ('proxy', 'machine'))::integer
    from added as e join public.campaigns as c on c.id = e.campaign_id
    where a.campaign_id = e.campaign_id and a.date = (e.occurred_at at time zone c.timezone)::date;
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

create function campaign_private.keep_days()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if exists (select from public.campaign_analytics as a where a.campaign_id = new.id) then
    raise exception using errcode = 'CMP04',
      message = 'the time zone of a campaign that has counts can''t be changed',
      hint = 'its days would shift; ask for a report in another time zone instead';
  end if;
  return new;
end
$$;
comment on function campaign_private.keep_days() is 'A campaign''s days stay what they were when they were counted.';
create trigger a3_keep_days before update on public.campaigns
  for each row when (old.timezone is distinct from new.timezone)
  execute function campaign_private.keep_days();

create function public.record_engagement(
  campaign_id uuid, impressions integer default 0, clicks integer default 0,
  conversions integer default 0, day date default null, request_id uuid default null
)
returns setof public.campaign_analytics
language plpgsql
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  zone constant text := (
    select c.timezone from public.campaigns as c where c.id = record_engagement.campaign_id
  );
  counted_for constant date := coalesce(record_engagement.day, (now() at time zone zone)::date);
  earlier campaign_private.requests;
begin
  if zone is null then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  -- The table's own check sees the sum only: minus one on top of ten would pass.
  if least(record_engagement.impressions, record_engagement.clicks, record_engagement.conversions) < 0 then
    raise exception using errcode = '22023', message = 'counts can''t be negative', detail = 'counts';
  end if;
  -- A day more than UTC's: the campaign's zone may be ahead of it.
  if record_engagement.day < '2000-01-01' or record_engagement.day > current_date + 2 then
    raise exception using errcode = '22023', detail = 'on',
      message = 'must lie between the year 2000 and tomorrow';
  end if;
  earlier := campaign_private.note_request(
    record_engagement.request_id,
    concat_ws(
      ' ', 'record', record_engagement.campaign_id, impressions, clicks, conversions,
      record_engagement.day
    ),
    to_jsonb(counted_for)
  );
  if earlier.request_id is not null then
    return query
    select a.* from public.campaign_analytics as a
    where a.campaign_id = record_engagement.campaign_id and a.date = (earlier.answer #>> '{}')::date;
    if not found then
      raise exception using errcode = 'PT404', message = 'that day''s counters were deleted';
    end if;
    return;
  end if;
  return query
  insert into public.campaign_analytics as a (campaign_id, date, impressions, clicks, conversions)
  values (
    record_engagement.campaign_id, counted_for,
    record_engagement.impressions, record_engagement.clicks, record_engagement.conversions
  )
  on conflict (campaign_id, date) do update set
    impressions = a.impressions + excluded.impressions,
    clicks = a.clicks + excluded.clicks,
    conversions = a.conversions + excluded.conversions
  returning a.*;
end
$$;
comment on function public.record_engagement(uuid, integer, integer, integer, date, uuid) is
  'Adds totals to a day''s counter (today in the campaign''s time zone unless told otherwise) and returns that day. The same request again adds nothing.';

revoke execute on function
  campaign_private.count_events(),
  campaign_private.recount_actor(), campaign_private.keep_days(),
  public.record_engagement(uuid, integer, integer, integer, date, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.count_events(),
  campaign_private.recount_actor(), campaign_private.keep_days()
  to authenticated, service_role;
grant execute on function
  public.record_engagement(uuid, integer, integer, integer, date, uuid)
  to authenticated;
