-- Who did what, by a field of the contacts: groups that sum up to the campaign.

create type public.campaign_breakdown as (base text, total jsonb, groups jsonb);
comment on type public.campaign_breakdown is
  'The whole campaign, as an engagement; its groups of contacts with what each is (value, range, missing, no_number, gone, other) and its counts; and whom the counts of people are of (sent, members or reached).';

create function campaign_private.check_groups(edges numeric[], smallest integer, largest integer)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if smallest not between 1 and 1000000 or largest not between 1 and 1000 then
    raise exception using errcode = '22023', detail = 'largest',
      message = 'must lie between 1 and 1,000';
  end if;
  if edges is not null and (
    cardinality(edges) not between 1 and 100 or array_position(edges, null) is not null
    or array_position(edges, 'NaN') is not null or array_ndims(edges) <> 1
    or edges <> array(select distinct e from unnest(edges) as e order by e)
  ) then
    raise exception using errcode = '22023', detail = 'bins',
      message = 'must be 1 to 100 numbers that rise';
  end if;
end
$$;
comment on function campaign_private.check_groups(numeric[], integer, integer) is
  'Raises 22023 unless the edges rise, and the sizes make sense.';

create function campaign_private.group_expressions(
  field text, edges numeric[], timezone text, out kind text, out label text
)
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  target constant campaign_private.rule_target :=
    campaign_private.rule_target(to_jsonb(field), 'field');
  written constant text := case target.kind
    when 'time' then format('(%s at time zone %L)::date::text', target.text, timezone)
    else target.text
  end;
begin
  if edges is null then
    kind := format($q$case when %s is null then 'missing' else 'value' end$q$, written);
    label := format('left(%s, 200)', written);
    return;
  end if;
  if target.kind <> 'attribute' then
    raise exception using errcode = '22023', detail = 'bins',
      message = 'are for numbers, which this field never holds';
  end if;
  kind := format($q$case when %s is null then 'missing' when jsonb_typeof(%s) <> 'number' then 'no_number' else 'range' end$q$, written, target.json);
  label := format($q$case when jsonb_typeof(%s) = 'number'
    then width_bucket((%s)::numeric, %L::numeric[])::text end$q$, target.json, target.json, edges);
end
$$;
comment on function campaign_private.group_expressions(text, numeric[], text) is
  'The SQL that tells the kind and the label of a contact''s group; that of a range is the number of edges at or below it.';

create function campaign_private.summed_groups(groups text, kind text)
returns text
language sql
immutable
security invoker
set search_path = ''
return format(
  $query$
    select %2$s as kind, case when %2$s <> 'other' then g.label end as label,
      sum(g.size)::bigint as size, sum(g.members)::bigint as members,
      sum(g.recipients)::bigint as recipients, sum(g.people)::bigint as people,
      sum(g.opened)::bigint as opened, sum(g.clicked)::bigint as clicked,
      sum(g.converted)::bigint as converted, sum(g.unsubscribers)::bigint as unsubscribers,
      coalesce(sum(g.impressions), 0)::bigint as impressions,
      coalesce(sum(g.clicks), 0)::bigint as clicks,
      coalesce(sum(g.conversions), 0)::bigint as conversions,
      coalesce(sum(g.delivered), 0)::bigint as delivered,
      coalesce(sum(g.bounced), 0)::bigint as bounced,
      coalesce(sum(g.complained), 0)::bigint as complained,
      coalesce(sum(g.unsubscribed), 0)::bigint as unsubscribed,
      coalesce(sum(g.machine_impressions), 0)::bigint as machine_impressions,
      coalesce(sum(g.machine_clicks), 0)::bigint as machine_clicks,
      sum(g.reach)::bigint as reach, coalesce(sum(g.value), 0) as value
    from %1$s as g group by 1, 2
  $query$,
  groups, kind
);
comment on function campaign_private.summed_groups(text, text) is
  'The SQL that sums up groups of contacts which turn out to be of one kind and label.';

create function campaign_private.breakdown_query(kind text, label text, base text)
returns text
language sql
immutable
security invoker
set search_path = ''
return format(
  $query$
  with member as (
    select m.id, b.held_out from public.campaign_batches as b, unnest(b.contact_ids) as m (id)
    where b.user_id = $1 and b.campaign_id = $2
  ),
  sent as (
    select d.contact_id as id from public.campaign_deliveries as d
    where d.user_id = $1 and d.campaign_id = $2 and d.outcome = 'sent'
  ),
  -- Integers: a sum of anything larger is a numeric, which takes twice the time.
  acted as (
    select e.contact_id as id,
      count(*) filter (where e.type = 'impression')::integer as impressions,
      count(*) filter (where e.type = 'click')::integer as clicks,
      count(*) filter (where e.type = 'conversion')::integer as conversions,
      count(*) filter (where e.type = 'delivered')::integer as delivered,
      count(*) filter (where e.type = 'bounced')::integer as bounced,
      count(*) filter (where e.type = 'complained')::integer as complained,
      count(*) filter (where e.type = 'unsubscribed')::integer as unsubscribed,
      count(*) filter (where e.type = 'impression' and e.actor in ('machine', 'proxy'))::integer
        as machine_impressions,
      count(*) filter (where e.type = 'click' and e.actor in ('machine', 'proxy'))::integer
        as machine_clicks,
      sum(e.value) filter (where e.type = 'conversion') as value
    from public.campaign_events as e
    where e.user_id = $1 and e.campaign_id = $2 and e.contact_id is not null
    group by e.contact_id
  ),
  contact as (
    select c.id, %1$s as kind, %2$s as label from public.contacts as c where c.user_id = $1
  ),
  person as (
    select coalesce(k.kind, 'gone') as kind, k.label, a.*, m.id is not null as is_member,
      s.id is not null as is_sent, %3$s as is_counted
    from member as m full join acted as a on a.id = m.id
    left join sent as s on s.id = coalesce(m.id, a.id)
    left join contact as k on k.id = coalesce(m.id, a.id)
  ),
  counted as (
    select n.kind, n.label, count(*) as size,
      count(*) filter (where n.is_member) as members,
      count(*) filter (where n.is_sent) as recipients,
      count(*) filter (where n.is_counted) as people,
      count(*) filter (where n.is_counted and n.impressions > n.machine_impressions) as opened,
      count(*) filter (where n.is_counted and n.clicks > n.machine_clicks) as clicked,
      count(*) filter (where n.is_counted and n.conversions > 0) as converted,
      count(*) filter (where n.is_counted and n.unsubscribed > 0) as unsubscribers,
      sum(n.impressions) as impressions, sum(n.clicks) as clicks,
      sum(n.conversions) as conversions, sum(n.delivered) as delivered,
      sum(n.bounced) as bounced, sum(n.complained) as complained,
      sum(n.unsubscribed) as unsubscribed, sum(n.machine_impressions) as machine_impressions,
      sum(n.machine_clicks) as machine_clicks,
      count(*) filter (where n.impressions > 0) as reach, sum(n.value) as value
    from person as n group by n.kind, n.label
  ),
  -- Whoever isn't shown by name stays in the sums: first the small groups, which may be as many
  -- as there are contacts, then those beyond the largest.
  large as (%4$s),
  ranked as (
    select case when l.kind = 'value' and $4 < row_number() over (
        partition by l.kind order by l.size desc, l.label
      ) then 'other' else l.kind end as rank, l.*
    from large as l
  ),
  line as (%5$s)
  select coalesce(jsonb_agg(to_jsonb(l) order by
    array_position(array['range', 'value', 'missing', 'no_number', 'gone', 'other'], l.kind),
    case when l.kind = 'range' then l.label::integer else -l.size end, l.label), '[]')
  from line as l
  $query$,
  kind, label,
  case base
    when 'sent' then 's.id is not null'
    when 'members' then 'm.id is not null and not m.held_out'
    else 'coalesce(a.impressions, 0) > 0'
  end,
  campaign_private.summed_groups('counted', 'case when g.size >= $3 then g.kind else ''other'' end'),
  campaign_private.summed_groups('ranked', 'g.rank')
);
comment on function campaign_private.breakdown_query(text, text, text) is
  'The statement that groups all whom a campaign knows: $1 the owner, $2 the campaign, $3 the smallest group to be shown, $4 how many at most.';

create function public.break_down_campaign(
  campaign_id uuid, field text, edges numeric[] default null, smallest integer default 50,
  largest integer default 50
)
returns public.campaign_breakdown
language plpgsql
stable
security invoker
set search_path = ''
-- The members of a campaign, its deliveries and its events are joined in memory.
set hash_mem_multiplier = 32
as $$
declare
  owner constant uuid := auth.uid();
  zone text;
  result public.campaign_breakdown;
  expressions record;
begin
  perform campaign_private.require_campaign(break_down_campaign.campaign_id);
  perform campaign_private.check_groups(edges, smallest, largest);
  select c.timezone into zone from public.campaigns as c where c.id = break_down_campaign.campaign_id;
  expressions := campaign_private.group_expressions(field, edges, zone);
  result.total := to_jsonb(public.summarize_campaign(break_down_campaign.campaign_id, true));
  result.base := case
    when exists (
      select from public.campaign_deliveries as d
      where d.campaign_id = break_down_campaign.campaign_id and d.outcome = 'sent'
    ) then 'sent'
    when exists (
      select from public.campaign_batches as b
      where b.campaign_id = break_down_campaign.campaign_id and not b.held_out
    ) then 'members'
    else 'reached'
  end;
  execute campaign_private.breakdown_query(expressions.kind, expressions.label, result.base)
    into result.groups using owner, break_down_campaign.campaign_id, smallest, largest;
  return result;
end
$$;
comment on function public.break_down_campaign(uuid, text, numeric[], integer, integer) is
  'The contacts whom a campaign knows, grouped by what they have in a field now; what is smaller, or beyond the largest, is summed up as other. PT404: not the caller''s; CMP03 and 22023: a bad field or bins.';

revoke execute on function
  campaign_private.check_groups(numeric[], integer, integer),
  campaign_private.group_expressions(text, numeric[], text),
  campaign_private.summed_groups(text, text),
  campaign_private.breakdown_query(text, text, text),
  public.break_down_campaign(uuid, text, numeric[], integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.check_groups(numeric[], integer, integer),
  campaign_private.group_expressions(text, numeric[], text),
  campaign_private.summed_groups(text, text),
  campaign_private.breakdown_query(text, text, text)
  to authenticated, service_role;
grant execute on function public.break_down_campaign(uuid, text, numeric[], integer, integer)
  to authenticated;
