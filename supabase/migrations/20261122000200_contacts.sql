-- Chapter 2. Contacts: the people who can receive a campaign.

create table public.contacts (
  -- Random, but for its first eight digits, which are drawn four thousand times a second: what
  -- an import writes lies side by side in both indexes, and is read together later.
  id uuid primary key default (
    lpad(to_hex(hashtext(
      pg_backend_pid() || '/' || floor(date_part('epoch', clock_timestamp()) * 4000)
    )), 8, '0') || substr(gen_random_uuid()::text, 9)
  )::uuid,
  -- Refers to auth.users, as chapter 7 says.
  user_id uuid not null default auth.uid(),
  email text not null,
  phone text,
  attributes jsonb not null default '{}',
  unsubscribed_at timestamptz,
  suppressed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contacts_email_unique unique (user_id, email),
  -- What campaign_events points at: an event can't name another owner's contact.
  constraint contacts_owner_unique unique (user_id, id),
  -- Nearly all addresses are like the first pattern, which costs a tenth of what follows it.
  constraint contacts_email_normalized check (
    email ~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$'
    or email = campaign_private.normalize_email(email)
  ),
  constraint contacts_email_shape check (
    length(email) <= 254 and (
      email ~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$'
      or email ~ (
        '^[^@\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0022\u003a-\u003c\u003e\u005b-\u005d]+'
        '@[^\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0021-\u002c\u002e\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011]+'
        '(\.[^\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0021-\u002c\u002e\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011]+)+$'
      )
    )
  ),
  constraint contacts_phone_length check (length(phone) between 1 and 64),
  constraint contacts_attributes_object check (jsonb_typeof(attributes) = 'object'),
  constraint contacts_attributes_size check (octet_length(attributes::text) <= 65536),
  -- What no JSON parser reads back makes the whole page that it is on unreadable.
  constraint contacts_attributes_readable check (
    not attributes @? 'strict $.**{101}'
    and not attributes @? 'strict $.** ? (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308)'
  ),
  -- The years that Python and JavaScript know.
  constraint contacts_dates_readable check (
    least(created_at, updated_at, unsubscribed_at) >= '0001-01-02 00:00:00+00'
    and greatest(created_at, updated_at, unsubscribed_at) <= '9999-12-30 00:00:00+00'
  )
);
comment on table public.contacts is
  'The people who can receive a campaign. Whoever unsubscribed stays a contact and leaves every audience.';
comment on column public.contacts.email is 'Trimmed, NFC, lower-case; unique for its owner.';
comment on column public.contacts.attributes is
  'What is known about the contact: a JSON object, at most 64 kB; what rules and placeholders refer to.';
comment on column public.contacts.unsubscribed_at is
  'Since when the contact wants no more messages; null for a subscriber.';
comment on column public.contacts.suppressed_at is
  'Since when the contact''s address is suppressed; null if it isn''t. Kept by the chapter of suppressions.';
-- An upsert gives these as the reasons why it refuses a contact.
comment on constraint contacts_email_normalized on public.contacts is
  'email: must be trimmed, NFC and lower-case';
comment on constraint contacts_email_shape on public.contacts is
  'email: isn''t an e-mail address';
comment on constraint contacts_phone_length on public.contacts is
  'phone: must have 1 to 64 characters';
comment on constraint contacts_attributes_object on public.contacts is
  'attributes: must be an object';
comment on constraint contacts_attributes_size on public.contacts is
  'attributes: must not exceed 64 kB';
comment on constraint contacts_attributes_readable on public.contacts is
  'attributes: holds a number or a depth that JSON lacks';
comment on constraint contacts_dates_readable on public.contacts is
  'unsubscribed_at: must lie within the years 1 to 9999';

-- Few rows are in it: those that a lifted suppression may bring back.
create index contacts_suppressed_index on public.contacts (user_id) where suppressed_at is not null;

alter table public.contacts enable row level security;
alter table public.contacts force row level security;
revoke all on public.contacts from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.contacts to service_role;
grant select, delete on public.contacts to authenticated;
-- An id of the caller's choosing would tell, by a collision, whether somebody else has it.
grant insert (user_id, email, phone, attributes, unsubscribed_at, suppressed_at),
  -- What is written into suppressed_at doesn't matter: a trigger has the last word.
  update (email, phone, attributes, unsubscribed_at, suppressed_at)
  on public.contacts to authenticated;
-- The planner's statistics are of everybody's rows, and its estimates can be asked for.
alter table public.contacts
  alter column email set statistics 0, alter column phone set statistics 0;
create policy "Owners read their contacts" on public.contacts
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add contacts of their own" on public.contacts
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their contacts and keep them" on public.contacts
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their contacts" on public.contacts
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.normalize_contact()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.email := campaign_private.normalize_email(new.email);
  return new;
end
$$;
comment on function campaign_private.normalize_contact() is
  'Stores an address in its one form, whoever writes it.';

create trigger normalize_contact before insert or update of email on public.contacts
  -- The one form already, as nearly all are: an import writes thousands of them.
  for each row when (new.email !~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$')
  execute function campaign_private.normalize_contact();
create trigger touch_updated_at before update on public.contacts
  for each row when (old is distinct from new) execute function campaign_private.touch_updated_at();

create type public.upsert_result as (
  created integer, updated integer, unchanged integer, rejected integer[], reasons text[],
  misfits jsonb
);
comment on type public.upsert_result is
  'What became of the contacts of one upsert; rejected are positions in it, from 0, each with its reason; misfits are how many of the others break a schema that only warns, by what is wrong.';

create type campaign_private.contact_item as (
  email text, phone text, attributes jsonb, unsubscribed_at timestamptz, "position" integer
);
comment on type campaign_private.contact_item is 'A contact as an upsert is given it.';

create function campaign_private.contact_items(contacts jsonb)
returns setof campaign_private.contact_item
language sql
immutable
security invoker
set search_path = ''
as $$
  with given as materialized (
    select
      -- Nearly all are like this, and needn't be taken to a function.
      case when i.email ~ '^[a-z0-9][a-z0-9._%+-]*@[a-z0-9.-]*[a-z0-9]$' then i.email
        else campaign_private.normalize_email(i.email) end as email,
      i.phone, i.attributes, i.unsubscribed_at, i.position
    from rows from (
      jsonb_to_recordset(contact_items.contacts)
        as (email text, phone text, attributes jsonb, unsubscribed_at timestamptz)
    ) with ordinality as i (email, phone, attributes, unsubscribed_at, position)
  ),
  gone as (
    select g.email, min(g.unsubscribed_at) as since from given as g
    where g.unsubscribed_at is not null
    group by g.email
  )
  -- Of two with one address the first counts; but who says no in either has said no.
  select distinct on (g.email) g.email, g.phone, coalesce(g.attributes, '{}'),
    gone.since, (g.position - 1)::integer
  from given as g left join gone on gone.email = g.email
  -- One order for all writers, or two overlapping imports deadlock.
  order by g.email, g.position
$$;
comment on function campaign_private.contact_items(jsonb) is
  'The contacts of an upsert, each address once, in the order in which all writers take them.';

create function campaign_private.merge_contacts(contacts jsonb)
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- Once: as the column's default it is asked for each contact.
  owner constant uuid := auth.uid();
  result public.upsert_result;
  given integer;
begin
  with item as (select * from campaign_private.contact_items(merge_contacts.contacts)),
  written as (
    insert into public.contacts as c (user_id, email, phone, attributes, unsubscribed_at)
    -- In their order, which reading them keeps: to sort them again would change nothing.
    select owner, item.email, item.phone, item.attributes, item.unsubscribed_at from item
    on conflict (user_id, email) do update set
      phone = coalesce(excluded.phone, c.phone),
      attributes = campaign_private.merge_attributes(c.attributes, excluded.attributes),
      -- The earlier date stands, and nobody is subscribed again by an import.
      unsubscribed_at = coalesce(c.unsubscribed_at, excluded.unsubscribed_at)
    where (c.phone, c.attributes, c.unsubscribed_at) is distinct from (
      coalesce(excluded.phone, c.phone),
      campaign_private.merge_attributes(c.attributes, excluded.attributes),
      coalesce(c.unsubscribed_at, excluded.unsubscribed_at)
    )
    -- xmax is zero only for a row that this statement inserted.
    returning (c.xmax = 0) as created
  )
  select count(*) filter (where written.created), count(*) filter (where not written.created),
    (select count(*) from item)
  into result.created, result.updated, given
  from written;
  result.unchanged := given - result.created - result.updated;
  result.rejected := '{}';
  result.reasons := '{}';
  return result;
end
$$;
comment on function campaign_private.merge_contacts(jsonb) is
  'Stores contacts in one statement, all of them or none.';

create function public.unsubscribe_contacts(contacts jsonb)
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.upsert_result;
  given integer;
begin
  with item as (select * from campaign_private.contact_items(unsubscribe_contacts.contacts)),
  gone as (
    select c.id, coalesce(item.unsubscribed_at, now()) as since
    from item join public.contacts as c on c.email = item.email
    where c.user_id = (select auth.uid()) and c.unsubscribed_at is null
    order by c.email
    for update of c
  ),
  written as (
    update public.contacts as c set unsubscribed_at = gone.since
    from gone where c.id = gone.id
    returning c.id
  )
  select 0, (select count(*) from written), count(*)
  into result.created, result.updated, given
  from item;
  result.unchanged := given - result.updated;
  result.rejected := '{}';
  result.reasons := '{}';
  return result;
end
$$;
comment on function public.unsubscribe_contacts(jsonb) is
  'Takes the contacts with these addresses out of every audience; the first date stands, and nobody is created.';

create function public.update_contact(contact_id uuid, changes jsonb)
returns setof public.contacts
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return query
  update public.contacts as c set
    email = case when changes ? 'email' then changes ->> 'email' else c.email end,
    phone = case when changes ? 'phone' then changes ->> 'phone' else c.phone end,
    attributes = campaign_private.merge_attributes(
      c.attributes, coalesce(changes -> 'attributes', '{}')
    ),
    unsubscribed_at = case
      when changes ? 'unsubscribed_at' then (changes ->> 'unsubscribed_at')::timestamptz
      else c.unsubscribed_at
    end
  where c.id = contact_id
  returning c.*;
end
$$;
comment on function public.update_contact(uuid, jsonb) is
  'Changes what is given of one contact, merging attributes name by name; no row if it isn''t the caller''s.';

create function public.find_contact(email text)
returns setof public.contacts
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return query
  select c.* from public.contacts as c
  where c.user_id = (select auth.uid())
    and c.email = campaign_private.normalize_email(find_contact.email);
end
$$;
comment on function public.find_contact(text) is
  'The caller''s contact with this address, if there is one. A function, because a filter would stand in the request''s URL, and those are logged everywhere.';

create function public.unsubscribe_contact(contact_id uuid)
returns setof public.contacts
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return query
  update public.contacts as c set unsubscribed_at = coalesce(c.unsubscribed_at, now())
  where c.id = contact_id
  returning c.*;
end
$$;
comment on function public.unsubscribe_contact(uuid) is
  'Takes a contact out of every audience; the first date stands. No row if it isn''t the caller''s.';

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
as $$
declare
  result public.contact_fields;
begin
  with looked_at as not materialized (
    -- Ids are random, in runs of a few, so the first ones are a fair sample.
    select row_number() over (order by c.id) as place, c.attributes from public.contacts as c
    where c.user_id = (select auth.uid())
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

revoke execute on function
  campaign_private.normalize_contact(), campaign_private.contact_items(jsonb),
  campaign_private.merge_contacts(jsonb), campaign_private.leaves(jsonb),
  public.update_contact(uuid, jsonb), public.unsubscribe_contacts(jsonb),
  public.find_contact(text), public.unsubscribe_contact(uuid), public.list_contact_fields(integer)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.normalize_contact() to authenticated, service_role;
grant execute on function campaign_private.contact_items(jsonb) to authenticated, service_role;
grant execute on function campaign_private.merge_contacts(jsonb) to authenticated, service_role;
grant execute on function campaign_private.leaves(jsonb) to authenticated, service_role;
grant execute on function
  public.update_contact(uuid, jsonb), public.unsubscribe_contacts(jsonb),
  public.find_contact(text), public.unsubscribe_contact(uuid), public.list_contact_fields(integer)
  to authenticated;
