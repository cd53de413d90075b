-- Chapter 2½. Contact fields: the attributes that an owner's contacts have.

create function campaign_private.leaves(attributes jsonb)
returns table (name text, type text, example text)
language sql
immutable
parallel safe
rows 20
security invoker
set search_path = ''
as $$
  with recursive node (name, value, depth) as (
    select campaign_private.key_name(e.key), e.value, 1 from jsonb_each(attributes) as e
    union all
    select node.name || '.' || campaign_private.key_name(e.key), e.value, node.depth + 1
    from node, jsonb_each(node.value) as e
    -- No rule asks for what lies deeper.
    where jsonb_typeof(node.value) = 'object' and node.depth < 32 and length(node.name) <= 200
  )
  select node.name, jsonb_typeof(node.value), left(node.value #>> '{}', 60) from node
  where jsonb_typeof(node.value) not in ('null', 'object') and length(node.name) <= 200
$$;
comment on function campaign_private.leaves(jsonb) is
  'The values of an object, with their dotted paths of at most 32 names and 200 characters.';

create type public.contact_fields as (sampled bigint, fields jsonb);
comment on type public.contact_fields is
  'How many contacts were looked at, and of each attribute: name (its dotted path), types (of JSON), present (in how many), examples. One row, so that no limit on rows cuts it.';

create function public.list_contact_fields(sample integer default 100000)
returns public.contact_fields
language plpgsql
stable
security invoker
set search_path = ''
-- Told who the owner is, the planner doesn't look for them among others' contacts by their ids.
set plan_cache_mode = force_custom_plan
as $$
declare
  owner constant uuid := auth.uid();
  result public.contact_fields;
begin
  with looked_at as not materialized (
    -- Ids are random, in runs of a few, so the first ones are a fair sample.
    select row_number() over (order by c.id) as place, c.attributes from public.contacts as c
    where c.user_id = owner
    order by c.id limit least(greatest(sample, 1), 1000000)
  ),
  -- Counted as they come, and cut: nothing of them is kept, and nobody fills the disk. Most
  -- contacts are flat: their keys need no walk, and get their names once they are grouped.
  found as (
    select f.name, f.is_key, f.type, max(f.place) as place, count(*) as present,
      min(f.example) as example
    from (
      select c.place, l.name, l.is_key, l.type, l.example
      from (
        select k.place, k.attributes,
          k.attributes @? 'strict $.* ? (@.type() == "object")' as is_nested
        from looked_at as k
      ) as c
      left join lateral (
        select e.key as name, true as is_key, jsonb_typeof(e.value) as type,
          left(e.value #>> '{}', 60) as example
        from jsonb_each(case when not c.is_nested then c.attributes end) as e
        where e.value <> 'null' and length(e.key) <= 200
        union all
        select v.name, false, v.type, v.example
        from campaign_private.leaves(case when c.is_nested then c.attributes end) as v
        where c.is_nested
      ) as l on true
      limit 2000000
    ) as f
    group by f.name, f.is_key, f.type
  ),
  counted as (
    select n.name, max(n.place) as place, sum(n.present)::bigint as present,
      min(n.example) as example, array_agg(distinct n.type order by n.type) as types
    from (
      select case when f.is_key then campaign_private.key_name(f.name) else f.name end as name,
        f.place, f.present, f.example, f.type
      from found as f
    ) as n
    group by n.name
  ),
  shown as (
    select l.name, (array_agg(distinct l.example))[1:3] as examples
    from (select c.attributes from looked_at as c limit 200) as c,
      campaign_private.leaves(c.attributes) as l
    group by l.name
  ),
  field as (
    select counted.name, counted.types, counted.present,
      coalesce(shown.examples, array[counted.example]) as examples
    from counted left join shown on shown.name = counted.name
    where length(counted.name) <= 200
  )
  select (select coalesce(max(counted.place), 0) from counted),
    coalesce(jsonb_agg(to_jsonb(field) order by field.name), '[]')
  into result.sampled, result.fields
  from field;
  return result;
end
$$;
comment on function public.list_contact_fields(integer) is
  'The attributes that the caller''s contacts have, as dotted paths, from a random sample of so many contacts, or as many as have two million values.';

revoke execute on function campaign_private.leaves(jsonb), public.list_contact_fields(integer)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.leaves(jsonb) to authenticated, service_role;
grant execute on function public.list_contact_fields(integer) to authenticated;
