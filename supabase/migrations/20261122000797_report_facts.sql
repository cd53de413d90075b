-- Chapter 7e. Facts: what a report sums up, from counters and from events.
--
-- Each is asked by a report alone, whose settings say how their queries are planned.

create type campaign_private.report_fact as (
  day date, campaign_key uuid, segment_key uuid, is_whole boolean, first_day date, last_day date,
  impressions bigint, clicks bigint, conversions bigint,
  delivered bigint, bounced bigint, complained bigint, unsubscribed bigint,
  machine_impressions bigint, machine_clicks bigint,
  reach bigint, identified bigint, value numeric
);
comment on type campaign_private.report_fact is
  'What is added to a line of a report, or to the whole of it alone; from which day to which it was counted.';

create function campaign_private.facts_at_home(asked campaign_private.report_wish)
returns setof campaign_private.report_fact
language plpgsql
stable
rows 100000
security invoker
set search_path = ''
as $$
begin
  return query
  -- There is one row for each day, and nothing to cancel. Its counters are summed as the integers
  -- that they are: those of another zone are bigints, which are summed as numerics.
  select case when asked.bucket = 'day' then a.date
      when asked.bucket is not null then date_trunc(asked.bucket, a.date::timestamp)::date end,
    case when asked.by_campaign then c.id end, case when asked.by_segment then c.segment_id end,
    false, min(a.date)::date, max(a.date)::date,
    sum(a.impressions), sum(a.clicks), sum(a.conversions), sum(a.delivered), sum(a.bounced),
    sum(a.complained), sum(a.unsubscribed), sum(a.machine_impressions), sum(a.machine_clicks),
    null::bigint, null::bigint, null::numeric
  from public.campaign_analytics as a
  join public.campaigns as c on c.user_id = asked.owner and c.id = a.campaign_id
  -- Named for both, or the counters of all owners are read before they are sorted out.
  where a.user_id = asked.owner and (not asked.is_abroad or c.timezone = asked.timezone)
    and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
    and (asked.campaign_ids is null or a.campaign_id = any (asked.campaign_ids))
    and (asked.since is null or a.date >= asked.since) and (asked.until is null or a.date < asked.until)
    and (a.impressions > 0 or a.clicks > 0 or a.conversions > 0 or a.delivered > 0 or a.bounced > 0
      or a.complained > 0 or a.unsubscribed > 0 or a.machine_impressions > 0 or a.machine_clicks > 0)
  group by 1, 2, 3;
end
$$;
comment on function campaign_private.facts_at_home(campaign_private.report_wish) is
  'The counters of campaigns whose own days are the report''s.';

create function campaign_private.moved_counts(asked campaign_private.report_wish)
returns table (
  campaign_id uuid, day date, own_day date,
  impressions bigint, clicks bigint, conversions bigint,
  delivered bigint, bounced bigint, complained bigint, unsubscribed bigint,
  machine_impressions bigint, machine_clicks bigint
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select e.campaign_id, (e.occurred_at at time zone asked.timezone)::date as day,
    (e.occurred_at at time zone c.timezone)::date as own_day,
    count(*) filter (where e.type = 'impression'), count(*) filter (where e.type = 'click'),
    count(*) filter (where e.type = 'conversion'), count(*) filter (where e.type = 'delivered'),
    count(*) filter (where e.type = 'bounced'), count(*) filter (where e.type = 'complained'),
    count(*) filter (where e.type = 'unsubscribed'),
    count(*) filter (where e.type = 'impression' and e.actor in ('machine', 'proxy')),
    count(*) filter (where e.type = 'click' and e.actor in ('machine', 'proxy'))
  from public.campaigns as c
  join public.campaign_events as e on e.user_id = asked.owner and e.campaign_id = c.id
  where c.user_id = asked.owner and c.timezone <> asked.timezone
    and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
    -- On the same day in both, the two cancel out.
    and (e.occurred_at at time zone asked.timezone)::date
      <> (e.occurred_at at time zone c.timezone)::date
    and (asked.campaign_ids is null or e.campaign_id = any (asked.campaign_ids))
    -- Wide enough for every event of each own day within the range, in any two zones.
    and (asked.since is null
      or e.occurred_at >= (asked.since - 2)::timestamp at time zone asked.timezone)
    and (asked.until is null
      or e.occurred_at < (asked.until + 2)::timestamp at time zone asked.timezone)
  group by e.campaign_id, day, own_day;
end
$$;
comment on function campaign_private.moved_counts(campaign_private.report_wish) is
  'The events of campaigns of other zones that fall on another day in the report''s.';

create function campaign_private.facts_abroad(asked campaign_private.report_wish)
returns setof campaign_private.report_fact
language plpgsql
stable
rows 100000
security invoker
set search_path = ''
as $$
begin
  return query
  with moved as materialized (select * from campaign_private.moved_counts(asked)),
  -- The counters hold the days of the campaign's own zone. In another one, what came as
  -- an event is counted by its moment, and what came as a total keeps its date.
  counted as (
    select a.campaign_id, a.date as day, a.impressions::bigint, a.clicks::bigint, a.conversions::bigint,
      a.delivered, a.bounced, a.complained, a.unsubscribed, a.machine_impressions, a.machine_clicks
    from public.campaign_analytics as a
    join public.campaigns as c on c.user_id = asked.owner and c.id = a.campaign_id
    where a.user_id = asked.owner and c.timezone <> asked.timezone
      and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
      and (asked.campaign_ids is null or a.campaign_id = any (asked.campaign_ids))
    union all
    select m.campaign_id, m.day, m.impressions, m.clicks, m.conversions,
      m.delivered, m.bounced, m.complained, m.unsubscribed, m.machine_impressions, m.machine_clicks
    from moved as m
    union all
    select m.campaign_id, m.own_day, -m.impressions, -m.clicks, -m.conversions,
      -m.delivered, -m.bounced, -m.complained, -m.unsubscribed, -m.machine_impressions,
      -m.machine_clicks
    from moved as m
  ),
  -- What cancels out is no count: a day of nothing else mustn't stretch the report.
  netted as (
    select n.campaign_id, n.day, sum(n.impressions)::bigint as impressions,
      sum(n.clicks)::bigint as clicks, sum(n.conversions)::bigint as conversions,
      sum(n.delivered)::bigint as delivered, sum(n.bounced)::bigint as bounced,
      sum(n.complained)::bigint as complained, sum(n.unsubscribed)::bigint as unsubscribed,
      sum(n.machine_impressions)::bigint as machine_impressions,
      sum(n.machine_clicks)::bigint as machine_clicks
    from counted as n
    where (asked.since is null or n.day >= asked.since) and (asked.until is null or n.day < asked.until)
    group by n.campaign_id, n.day
    having 0 <> any (array[
      sum(n.impressions), sum(n.clicks), sum(n.conversions), sum(n.delivered), sum(n.bounced),
      sum(n.complained), sum(n.unsubscribed), sum(n.machine_impressions), sum(n.machine_clicks)
    ])
  )
  select case when asked.bucket is not null
      then date_trunc(asked.bucket, n.day::timestamp)::date end,
    case when asked.by_campaign then c.id end, case when asked.by_segment then c.segment_id end,
    false, min(n.day), max(n.day),
    sum(n.impressions)::bigint, sum(n.clicks)::bigint, sum(n.conversions)::bigint,
    sum(n.delivered)::bigint, sum(n.bounced)::bigint, sum(n.complained)::bigint,
    sum(n.unsubscribed)::bigint, sum(n.machine_impressions)::bigint,
    sum(n.machine_clicks)::bigint, null::bigint, null::bigint, null::numeric
  from netted as n join public.campaigns as c on c.user_id = asked.owner and c.id = n.campaign_id
  where asked.campaign_ids is null or c.id = any (asked.campaign_ids)
  group by 1, 2, 3;
end
$$;
comment on function campaign_private.facts_abroad(campaign_private.report_wish) is
  'The counters of campaigns of other zones, each event on its day in the report''s.';

create function campaign_private.facts_of_people(asked campaign_private.report_wish)
returns setof campaign_private.report_fact
language plpgsql
stable
rows 100000
security invoker
set search_path = ''
as $$
begin
  return query
  select case when asked.bucket is not null
      then date_trunc(asked.bucket, e.occurred_at at time zone asked.timezone)::date end as day,
    c.campaign_key, c.segment_key, grouping(c.campaign_key) = 1, null::date, null::date,
    0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
    count(distinct e.contact_id) filter (where e.type = 'impression'),
    count(e.contact_id) filter (where e.type = 'impression'),
    sum(e.value) filter (where e.type = 'conversion')
  from (
    select c.id, case when asked.by_campaign then c.id end as campaign_key,
      case when asked.by_segment then c.segment_id end as segment_key
    from public.campaigns as c
    where c.user_id = asked.owner and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
  ) as c
  join public.campaign_events as e on e.user_id = asked.owner and e.campaign_id = c.id
  where e.type in ('impression', 'conversion')
    and (asked.campaign_ids is null or e.campaign_id = any (asked.campaign_ids))
    and (asked.since is null or e.occurred_at >= asked.since::timestamp at time zone asked.timezone)
    and (asked.until is null or e.occurred_at < asked.until::timestamp at time zone asked.timezone)
  group by grouping sets ((1, 2, 3), ());
end
$$;
comment on function campaign_private.facts_of_people(campaign_private.report_wish) is
  'Reach and value, of each line and of the whole: whoever is reached twice is one person.';

revoke execute on function
  campaign_private.facts_at_home(campaign_private.report_wish),
  campaign_private.moved_counts(campaign_private.report_wish),
  campaign_private.facts_abroad(campaign_private.report_wish),
  campaign_private.facts_of_people(campaign_private.report_wish)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.facts_at_home(campaign_private.report_wish),
  campaign_private.moved_counts(campaign_private.report_wish),
  campaign_private.facts_abroad(campaign_private.report_wish),
  campaign_private.facts_of_people(campaign_private.report_wish)
  to authenticated, service_role;
