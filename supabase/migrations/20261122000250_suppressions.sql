-- Chapter 2f. Suppressions: addresses that are never written to again, whatever is imported.

create table public.suppressions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  address bytea not null,
  reason text not null,
  source text,
  since timestamptz not null default now(),
  constraint suppressions_address_unique unique (user_id, address),
  constraint suppressions_address_hashed check (octet_length(address) = 32),
  constraint suppressions_reason_known check (
    reason in ('hard_bounce', 'soft_bounces', 'complaint', 'unsubscribed', 'manual')
  ),
  constraint suppressions_source_length check (length(source) between 1 and 100),
  constraint suppressions_since_readable check (
    since between '0001-01-02 00:00:00+00' and '9999-12-30 00:00:00+00'
  )
);
comment on table public.suppressions is
  'Addresses that are never written to again. No import lifts a suppression; lift_suppression() does.';
comment on column public.suppressions.address is
  'HMAC-SHA256 of the normalised address under the owner''s key.';
comment on column public.suppressions.source is 'Who said so: a provider''s name, or what the owner wrote.';

alter table public.suppressions enable row level security;
alter table public.suppressions force row level security;
revoke all on public.suppressions from public, anon, authenticated, service_role;
grant select, insert, delete on public.suppressions to authenticated, service_role;
create policy "Owners read their suppressions" on public.suppressions
  for select to authenticated using (user_id = (select auth.uid()));
-- Only store_suppressions() knows both the address and its contact.
create policy "Only the functions add suppressions" on public.suppressions
  for insert to authenticated with check (
    user_id = (select auth.uid())
    and (select current_setting('campaign.suppressing', true)) = 'on'
  );
create policy "Owners lift their suppressions" on public.suppressions
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.is_suppressed_since(owner uuid, email text)
returns timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  -- By itself: within a join row level security would have it compared with every row.
  hashed constant bytea := (
    select campaign_private.hash_address(is_suppressed_since.email, k)
    from campaign_private.address_keys as k where k.user_id = owner
  );
begin
  return (
    select s.since from public.suppressions as s where s.user_id = owner and s.address = hashed
  );
end
$$;
comment on function campaign_private.is_suppressed_since(uuid, text) is
  'Since when an owner''s normalised address is suppressed; null if it isn''t.';

create function campaign_private.store_suppressions(
  owner uuid, emails text[], reason text, source text
)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  added integer;
begin
  insert into campaign_private.address_keys (user_id) values (owner) on conflict do nothing;
  perform set_config('campaign.suppressing', 'on', true);
  insert into public.suppressions (user_id, address, reason, source)
  select owner, h.address, store_suppressions.reason, store_suppressions.source
  from campaign_private.address_keys as k,
    lateral (
      select distinct campaign_private.hash_address(e.email, k) as address
      from unnest(emails) as e (email)
      -- One order for all writers, or two lists with the same addresses deadlock.
      order by 1
    ) as h
  where k.user_id = owner
  on conflict (user_id, address) do nothing;
  get diagnostics added = row_count;
  perform set_config('campaign.suppressing', '', true);
  return added;
end
$$;
comment on function campaign_private.store_suppressions(uuid, text[], text, text) is
  'Adds normalised addresses to an owner''s suppressions, the first reason of each stands; returns how many are new.';

create function campaign_private.suppress(owner uuid, emails text[], reason text, source text)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  added integer;
begin
  -- Whoever adds the contact at this moment either sees the suppression, or is seen.
  perform pg_advisory_xact_lock(campaign_private.suppression_lock(owner));
  -- Whoever deletes the contact at this moment holds it first, and its suppression then.
  perform from public.contacts as c
  where c.user_id = owner and c.email = any (emails) order by c.id for no key update;
  added := campaign_private.store_suppressions(owner, emails, reason, source);
  update public.contacts as c
  set suppressed_at = campaign_private.is_suppressed_since(owner, c.email)
  where c.user_id = owner and c.email = any (emails) and c.suppressed_at is null;
  return added;
end
$$;
comment on function campaign_private.suppress(uuid, text[], text, text) is
  'Suppresses normalised addresses of an owner, and marks their contacts; returns how many are new.';

create function campaign_private.suppression_lock(owner uuid)
returns bigint
language sql
immutable
security invoker
set search_path = ''
return hashtextextended('campaign suppressions of ' || owner, 0);
comment on function campaign_private.suppression_lock(uuid) is
  'The advisory lock between adding contacts (shared) and adding suppressions of an owner.';

create type public.suppression_result as (added integer, unchanged integer);
comment on type public.suppression_result is
  'What became of a list of addresses: how many are suppressed now, and how many were before.';

create function public.suppress_addresses(
  emails text[], reason text default 'manual', source text default null
)
returns public.suppression_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  normalized constant text[] := array(
    select distinct campaign_private.normalize_email(e) from unnest(emails) as e
    where e is not null
  );
  result public.suppression_result;
begin
  result.added := campaign_private.suppress(
    auth.uid(), normalized, suppress_addresses.reason, suppress_addresses.source
  );
  result.unchanged := cardinality(normalized) - result.added;
  return result;
end
$$;
comment on function public.suppress_addresses(text[], text, text) is
  'Never write to these addresses of the caller''s again. The first reason and date of each stand.';

create function public.find_suppression(email text)
returns setof public.suppressions
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  hashed constant bytea := (
    select campaign_private.hash_address(
      campaign_private.normalize_email(find_suppression.email), k
    )
    from campaign_private.address_keys as k where k.user_id = (select auth.uid())
  );
begin
  return query
  select s.* from public.suppressions as s
  where s.user_id = (select auth.uid()) and s.address = hashed;
end
$$;
comment on function public.find_suppression(text) is
  'The caller''s suppression of an address, if there is one.';

create function public.lift_suppression(email text, request_id uuid default null)
returns setof public.suppressions
language plpgsql
security invoker
set search_path = ''
as $$
declare
  lifted public.suppressions;
  earlier campaign_private.requests;
begin
  -- By its hash: the address itself mustn't be guessed from what is kept of the request.
  earlier := campaign_private.note_request(
    lift_suppression.request_id, concat('lift ', (
      select campaign_private.hash_address(
        campaign_private.normalize_email(lift_suppression.email), k
      )
      from campaign_private.address_keys as k where k.user_id = (select auth.uid())
    ))
  );
  if earlier.request_id is not null then
    return query
    select s.* from jsonb_populate_record(null::public.suppressions, earlier.answer) as s
    where s.id is not null;
    return;
  end if;
  delete from public.suppressions as s
  where s.id in (select f.id from public.find_suppression(lift_suppression.email) as f)
  returning s.* into lifted;
  if found then
    perform campaign_private.keep_answer(lift_suppression.request_id, to_jsonb(lifted));
    return next lifted;
  end if;
end
$$;
comment on function public.lift_suppression(text, uuid) is
  'Lets an address of the caller''s be written to again; no row if it wasn''t suppressed. An unsubscription stays. The same request again answers as the first one did.';

revoke execute on function
  campaign_private.is_suppressed_since(uuid, text),
  campaign_private.store_suppressions(uuid, text[], text, text),
  campaign_private.suppress(uuid, text[], text, text), campaign_private.suppression_lock(uuid),
  public.suppress_addresses(text[], text, text), public.find_suppression(text),
  public.lift_suppression(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.is_suppressed_since(uuid, text),
  campaign_private.store_suppressions(uuid, text[], text, text),
  campaign_private.suppress(uuid, text[], text, text), campaign_private.suppression_lock(uuid)
  to authenticated, service_role;
grant execute on function
  public.suppress_addresses(text[], text, text), public.find_suppression(text),
  public.lift_suppression(text, uuid)
  to authenticated;
