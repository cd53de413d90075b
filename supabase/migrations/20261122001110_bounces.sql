-- Chapter 11a. Bounces, complaints and unsubscriptions: what reports ask for.

create table campaign_private.soft_bounces (
  user_id uuid not null references auth.users (id) on delete cascade,
  address bytea not null,
  moments timestamptz[] not null,
  constraint soft_bounces_pkey primary key (user_id, address),
  constraint soft_bounces_address_hashed check (octet_length(address) = 32)
);
comment on table campaign_private.soft_bounces is
  'When messages to an address bounced softly since the last one was delivered. The fifth suppresses it.';

alter table campaign_private.soft_bounces enable row level security;
alter table campaign_private.soft_bounces force row level security;
revoke all on campaign_private.soft_bounces from public, anon, authenticated, service_role;
grant select, insert, update, delete on campaign_private.soft_bounces to authenticated, service_role;
create policy "Owners see the soft bounces of their contacts" on campaign_private.soft_bounces
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add soft bounces of their contacts" on campaign_private.soft_bounces
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners add to the soft bounces of their contacts" on campaign_private.soft_bounces
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners forget the soft bounces of their contacts" on campaign_private.soft_bounces
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.count_soft_bounces(given campaign_private.report[], owner uuid)
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
  key campaign_private.address_keys;
  full_up text[];
begin
  insert into campaign_private.address_keys (user_id) values (owner) on conflict do nothing;
  select k.* into key from campaign_private.address_keys as k where k.user_id = owner;
  insert into campaign_private.soft_bounces as b (user_id, address, moments)
  select owner, campaign_private.hash_address(g.address, key), array_agg(g.at)
  from unnest(given) as g
  where g.kind = 'bounced' and g.reason = 'soft' and g.address is not null
    -- Reports come in any order: one from before a delivery says nothing any more.
    and not exists (
      select from public.campaign_events as e
      where e.user_id = owner and e.contact_id = g.contact_id
        and e.type = 'delivered' and e.occurred_at >= g.at
    )
  group by 2 order by 2
  on conflict (user_id, address) do update set moments = b.moments || excluded.moments;
  update campaign_private.soft_bounces as b set moments = array(
    select m from unnest(b.moments) as m where m > d.at
  )
  from (
    select campaign_private.hash_address(g.address, key) as address, max(g.at) as at
    from unnest(given) as g where g.kind = 'delivered' and g.address is not null group by 1
  ) as d
  where b.user_id = owner and b.address = d.address;
  full_up := array(
    select distinct g.address from unnest(given) as g
    join campaign_private.soft_bounces as b
      on b.user_id = owner and b.address = campaign_private.hash_address(g.address, key)
    where cardinality(b.moments) >= 5
  );
  delete from campaign_private.soft_bounces as b
  where b.user_id = owner and (
    cardinality(b.moments) = 0
    or b.address in (select campaign_private.hash_address(f, key) from unnest(full_up) as f)
  );
  return full_up;
end
$$;
comment on function campaign_private.count_soft_bounces(campaign_private.report[], uuid) is
  'Takes note of soft bounces and of deliveries, which end a row of them; returns the addresses with five in a row.';

create function campaign_private.addresses_of(
  given campaign_private.report[], kind text, reason text default null
)
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct g.address), '{}') from unnest(given) as g
  where g.kind = addresses_of.kind and g.address is not null
    and (addresses_of.reason is null or g.reason = addresses_of.reason)
$$;
comment on function campaign_private.addresses_of(campaign_private.report[], text, text) is
  'The addresses in reports of a kind.';

create type public.received as (
  inserted integer, duplicates integer, ignored integer, unmatched integer,
  unsubscribed integer, suppressed integer
);
comment on type public.received is
  'What became of reports: new, received before, of no interest, of nothing that is the owner''s; and how many contacts they unsubscribed and addresses they suppressed.';

create function campaign_private.heed_reports(given campaign_private.report[], owner uuid)
returns public.received
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.received;
  source constant text := split_part((given[1]).id, '/', 1);
  lists constant jsonb := jsonb_build_object(
    'hard_bounce', campaign_private.addresses_of(given, 'bounced', 'hard'),
    'complaint', campaign_private.addresses_of(given, 'complained')
  );
  -- Who is no contact, and shall not become one unseen.
  strangers constant text[] := array(
    select g.address from unnest(given) as g
    where g.kind = 'unsubscribed' and g.contact_id is null and g.address is not null
  );
  list record;
begin
  result.suppressed := 0;
  for list in
    select l.key as reason, array(select jsonb_array_elements_text(l.value)) as emails
    from jsonb_each(
      lists || jsonb_build_object(
        'soft_bounces', campaign_private.count_soft_bounces(given, owner),
        'unsubscribed', strangers
      )
    ) as l
    where l.value <> '[]' order by l.key
  loop
    result.suppressed := result.suppressed
      + campaign_private.suppress(owner, list.emails, list.reason, source);
  end loop;
  update public.contacts as c set unsubscribed_at = g.at
  from (
    select g.contact_id, min(g.at) as at from unnest(given) as g
    where g.kind in ('complained', 'unsubscribed') and g.contact_id is not null
    group by g.contact_id
  ) as g
  where c.id = g.contact_id and c.user_id = owner and c.unsubscribed_at is null;
  get diagnostics result.unsubscribed = row_count;
  return result;
end
$$;
comment on function campaign_private.heed_reports(campaign_private.report[], uuid) is
  'What reports ask for: hard bounces, complaints and the fifth soft bounce suppress an address; who complains or unsubscribes gets no more.';

revoke execute on function
  campaign_private.count_soft_bounces(campaign_private.report[], uuid),
  campaign_private.addresses_of(campaign_private.report[], text, text),
  campaign_private.heed_reports(campaign_private.report[], uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.count_soft_bounces(campaign_private.report[], uuid),
  campaign_private.addresses_of(campaign_private.report[], text, text),
  campaign_private.heed_reports(campaign_private.report[], uuid)
  to authenticated, service_role;
