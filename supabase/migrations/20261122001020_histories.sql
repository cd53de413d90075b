-- Chapter 10c. Histories: the events of a campaign by link, and those of one contact.
--
-- One row each, whose arrays are the columns, as in the chapter of reports. An empty text
-- stands for none: not every reader of arrays knows null from "NULL".

create type public.link_clicks as (
  links text[], clicks bigint[], human_clicks bigint[], contacts bigint[]
);
comment on type public.link_clicks is
  'For each link of a campaign its clicks, those that no machine made, and the distinct contacts of these.';

create function public.count_clicks(campaign_id uuid)
returns public.link_clicks
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  result public.link_clicks;
  longest constant integer := 100000;
begin
  perform campaign_private.require_campaign(count_clicks.campaign_id);
  with counted as (
    select coalesce(e.link, '') as link, count(*) as clicks,
      count(*) filter (where e.actor not in ('machine', 'proxy')) as human_clicks,
      count(distinct e.contact_id) filter (where e.actor not in ('machine', 'proxy')) as contacts
    from public.campaign_events as e
    where e.user_id = (select auth.uid()) and e.campaign_id = count_clicks.campaign_id and e.type = 'click'
    group by 1
    limit longest + 1
  )
  select
    coalesce(array_agg(c.link order by c.clicks desc, c.link), '{}'),
    coalesce(array_agg(c.clicks order by c.clicks desc, c.link), '{}'),
    coalesce(array_agg(c.human_clicks order by c.clicks desc, c.link), '{}'),
    coalesce(array_agg(c.contacts order by c.clicks desc, c.link), '{}')
  into result
  from counted as c;
  if cardinality(result.links) > longest then
    raise exception using errcode = '22023', detail = 'campaign_id',
      message = format('has more than %s different links', longest);
  end if;
  return result;
end
$$;
comment on function public.count_clicks(uuid) is
  'The clicks of the caller''s campaign by link, the most clicked first. PT404: not the caller''s; 22023: more than 100,000 links.';

create type public.contact_history as (
  moments text[], types text[], campaigns text[], names text[], links text[], actors text[],
  rules text[], amounts text[]
);
comment on type public.contact_history is
  'What happened with one contact, in the order of time: when (UTC), what (an event''s type or a delivery''s outcome), in which campaign, and what is known of it.';

create function public.contact_history(contact_id uuid)
returns public.contact_history
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  result public.contact_history;
begin
  if not exists (select from public.contacts as p where p.id = contact_history.contact_id) then
    raise exception using errcode = 'PT404', message = 'there is no such contact';
  end if;
  with happened as (
    select e.occurred_at as at, e.type, e.campaign_id, e.event_id, coalesce(e.link, '') as link,
      e.actor, coalesce(e.actor_rule, '') as rule, coalesce(e.value::text, '') as amount
    from public.campaign_events as e
    where e.user_id = (select auth.uid()) and e.contact_id = contact_history.contact_id
    union all
    select d.at, d.outcome, d.campaign_id, '', '', '', coalesce(d.reason, ''), ''
    from public.campaign_deliveries as d
    where d.user_id = (select auth.uid()) and d.contact_id = contact_history.contact_id
  ),
  told as (
    select h.*, c.name, row_number() over (order by h.at, h.campaign_id, h.event_id) as number
    from happened as h join public.campaigns as c on c.id = h.campaign_id
  )
  select
    coalesce(array_agg(
      to_char(t.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') order by t.number
    ), '{}'),
    coalesce(array_agg(t.type order by t.number), '{}'),
    coalesce(array_agg(t.campaign_id::text order by t.number), '{}'),
    coalesce(array_agg(t.name order by t.number), '{}'),
    coalesce(array_agg(t.link order by t.number), '{}'),
    coalesce(array_agg(t.actor order by t.number), '{}'),
    coalesce(array_agg(t.rule order by t.number), '{}'),
    coalesce(array_agg(t.amount order by t.number), '{}')
  into result
  from told as t;
  return result;
end
$$;
comment on function public.contact_history(uuid) is
  'What happened with one of the caller''s contacts, in all campaigns. PT404: not the caller''s.';

revoke execute on function public.count_clicks(uuid), public.contact_history(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.count_clicks(uuid), public.contact_history(uuid) to authenticated;
