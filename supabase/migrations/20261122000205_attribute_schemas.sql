-- Chapter 2a. Attribute schemas: that of an owner's contacts, kept whoever writes them.

create table public.attribute_schemas (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  schema jsonb not null,
  mode text not null default 'refuse',
  -- What the schema asks for, read once: see chapter 1e.
  checks jsonb not null generated always as (campaign_private.schema_list(schema)) stored,
  faults jsonpath[] not null generated always as (campaign_private.schema_faults(schema)) stored,
  fault jsonpath not null generated always as (campaign_private.schema_fault(schema)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint attribute_schemas_mode_known check (mode in ('refuse', 'warn')),
  constraint attribute_schemas_schema_object check (
    jsonb_typeof(schema) = 'object' and schema ->> 'type' = 'object' and not schema ? 'anyOf'
  ),
  constraint attribute_schemas_schema_size check (
    octet_length(schema::text) <= 65536 and not schema @? 'strict $.**{41}'
  )
);
comment on table public.attribute_schemas is
  'What the attributes of an owner''s contacts must be like: at most one row each.';
comment on column public.attribute_schemas.schema is
  'An object''s JSON Schema, of the few keywords of chapter 1d.';
comment on column public.attribute_schemas.mode is
  'refuse: no contact is stored whose new attributes don''t fit; warn: it is, and an upsert says so.';
comment on column public.attribute_schemas.checks is 'What the schema asks for, one thing after the other.';
comment on column public.attribute_schemas.faults is 'Finds what breaks each of the checks, in their order.';
comment on column public.attribute_schemas.fault is 'Finds attributes that don''t fit.';

alter table public.attribute_schemas enable row level security;
alter table public.attribute_schemas force row level security;
revoke all on public.attribute_schemas from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.attribute_schemas to authenticated, service_role;
create policy "Owners read their schema" on public.attribute_schemas
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add a schema of their own" on public.attribute_schemas
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their schema and keep it" on public.attribute_schemas
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their schema" on public.attribute_schemas
  for delete to authenticated using (user_id = (select auth.uid()));
create trigger touch_updated_at before update on public.attribute_schemas
  for each row when ((old.schema, old.mode) is distinct from (new.schema, new.mode))
  execute function campaign_private.touch_updated_at();

create function campaign_private.changed_attributes(former jsonb, given jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = ''
return (
  select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(given) as e
  where e.value is distinct from former -> e.key
);
comment on function campaign_private.changed_attributes is
  'Those of the attributes that are new, or have another value.';

create function campaign_private.new_misfit(
  held public.attribute_schemas, former jsonb, given jsonb
)
returns table (field text, expected text)
language plpgsql
immutable
rows 1
security invoker
set search_path = ''
as $$
begin
  -- What was wrong before, or is lacking as before, stands in the way of nothing else.
  select 'attributes.' || m.field, m.expected into field, expected
  from campaign_private.misfits(
    held.checks, held.faults, campaign_private.changed_attributes(former, given), false
  ) as m
  limit 1;
  if field is null then
    select 'attributes.' || m.field, m.expected into field, expected
    from campaign_private.misfits(held.checks, held.faults, given) as m
    where m.absence and (former is null or not exists (
      select from campaign_private.misfits(held.checks, held.faults, former) as f
      where f.absence and f.field = m.field
    ))
    limit 1;
  end if;
  if field is not null then
    field := rtrim(field, '.');
    return next;
  end if;
end
$$;
comment on function campaign_private.new_misfit is
  'By what attributes break a schema that they didn''t break before, if by anything; former is null for a new contact.';

create function campaign_private.refuse_misfit(
  held public.attribute_schemas, former jsonb, given jsonb
)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  found record;
begin
  select * into found from campaign_private.new_misfit(held, former, given);
  if found.field is not null then
    raise exception using errcode = 'CMP08', message = found.expected, detail = found.field,
      hint = 'The schema of your contacts says so: see client.contacts.schema().';
  end if;
end
$$;
comment on function campaign_private.refuse_misfit is
  'Refuses attributes that break a schema by what is new in them, naming the field and what it must be.';

create function campaign_private.hold_to_schema()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Once for a statement: most owners have no schema, and imports are large.
  if not exists (select from public.attribute_schemas as s where s.mode = 'refuse') then
    return null;
  elsif tg_op = 'INSERT' then
    perform campaign_private.refuse_misfit(s, null, a.attributes)
    from added as a join public.attribute_schemas as s on s.user_id = a.user_id
    where s.mode = 'refuse' and jsonb_path_exists(a.attributes, s.fault, '{}', true);
  else
    perform campaign_private.refuse_misfit(s, f.attributes, c.attributes)
    from changed as c join public.attribute_schemas as s on s.user_id = c.user_id
    join former as f on f.id = c.id
    where s.mode = 'refuse' and jsonb_path_exists(c.attributes, s.fault, '{}', true)
      and c.attributes is distinct from f.attributes;
  end if;
  return null;
end
$$;
comment on function campaign_private.hold_to_schema() is
  'Lets no contact be written whose new attributes break the owner''s schema, if that refuses.';

create trigger hold_added_to_schema after insert on public.contacts
  referencing new table as added
  for each statement execute function campaign_private.hold_to_schema();
create trigger hold_changed_to_schema after update on public.contacts
  referencing old table as former new table as changed
  for each statement execute function campaign_private.hold_to_schema();

create function campaign_private.foresee_misfit(
  held public.attribute_schemas, email text, given jsonb
)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  former jsonb;
  merged jsonb := given;
begin
  -- What is given breaks it in most cases; only then, or if something is lacking, what is stored
  -- is looked at.
  if held.mode is distinct from 'refuse' or jsonb_typeof(given) is distinct from 'object'
    or not jsonb_path_exists(given, held.fault, '{}', true)
  then
    return null;
  end if;
  select c.attributes into former from public.contacts as c
  where c.user_id = held.user_id and c.email = foresee_misfit.email;
  if found then
    merged := campaign_private.merge_attributes(former, given);
  end if;
  return (
    select m.field || ': ' || m.expected
    from campaign_private.new_misfit(held, former, merged) as m
  );
end
$$;
comment on function campaign_private.foresee_misfit is
  'Why a schema will refuse a contact for what it is given, as "field: reason"; null if it won''t.';

create function campaign_private.count_misfits(people jsonb[])
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select jsonb_object_agg(t.told, t.people) from (
      select rtrim('attributes.' || m.field, '.') || ': ' || m.expected as told, count(*) as people
      from public.attribute_schemas as s, unnest(count_misfits.people) as p (attributes),
        campaign_private.misfits(s.checks, s.faults, p.attributes) as m
      where s.user_id = (select auth.uid())
        and jsonb_path_exists(p.attributes, s.fault, '{}', true)
      group by told
    ) as t
  );
end
$$;
comment on function campaign_private.count_misfits is
  'How many of these attributes break the caller''s schema, by what is wrong.';

create type public.schema_violations as (
  contacts bigint, broken bigint, fields jsonb, last_id uuid
);
comment on type public.schema_violations is
  'How many contacts were looked at, how many of them break the schema, of each thing that is wrong field, expected, contacts and the ids of up to five of them; and the last that was looked at.';

create function public.schema_violations(after uuid default null, page integer default 25000)
returns public.schema_violations
language plpgsql
stable
security invoker
set search_path = ''
-- Told who the owner is, the planner doesn't look for them among others' contacts by their ids.
set plan_cache_mode = force_custom_plan
as $$
declare
  owner constant uuid := auth.uid();
  held public.attribute_schemas;
  result public.schema_violations;
begin
  select * into held from public.attribute_schemas as s where s.user_id = owner;
  with looked_at as (
    select c.id, c.attributes, jsonb_path_exists(c.attributes, held.fault, '{}', true) as is_broken
    from public.contacts as c
    where c.user_id = owner and (after is null or c.id > after)
    order by c.id limit least(greatest(page, 1), 100000)
  ),
  told as (
    select m.field, m.expected, count(*) as contacts, (array_agg(l.id order by l.id))[1:5] as ids
    from looked_at as l, campaign_private.misfits(held.checks, held.faults, l.attributes) as m
    where l.is_broken
    group by m.field, m.expected
  )
  select (select count(*) from looked_at), (select count(*) from looked_at where is_broken),
    (select coalesce(jsonb_agg(to_jsonb(told)), '[]') from told),
    (select l.id from looked_at as l order by l.id desc limit 1)
  into result;
  return result;
end
$$;
comment on function public.schema_violations(uuid, integer) is
  'How many of the caller''s contacts, of so many after one, break the schema, and how.';

revoke execute on function
  campaign_private.changed_attributes, campaign_private.new_misfit, campaign_private.refuse_misfit,
  campaign_private.hold_to_schema, campaign_private.foresee_misfit,
  campaign_private.count_misfits, public.schema_violations(uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.changed_attributes, campaign_private.new_misfit, campaign_private.refuse_misfit,
  campaign_private.hold_to_schema, campaign_private.foresee_misfit, campaign_private.count_misfits
  to authenticated, service_role;
grant execute on function public.schema_violations(uuid, integer) to authenticated;
