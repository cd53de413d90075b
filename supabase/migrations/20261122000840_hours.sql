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
  with click as (
    select e.campaign_id, e.contact_id, min(e.occurred_at) as at
    from public.campaign_events as e
    where e.user_id = owner and (only_one is null or e.campaign_id = only_one)
      and e.type = 'click' and e.actor not in ('machine', 'proxy') and e.contact_id is not null
    group by e.campaign_id, e.contact_id
  ),
  moment as (
    select k.campaign_id, k.contact_id, k.at, true as is_click from click as k
    union all
    select d.campaign_id, d.contact_id, d.at, false from public.campaign_deliveries as d
    where d.user_id = owner and (only_one is null or d.campaign_id = only_one)
      and d.outcome = 'sent'
  ),
  zoned as (
    select c.id, c.attributes ->> 'timezone' as name from public.contacts as c
    where by_contact and c.user_id = owner and c.attributes ->> 'timezone' = any (zones)
  ),
  timed as (
    select m.is_click, m.campaign_id, m.contact_id, extract(hour from m.at at time zone coalesce(
      z.name, g.timezone
    ))::integer as hour
    from moment as m
    join public.campaigns as g on g.user_id = owner and g.id = m.campaign_id
    left join zoned as z on z.id = m.contact_id
  ),
  counted as (
    select t.hour, count(*) filter (where t.is_click) as clicked,
      count(*) filter (where not t.is_click) as sent
    from timed as t group by t.hour
  )
  select array_agg(coalesce(c.clicked, 0) order by h.hour),
    array_agg(coalesce(c.sent, 0) order by h.hour),
    (select count(distinct k.contact_id) from click as k),
    (select count(distinct k.campaign_id) from click as k)
  into result.clicked, result.sent, result.people, result.campaigns
  from generate_series(0, 23) as h (hour) left join counted as c on c.hour = h.hour;
  select count(*) into result.nameless from public.campaign_events as e
  where e.user_id = owner and (only_one is null or e.campaign_id = only_one)
    and e.type = 'click' and e.actor not in ('machine', 'proxy') and e.contact_id is null;
  return result;
end
$$;
comment on function public.click_hours(uuid, boolean) is
  'First clicks and messages by the hour of the day, in the campaigns'' time zones or in the contacts'' own where they have one; of one campaign, or of all of the caller''s. PT404: not the caller''s.';

revoke execute on function public.click_hours(uuid, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.click_hours(uuid, boolean) to authenticated;
