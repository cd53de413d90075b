-- By which hour of their day people click, and by which hour they were written to.

create type public.campaign_hours as (
  clicked bigint[], sent bigint[], nameless bigint, people bigint, campaigns bigint
);
comment on type public.campaign_hours is
  'For each hour of the day, from 0: first clicks (of a contact, in a campaign) and messages sent. Nameless are clicks of nobody known; people and campaigns are those with a click that counts.';

create function public.click_hours(
  campaign_id uuid default null, by_contact boolean default false
)
returns public.campaign_hours
language plpgsql
stable
security invoker
set search_path = ''
set hash_mem_multiplier = 32
-- A list of zones that the plan knows is looked up in a hash table.
set plan_cache_mode = 'force_custom_plan'
as $$
declare
  owner constant uuid := auth.uid();
  only_one constant uuid := click_hours.campaign_id;
  zones constant text[] := case when by_contact then array(
    select z.name from pg_catalog.pg_timezone_names as z where campaign_private.is_timezone(z.name)
  ) end;
  result public.campaign_hours;
begin
  if only_one is not null then
    perform campaign_private.require_campaign(only_one);
  end if;
  with click as materialized (
    select e.campaign_id, e.contact_id, min(e.occurred_at) as at, count(*) as times
    from public.campaign_events as e
    where e.user_id = owner and (only_one is null or e.campaign_id = only_one)
      and e.type = 'click' and e.actor not in ('machine', 'proxy')
    group by e.campaign_id, e.contact_id
  ),
  moment as (
    select k.campaign_id, k.contact_id, k.at, true as is_click
    from click as k where k.contact_id is not null
    union all
    select d.campaign_id, d.contact_id, d.at, false from public.campaign_deliveries as d
    where d.user_id = owner and (only_one is null or d.campaign_id = only_one)
      and d.outcome = 'sent'
  ),
  zoned as (
    select c.id, c.attributes ->> 'timezone' as name from public.contacts as c
    where by_contact and c.user_id = owner and c.attributes ->> 'timezone' = any (zones)
  ),
  -- In minutes, at whose beginnings clocks are changed: a zone is asked once for all of one.
  minute as (
    select m.campaign_id, m.is_click, z.name, count(*) as people,
      date_bin('1 minute', m.at, '2000-01-01 00:00:00+00') as at
    from moment as m left join zoned as z on z.id = m.contact_id
    group by 1, 2, 3, 5
  ),
  counted as (
    select date_part('hour', m.at at time zone coalesce(m.name, g.timezone))::integer as hour,
      sum(m.people) filter (where m.is_click) as clicked,
      sum(m.people) filter (where not m.is_click) as sent
    from minute as m join public.campaigns as g on g.user_id = owner and g.id = m.campaign_id
    group by 1
  ),
  known as (
    select count(distinct k.contact_id) as people,
      count(distinct k.campaign_id) filter (where k.contact_id is not null) as campaigns,
      coalesce(sum(k.times) filter (where k.contact_id is null), 0) as nameless
    from click as k
  )
  select array_agg(coalesce(c.clicked, 0)::bigint order by h.hour),
    array_agg(coalesce(c.sent, 0)::bigint order by h.hour),
    min(n.people), min(n.campaigns), min(n.nameless)
  into result.clicked, result.sent, result.people, result.campaigns, result.nameless
  from known as n, generate_series(0, 23) as h (hour) left join counted as c on c.hour = h.hour;
  return result;
end
$$;
comment on function public.click_hours(uuid, boolean) is
  'First clicks and messages by the hour of the day, in the campaigns'' time zones or in the contacts'' own where they have one; of one campaign, or of all of the caller''s. PT404: not the caller''s.';

revoke execute on function public.click_hours(uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.click_hours(uuid, boolean) to authenticated;
