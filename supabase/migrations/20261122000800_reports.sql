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

create function campaign_private.report_gaps(
  asked campaign_private.report_wish, since date, until date, longest integer
)
returns table (day date, campaign_key uuid, segment_key uuid)
language plpgsql
stable
rows 100000
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select d.day, w.campaign_key, w.segment_key
  from (
    select g::date as day
    from generate_series(
      date_trunc(asked.bucket, since::timestamp), (until - 1)::timestamp,
      ('1 ' || asked.bucket)::interval
    ) as g
    where asked.bucket is not null
    union all
    select null where asked.bucket is null
  ) as d
  cross join (
    select distinct case when asked.by_campaign then c.id end as campaign_key,
      case when asked.by_segment then c.segment_id end as segment_key
    from public.campaigns as c
    where (asked.by_campaign or asked.by_segment) and c.user_id = asked.owner
      and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
    union all
    select null, null where not asked.by_campaign and not asked.by_segment
  ) as w
  limit longest;
end
$$;
comment on function campaign_private.report_gaps(campaign_private.report_wish, date, date, integer) is
  'Lines of nothing for each day, week or month of a span, so that none is missing; as many as are wanted at most.';

create function campaign_private.report_names(asked campaign_private.report_wish)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_object_agg(n.id, n.name), '{}') from (
      select c.id, c.name from public.campaigns as c
      where asked.by_campaign and c.user_id = asked.owner
        and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
      union all
      select s.id, s.name from public.audience_segments as s
      where asked.by_segment and s.user_id = asked.owner and s.id in (
        select c.segment_id from public.campaigns as c
        where c.user_id = asked.owner
          and (asked.campaign_ids is null or c.id = any (asked.campaign_ids))
      )
    ) as n
  );
end
$$;
comment on function campaign_private.report_names(campaign_private.report_wish) is
  'The names of the campaigns and segments that the lines of a report are of.';

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
-- What is off and can't be helped looks so dear that a server with LLVM would compile the plan.
set jit = off
as $$
#variable_conflict use_column
declare
  asked constant campaign_private.report_wish := campaign_private.read_report_wish(
    campaign_ids, segment, since, until, bucket, by_campaign, by_segment, zone
  );
  result public.engagement_report;
  longest constant integer := 200000;
begin
  with facts as materialized (
    select * from campaign_private.facts_at_home(asked)
    union all
    select * from campaign_private.facts_abroad(asked) where asked.is_abroad
    union all
    select * from campaign_private.facts_of_people(asked) where with_events
  ),
  span as (
    select coalesce(report_engagement.since, min(f.first_day)) as since,
      coalesce(report_engagement.until, max(f.last_day) + 1) as until
    from facts as f
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
      -- Gaps are lines of nothing, added to the facts like any other.
      select g.day, g.campaign_key, g.segment_key, false, null::date, null::date,
        0 as impressions, 0 as clicks, 0 as conversions, 0 as delivered, 0 as bounced,
        0 as complained, 0 as unsubscribed, 0 as machine_impressions, 0 as machine_clicks,
        0 as reach, 0 as identified, 0::numeric as value
      from span as s, campaign_private.report_gaps(asked, s.since, s.until, longest + 1) as g
      union all
      select * from facts as f where not f.is_whole
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
  select asked.timezone, s.since, s.until, c.days, c.campaigns, c.segments, c.impressions, c.clicks,
    c.conversions, c.delivered, c.bounced, c.complained, c.unsubscribed, c.machine_impressions,
    c.machine_clicks, c.reach, c.identified, c.value,
    to_jsonb(row (
      c.all_impressions, c.all_clicks, c.all_conversions, c.all_delivered, c.all_bounced,
      c.all_complained, c.all_unsubscribed, c.all_machine_impressions, c.all_machine_clicks,
      case when with_events then coalesce(w.reach, 0) end,
      case when with_events then coalesce(w.identified, 0) end,
      case when with_events then coalesce(w.value, 0)::text end
    )::public.engagement),
    campaign_private.report_names(asked)
  into result
  from span as s cross join columns as c left join facts as w on w.is_whole;

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
  campaign_private.report_gaps(campaign_private.report_wish, date, date, integer),
  campaign_private.report_names(campaign_private.report_wish),
  public.report_engagement(uuid[], uuid, date, date, text, boolean, boolean, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.report_gaps(campaign_private.report_wish, date, date, integer),
  campaign_private.report_names(campaign_private.report_wish)
  to authenticated, service_role;
grant execute on function
  public.report_engagement(uuid[], uuid, date, date, text, boolean, boolean, boolean, text)
  to authenticated;
