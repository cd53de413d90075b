-- Chapter 2b. Contact items: contacts as they are given, and many of them in one statement.

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

revoke execute on function
  campaign_private.contact_items(jsonb), campaign_private.merge_contacts(jsonb),
  public.unsubscribe_contacts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.contact_items(jsonb), campaign_private.merge_contacts(jsonb)
  to authenticated, service_role;
grant execute on function public.unsubscribe_contacts(jsonb) to authenticated;
