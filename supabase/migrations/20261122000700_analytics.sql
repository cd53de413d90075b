-- Chapter 7. Analytics: what became of the messages, counted by day.

-- What counters and events hold is checked by their types. A table's checks are read anew, word by
-- word, by each statement: of an event that comes alone that was a fifth of its time.
create domain campaign_private.day_count as integer
  constraint campaign_analytics_counts_positive check (value >= 0);
comment on domain campaign_private.day_count is 'A count, never below zero.';
-- A report fills the gaps between its first and its last day.
create domain campaign_private.counted_day as date
  constraint campaign_analytics_date_plausible check (value between '2000-01-01' and '2100-01-01');
comment on domain campaign_private.counted_day is 'A day that a report can have.';
create domain campaign_private.counted_moment as timestamptz
  constraint campaign_analytics_dates_readable check (
    value between '0001-01-02 00:00:00+00' and '9999-12-30 00:00:00+00'
  );
comment on domain campaign_private.counted_moment is 'A moment that can be read back.';

create table public.campaign_analytics (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  campaign_id uuid not null,
  impressions campaign_private.day_count not null default 0,
  clicks campaign_private.day_count not null default 0,
  conversions campaign_private.day_count not null default 0,
  delivered campaign_private.day_count not null default 0,
  bounced campaign_private.day_count not null default 0,
  complained campaign_private.day_count not null default 0,
  unsubscribed campaign_private.day_count not null default 0,
  machine_impressions campaign_private.day_count not null default 0,
  machine_clicks campaign_private.day_count not null default 0,
  date campaign_private.counted_day not null default current_date,
  created_at campaign_private.counted_moment not null default now(),
  updated_at campaign_private.counted_moment not null default now(),
  constraint campaign_analytics_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  constraint campaign_analytics_day_unique unique (campaign_id, date)
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
  for each row execute function campaign_private.touch_updated_at();

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
  campaign_private.keep_days(),
  public.record_engagement(uuid, integer, integer, integer, date, uuid)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.keep_days() to authenticated, service_role;
grant execute on function
  public.record_engagement(uuid, integer, integer, integer, date, uuid)
  to authenticated;
