-- Experiments, counted: how many people of each arm did what, each person once.

create type public.experiment_arm as (
  variant text, held_out boolean, weight integer, members bigint, waiting bigint, sent bigint,
  opened bigint, clicked bigint, converted bigint, unsubscribed bigint
);
comment on type public.experiment_arm is
  'One arm: a variant, or those held out. Members were frozen into it, waiting of them have no outcome yet; the rest counts those of them who did something since the launch, each once and no machines.';

create function public.experiment_arms(campaign_id uuid)
returns setof public.experiment_arm
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  campaign public.campaigns;
begin
  select * into campaign from public.campaigns as c where c.id = experiment_arms.campaign_id;
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  return query
  with planned as (
    -- An arm that nobody was drawn into is an arm: few people may be drawn so.
    select v.value ->> 'name' as variant, false as held_out, (v.value ->> 'weight')::integer as weight
    from jsonb_array_elements(campaign.variants) as v
    union all select null, false, null where campaign.variants is null
    union all select null, true, null where campaign.hold_out > 0
  ),
  acted as (
    select e.contact_id,
      bool_or(e.type = 'impression' and e.actor not in ('machine', 'proxy')) as opened,
      bool_or(e.type = 'click' and e.actor not in ('machine', 'proxy')) as clicked,
      bool_or(e.type = 'conversion') as converted,
      bool_or(e.type = 'unsubscribed') as unsubscribed
    from public.campaign_events as e
    where e.user_id = campaign.user_id and e.campaign_id = campaign.id
      and e.contact_id is not null and e.occurred_at >= campaign.launched_at
    group by e.contact_id
  ),
  batch as (
    select b.* from public.campaign_batches as b
    where b.user_id = campaign.user_id and b.campaign_id = campaign.id
      -- Those who waited for the end of the test weren't drawn into it.
      and (b.held_out or b.variant is not null or campaign.variants is null)
  ),
  counted as (
    select b.variant, b.held_out,
      count(*) filter (where a.opened) as opened, count(*) filter (where a.clicked) as clicked,
      count(*) filter (where a.converted) as converted,
      count(*) filter (where a.unsubscribed) as unsubscribed
    from batch as b, unnest(b.contact_ids) as m (id) join acted as a on a.contact_id = m.id
    group by b.variant, b.held_out
  ),
  drawn as (
    select b.variant, b.held_out, sum(b.size)::bigint as members,
      sum(b.pending + b.in_flight)::bigint as waiting, sum(b.sent)::bigint as sent
    from batch as b group by b.variant, b.held_out
  )
  select p.variant, p.held_out, p.weight, coalesce(d.members, 0),
    case when p.held_out then 0 else coalesce(d.waiting, 0) end, coalesce(d.sent, 0),
    coalesce(c.opened, 0), coalesce(c.clicked, 0), coalesce(c.converted, 0),
    coalesce(c.unsubscribed, 0)
  from planned as p
  left join drawn as d
    on d.variant is not distinct from p.variant and d.held_out = p.held_out
  left join counted as c
    on c.variant is not distinct from p.variant and c.held_out = p.held_out
  order by p.held_out, p.variant;
end
$$;
comment on function public.experiment_arms(uuid) is
  'The arms of a campaign as planned, those held out last, with all 0 before the launch; PT404: there is no such campaign, or it isn''t the caller''s.';

revoke execute on function public.experiment_arms(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.experiment_arms(uuid) to authenticated;
