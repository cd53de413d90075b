-- Chapter 8. Reports: the counters by day, campaign and segment, in any time zone.
--
-- PostgREST cuts a result of many rows at its limit without a word. So each of these
-- functions answers with one row, whose arrays are the columns of the table asked for.

create type public.engagement_report as (
  timezone text, since date, until date,
  days text[], campaigns text[], segments text[],
  impressions bigint[], clicks bigint[], conversions bigint[],
  delivered bigint[], bounced bigint[], complained bigint[], unsubscribed bigint[],
  machine_impressions bigint[], machine_clicks bigint[],
  reach bigint[], identified bigint[], value text[],
  total jsonb, names jsonb
);
comment on type public.engagement_report is
  'Columns of equal length, one element for each line, null where it isn''t grouped by them; the whole, as an engagement; the names of the campaigns and segments in it.';

create function campaign_private.report_zone(campaign_ids uuid[], segment uuid, zone text)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  zones text[];
  found_ids bigint;
begin
  if zone is not null and not campaign_private.is_timezone(zone) then
    raise exception using errcode = '22023', message = 'isn''t a known IANA time zone', detail = 'timezone';
  end if;
  if segment is not null
    and not exists (select from public.audience_segments as s where s.id = segment) then
    raise exception using errcode = 'PT404', message = 'there is no such segment';
  end if;
  select array_agg(distinct c.timezone), count(*) into zones, found_ids
  from public.campaigns as c
  where c.user_id = auth.uid()
    and (campaign_ids is null or c.id = any (campaign_ids))
    and (segment is null or campaign_ids is not null or c.segment_id = segment);
  if found_ids < (select count(distinct i) from unnest(campaign_ids) as i) then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  return coalesce(zone, case when cardinality(zones) = 1 then zones[1] end, 'UTC');
end
$$;
comment on function campaign_private.report_zone(uuid[], uuid, text) is
  'The zone of a report: the one asked for, or the one that all its campaigns share, or UTC. PT404: a campaign or the segment isn''t the caller''s.';

create function public.report_engagement(
  campaign_ids uuid[] default null,
  segment uuid default null,
  since date default null,
  until date default null,
  bucket text default null,
  by_campaign boolean default false,
  by_segment boolean default false,
  with_events boolean default false,
  zone text default null
)
returns public.engagement_report
language plpgsql
stable
security invoker
set search_path = ''
-- The flags decide what is scanned at all: a plan for all of them would scan everything.
set plan_cache_mode = 'force_custom_plan'
-- The policy names the owner a second time, so beside others' rows the planner expects a
-- fraction of what there is, and would sort what is quicker hashed.
set enable_sort = off
-- Of a table that was never analysed it expects one row, and would walk through all campaigns
-- for each of a hundred thousand counters: two seconds instead of fifty milliseconds.
set enable_nestloop = off
as $$
#variable_conflict use_column
declare
  result public.engagement_report;
  owner constant uuid := auth.uid();
  -- Without days there is nothing that a time zone could move.
  is_timeless constant boolean := bucket is null and since is null and until is null;
  tz constant text := campaign_private.report_zone(campaign_ids, segment, zone);
  longest constant integer := 200000;
begin
  if bucket not in ('day', 'week', 'month') then
    raise exception using errcode = '22023', message = 'must be day, week or month', detail = 'group_by';
  end if;
  if since < '2000-01-01' or until > '2100-01-02' or until <= since then
    raise exception using errcode = '22023', detail = 'start',
      message = 'must lie before end, and both between the years 2000 and 2100';
  end if;

  with chosen as materialized (
    select c.id, c.name, c.segment_id, c.timezone,
      is_timeless or c.timezone = tz as is_at_home,
      case when by_campaign then c.id end as campaign_key,
      case when by_segment then c.segment_id end as segment_key
    from public.campaigns as c
    where c.user_id = owner
      and (report_engagement.campaign_ids is null or c.id = any (report_engagement.campaign_ids))
      and (report_engagement.segment is null or c.segment_id = report_engagement.segment)
  ),
  -- The counters hold the days of the campaign's own zone. In another one, what came as
  -- an event is counted by its moment, and what came as a total keeps its date.
  moved as materialized (
    select e.campaign_id, (e.occurred_at at time zone tz)::date as day,
      (e.occurred_at at time zone c.timezone)::date as own_day,
      count(*) filter (where e.type = 'impression') as impressions,
      count(*) filter (where e.type = 'click') as clicks,
      count(*) filter (where e.type = 'conversion') as conversions,
      count(*) filter (where e.type = 'delivered') as delivered,
      count(*) filter (where e.type = 'bounced') as bounced,
      count(*) filter (where e.type = 'complained') as complained,
      count(*) filter (where e.type = 'unsubscribed') as unsubscribed,
      count(*) filter (where e.type = 'impression' and e.actor in ('machine', 'proxy'))
        as machine_impressions,
      count(*) filter (where e.type = 'click' and e.actor in ('machine', 'proxy'))
        as machine_clicks
    from chosen as c
    join public.campaign_events as e on e.user_id = owner and e.campaign_id = c.id
    where not c.is_at_home
      -- On the same day in both, the two cancel out.
      and (e.occurred_at at time zone tz)::date <> (e.occurred_at at time zone c.timezone)::date
      and (report_engagement.campaign_ids is null or e.campaign_id = any (report_engagement.campaign_ids))
      -- Wide enough for every event of each own day within the range, in any two zones.
      and (since is null or e.occurred_at >= (since - 2)::timestamp at time zone tz)
      and (until is null or e.occurred_at < (until + 2)::timestamp at time zone tz)
    group by e.campaign_id, day, own_day
  ),
  counted as (
    select a.campaign_id, a.date as day, a.impressions::bigint, a.clicks::bigint, a.conversions::bigint,
      a.delivered, a.bounced, a.complained, a.unsubscribed, a.machine_impressions, a.machine_clicks
    from public.campaign_analytics as a
    join chosen as c on c.id = a.campaign_id and not c.is_at_home
    where a.user_id = owner and (select bool_or(not w.is_at_home) from chosen as w)
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
    where (since is null or n.day >= since) and (until is null or n.day < until)
    group by n.campaign_id, n.day
    having 0 <> any (array[
      sum(n.impressions), sum(n.clicks), sum(n.conversions), sum(n.delivered), sum(n.bounced),
      sum(n.complained), sum(n.unsubscribed), sum(n.machine_impressions), sum(n.machine_clicks)
    ])
  ),
  facts as materialized (
    -- At home there is one row for each day already, and nothing to cancel. Its counters are
    -- summed as the integers that they are: the others' bigints would all be summed as numerics.
    select case when bucket = 'day' then a.date
        when bucket is not null then date_trunc(bucket, a.date::timestamp)::date end as day,
      c.campaign_key, c.segment_key, min(a.date) as first_day, max(a.date) as last_day,
      sum(a.impressions) as impressions, sum(a.clicks) as clicks, sum(a.conversions) as conversions,
      sum(a.delivered) as delivered, sum(a.bounced) as bounced, sum(a.complained) as complained,
      sum(a.unsubscribed) as unsubscribed, sum(a.machine_impressions) as machine_impressions,
      sum(a.machine_clicks) as machine_clicks
    from public.campaign_analytics as a
    join chosen as c on c.id = a.campaign_id and c.is_at_home
    -- Named here, or the counters of all owners are read before they are sorted out.
    where a.user_id = owner
      and (report_engagement.campaign_ids is null or a.campaign_id = any (report_engagement.campaign_ids))
      and (since is null or a.date >= since) and (until is null or a.date < until)
      and (a.impressions > 0 or a.clicks > 0 or a.conversions > 0 or a.delivered > 0 or a.bounced > 0
        or a.complained > 0 or a.unsubscribed > 0 or a.machine_impressions > 0 or a.machine_clicks > 0)
    group by 1, 2, 3
    union all
    select case when bucket is not null then date_trunc(bucket, n.day::timestamp)::date end,
      c.campaign_key, c.segment_key, min(n.day), max(n.day),
      sum(n.impressions)::bigint, sum(n.clicks)::bigint, sum(n.conversions)::bigint,
      sum(n.delivered)::bigint, sum(n.bounced)::bigint, sum(n.complained)::bigint,
      sum(n.unsubscribed)::bigint, sum(n.machine_impressions)::bigint,
      sum(n.machine_clicks)::bigint
    from netted as n join chosen as c on c.id = n.campaign_id
    group by 1, 2, 3
  ),
  seen as materialized (
    select case when bucket is not null
        then date_trunc(bucket, e.occurred_at at time zone tz)::date end as day,
      c.campaign_key, c.segment_key, grouping(c.campaign_key) = 1 as is_whole,
      count(distinct e.contact_id) filter (where e.type = 'impression') as reach,
      count(e.contact_id) filter (where e.type = 'impression') as identified,
      sum(e.value) filter (where e.type = 'conversion') as value
    from chosen as c
    join public.campaign_events as e on e.user_id = owner and e.campaign_id = c.id
    where with_events and e.type in ('impression', 'conversion')
      and (report_engagement.campaign_ids is null or e.campaign_id = any (report_engagement.campaign_ids))
      and (since is null or e.occurred_at >= since::timestamp at time zone tz)
      and (until is null or e.occurred_at < until::timestamp at time zone tz)
    group by grouping sets ((1, 2, 3), ())
  ),
  span as (
    select coalesce(report_engagement.since, min(f.first_day)) as since,
      coalesce(report_engagement.until, max(f.last_day) + 1) as until
    from facts as f
  ),
  -- Gaps are lines of nothing, added to the facts like any other.
  gaps as (
    select d.day, w.campaign_key, w.segment_key
    from (
      select g::date as day
      from span as s, generate_series(
        date_trunc(bucket, s.since::timestamp), (s.until - 1)::timestamp, ('1 ' || bucket)::interval
      ) as g
      where bucket is not null
      union all
      select null where bucket is null
    ) as d
    cross join (
      select distinct c.campaign_key, c.segment_key from chosen as c
      union
      select null, null where not by_campaign and not by_segment
    ) as w
    limit longest + 1
  ),
  lines as materialized (
    select l.day, l.campaign_key, l.segment_key,
      sum(l.impressions)::bigint as impressions, sum(l.clicks)::bigint as clicks,
      sum(l.conversions)::bigint as conversions,
      sum(l.delivered)::bigint as delivered,
      sum(l.bounced)::bigint as bounced,
      sum(l.complained)::bigint as complained,
      sum(l.unsubscribed)::bigint as unsubscribed,
      sum(l.machine_impressions)::bigint as machine_impressions,
      sum(l.machine_clicks)::bigint as machine_clicks,
      sum(l.reach)::bigint as reach,
      sum(l.identified)::bigint as identified, sum(l.value) as value
    from (
      select g.day, g.campaign_key, g.segment_key, 0 as impressions, 0 as clicks,
        0 as conversions, 0 as delivered, 0 as bounced, 0 as complained, 0 as unsubscribed,
        0 as machine_impressions, 0 as machine_clicks, 0 as reach, 0 as identified, 0::numeric as value
      from gaps as g
      union all
      select f.day, f.campaign_key, f.segment_key, f.impressions, f.clicks, f.conversions,
        f.delivered, f.bounced, f.complained, f.unsubscribed, f.machine_impressions,
        f.machine_clicks, 0, 0, 0
      from facts as f
      union all
      select s.day, s.campaign_key, s.segment_key, 0, 0, 0, 0, 0, 0, 0, 0, 0, s.reach, s.identified, s.value
      from seen as s where not s.is_whole
    ) as l
    group by l.day, l.campaign_key, l.segment_key
    order by l.day, l.campaign_key, l.segment_key
  ),
  columns as (
    select case when bucket is not null then array_agg(l.day::text) end as days,
      case when by_campaign then array_agg(l.campaign_key::text) end as campaigns,
      -- An empty text is no segment: not every reader of arrays knows null from "NULL".
      case when by_segment then array_agg(coalesce(l.segment_key::text, '')) end as segments,
      coalesce(array_agg(l.impressions), '{}') as impressions,
      coalesce(array_agg(l.clicks), '{}') as clicks,
      coalesce(array_agg(l.conversions), '{}') as conversions,
      coalesce(array_agg(l.delivered), '{}') as delivered,
      coalesce(array_agg(l.bounced), '{}') as bounced,
      coalesce(array_agg(l.complained), '{}') as complained,
      coalesce(array_agg(l.unsubscribed), '{}') as unsubscribed,
      coalesce(array_agg(l.machine_impressions), '{}') as machine_impressions,
      coalesce(array_agg(l.machine_clicks), '{}') as machine_clicks,
      case when with_events then array_agg(l.reach) end as reach,
      case when with_events then array_agg(l.identified) end as identified,
      case when with_events then array_agg(coalesce(l.value, 0)::text) end as value,
      coalesce(sum(l.impressions), 0) as all_impressions, coalesce(sum(l.clicks), 0) as all_clicks,
      coalesce(sum(l.conversions), 0) as all_conversions,
      coalesce(sum(l.delivered), 0) as all_delivered,
      coalesce(sum(l.bounced), 0) as all_bounced,
      coalesce(sum(l.complained), 0) as all_complained,
      coalesce(sum(l.unsubscribed), 0) as all_unsubscribed,
      coalesce(sum(l.machine_impressions), 0) as all_machine_impressions,
      coalesce(sum(l.machine_clicks), 0) as all_machine_clicks
    from lines as l
  )
  select tz, s.since, s.until, c.days, c.campaigns, c.segments, c.impressions, c.clicks,
    c.conversions, c.delivered, c.bounced, c.complained, c.unsubscribed, c.machine_impressions,
    c.machine_clicks, c.reach, c.identified, c.value,
    jsonb_build_object(
      'impressions', c.all_impressions, 'clicks', c.all_clicks, 'conversions', c.all_conversions,
      'delivered', c.all_delivered, 'bounced', c.all_bounced, 'complained', c.all_complained,
      'unsubscribed', c.all_unsubscribed, 'machine_impressions', c.all_machine_impressions,
      'machine_clicks', c.all_machine_clicks,
      'reach', case when with_events then coalesce(w.reach, 0) end,
      'identified', case when with_events then coalesce(w.identified, 0) end,
      'value', case when with_events then coalesce(w.value, 0)::text end
    ),
    (
      select coalesce(jsonb_object_agg(n.id, n.name), '{}') from (
        select c.id, c.name from chosen as c where by_campaign
        union
        select g.id, g.name from public.audience_segments as g
        join chosen as c on c.segment_id = g.id where by_segment
      ) as n
    )
  into result
  from span as s cross join columns as c left join seen as w on w.is_whole;

  if cardinality(result.impressions) > longest then
    raise exception using errcode = '22023', detail = 'group_by',
      message = format('gives more than %s lines: ask for less at a time', longest);
  end if;
  return result;
end
$$;
comment on function public.report_engagement is
  'The counters of the caller''s campaigns, by time, campaign and segment, in the days of a time zone; half-open range; gaps are zeros. 22023: a bad argument (its detail); PT404: not the caller''s.';

revoke execute on function
  campaign_private.report_zone(uuid[], uuid, text),
  public.report_engagement(uuid[], uuid, date, date, text, boolean, boolean, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.report_zone(uuid[], uuid, text)
  to authenticated, service_role;
grant execute on function
  public.report_engagement(uuid[], uuid, date, date, text, boolean, boolean, boolean, text)
  to authenticated;
