-- Chapter 7c. Summaries: one campaign in all, and its counters against its log.

create type public.engagement as (
  impressions bigint, clicks bigint, conversions bigint,
  delivered bigint, bounced bigint, complained bigint, unsubscribed bigint,
  machine_impressions bigint, machine_clicks bigint,
  reach bigint, identified bigint, value text
);
comment on type public.engagement is
  'Counts; reach: distinct contacts with an impression; identified: impressions whose contact is known; value: a number as text, so that no reader rounds it.';

create function campaign_private.require_campaign(campaign_id uuid)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not exists (select from public.campaigns as c where c.id = require_campaign.campaign_id) then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
end
$$;
comment on function campaign_private.require_campaign(uuid) is 'Raises PT404 unless the campaign is the caller''s.';

create function public.summarize_campaign(campaign_id uuid, with_events boolean default true)
returns public.engagement
language plpgsql
stable
security invoker
set search_path = ''
-- How much of all events are one campaign's decides which index is read.
set plan_cache_mode = 'force_custom_plan'
as $$
declare
  -- In the query itself it would be asked for each event.
  owner constant uuid := auth.uid();
  result public.engagement;
begin
  perform campaign_private.require_campaign(summarize_campaign.campaign_id);
  select coalesce(sum(a.impressions), 0), coalesce(sum(a.clicks), 0),
    coalesce(sum(a.conversions), 0), coalesce(sum(a.delivered), 0), coalesce(sum(a.bounced), 0),
    coalesce(sum(a.complained), 0), coalesce(sum(a.unsubscribed), 0),
    coalesce(sum(a.machine_impressions), 0), coalesce(sum(a.machine_clicks), 0)
  into result.impressions, result.clicks, result.conversions, result.delivered, result.bounced,
    result.complained, result.unsubscribed, result.machine_impressions, result.machine_clicks
  from public.campaign_analytics as a where a.campaign_id = summarize_campaign.campaign_id;
  if with_events then
    -- Apart, and with the contact named: so each is read from an index alone, the people in
    -- their order, where the campaign is a good part of all that its owner sent.
    select count(distinct e.contact_id), count(*) into result.reach, result.identified
    from public.campaign_events as e
    where e.user_id = owner and e.campaign_id = summarize_campaign.campaign_id
      and e.type = 'impression' and e.contact_id is not null;
    select coalesce(sum(e.value), 0)::text into result.value
    from public.campaign_events as e
    where e.user_id = owner and e.campaign_id = summarize_campaign.campaign_id
      and e.type = 'conversion';
  end if;
  return result;
end
$$;
comment on function public.summarize_campaign(uuid, boolean) is
  'The counts of one campaign over all its days; reach and value, which are read from its events, only on request. PT404: not the caller''s.';

create type public.reconciliation as (
  days text[], impressions bigint[], clicks bigint[], conversions bigint[],
  delivered bigint[], bounced bigint[], complained bigint[], unsubscribed bigint[],
  machine_impressions bigint[], machine_clicks bigint[],
  logged_impressions bigint[], logged_clicks bigint[], logged_conversions bigint[],
  logged_delivered bigint[], logged_bounced bigint[], logged_complained bigint[],
  logged_unsubscribed bigint[], logged_machine_impressions bigint[], logged_machine_clicks bigint[]
);
comment on type public.reconciliation is
  'For each day of a campaign what its counter holds, and what the log of events says.';

create function public.reconcile_campaign(campaign_id uuid)
returns public.reconciliation
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  result public.reconciliation;
begin
  perform campaign_private.require_campaign(reconcile_campaign.campaign_id);
  with logged as (
    select (e.occurred_at at time zone c.timezone)::date as day,
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
    from public.campaigns as c
    join public.campaign_events as e on e.user_id = c.user_id and e.campaign_id = c.id
    where c.id = reconcile_campaign.campaign_id
    group by day
  ),
  counted as (
    select a.date as day, a.impressions, a.clicks, a.conversions, a.delivered, a.bounced,
      a.complained, a.unsubscribed, a.machine_impressions, a.machine_clicks
    from public.campaign_analytics as a where a.campaign_id = reconcile_campaign.campaign_id
  ),
  compared as (
    select coalesce(c.day, l.day) as day,
      coalesce(c.impressions, 0) as impressions, coalesce(c.clicks, 0) as clicks,
      coalesce(c.conversions, 0) as conversions,
      coalesce(c.delivered, 0) as delivered,
      coalesce(c.bounced, 0) as bounced,
      coalesce(c.complained, 0) as complained,
      coalesce(c.unsubscribed, 0) as unsubscribed,
      coalesce(c.machine_impressions, 0) as machine_impressions,
      coalesce(c.machine_clicks, 0) as machine_clicks,
      coalesce(l.impressions, 0) as logged_impressions, coalesce(l.clicks, 0) as logged_clicks,
      coalesce(l.conversions, 0) as logged_conversions,
      coalesce(l.delivered, 0) as logged_delivered,
      coalesce(l.bounced, 0) as logged_bounced,
      coalesce(l.complained, 0) as logged_complained,
      coalesce(l.unsubscribed, 0) as logged_unsubscribed,
      coalesce(l.machine_impressions, 0) as logged_machine_impressions,
      coalesce(l.machine_clicks, 0) as logged_machine_clicks
    from counted as c full join logged as l on l.day = c.day
  )
  select coalesce(array_agg(d.day::text order by d.day), '{}'),
    coalesce(array_agg(d.impressions order by d.day), '{}'),
    coalesce(array_agg(d.clicks order by d.day), '{}'),
    coalesce(array_agg(d.conversions order by d.day), '{}'),
    coalesce(array_agg(d.delivered order by d.day), '{}'),
    coalesce(array_agg(d.bounced order by d.day), '{}'),
    coalesce(array_agg(d.complained order by d.day), '{}'),
    coalesce(array_agg(d.unsubscribed order by d.day), '{}'),
    coalesce(array_agg(d.machine_impressions order by d.day), '{}'),
    coalesce(array_agg(d.machine_clicks order by d.day), '{}'),
    coalesce(array_agg(d.logged_impressions order by d.day), '{}'),
    coalesce(array_agg(d.logged_clicks order by d.day), '{}'),
    coalesce(array_agg(d.logged_conversions order by d.day), '{}'),
    coalesce(array_agg(d.logged_delivered order by d.day), '{}'),
    coalesce(array_agg(d.logged_bounced order by d.day), '{}'),
    coalesce(array_agg(d.logged_complained order by d.day), '{}'),
    coalesce(array_agg(d.logged_unsubscribed order by d.day), '{}'),
    coalesce(array_agg(d.logged_machine_impressions order by d.day), '{}'),
    coalesce(array_agg(d.logged_machine_clicks order by d.day), '{}')
  into result
  from compared as d;
  return result;
end
$$;
comment on function public.reconcile_campaign(uuid) is
  'Sets the counters of a campaign against its log of events, day by day. PT404: not the caller''s.';

revoke execute on function
  campaign_private.require_campaign(uuid),
  public.summarize_campaign(uuid, boolean), public.reconcile_campaign(uuid)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.require_campaign(uuid) to authenticated, service_role;
grant execute on function
  public.summarize_campaign(uuid, boolean), public.reconcile_campaign(uuid)
  to authenticated;
