-- Chapter 2½. Suppressions: addresses that are never written to again, whatever is imported.
--
-- What is kept of an address is its HMAC under a key of the owner: it outlives the contact,
-- and no list of addresses lies around.

create function campaign_private.hmac_pad(key bytea, pad integer)
returns bytea
language plpgsql
immutable strict
security invoker
set search_path = ''
as $$
declare
  -- HMAC wants keys of one block: shorter ones are filled up with zeros, longer ones hashed.
  block bytea := case when octet_length(key) > 64 then sha256(key) else key end;
begin
  block := block || decode(repeat('00', 64 - octet_length(block)), 'hex');
  for i in 0..63 loop
    block := set_byte(block, i, get_byte(block, i) # pad);
  end loop;
  return block;
end
$$;
comment on function campaign_private.hmac_pad(bytea, integer) is
  'The block that HMAC (RFC 2104) puts before what it hashes: the key, each byte xor the pad (54 inside, 92 outside).';

create function campaign_private.hmac_sha256(message bytea, key bytea)
returns bytea
language sql
immutable strict
security invoker
set search_path = ''
return sha256(
  campaign_private.hmac_pad(key, 92) || sha256(campaign_private.hmac_pad(key, 54) || message)
);
comment on function campaign_private.hmac_sha256(bytea, bytea) is
  'HMAC-SHA256 (RFC 2104), of what PostgreSQL has by itself: pgcrypto isn''t everywhere.';

create function campaign_private.random_key()
returns bytea
language sql
volatile
security invoker
set search_path = ''
return sha256(
  uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
comment on function campaign_private.random_key() is '32 bytes that nobody can guess.';

create table campaign_private.address_keys (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  key bytea not null default campaign_private.random_key(),
  -- Reckoned once: an import hashes thousands of addresses.
  inner_pad bytea not null generated always as (campaign_private.hmac_pad(key, 54)) stored,
  outer_pad bytea not null generated always as (campaign_private.hmac_pad(key, 92)) stored,
  constraint address_keys_key_length check (octet_length(key) = 32)
);
comment on table campaign_private.address_keys is
  'Each owner''s key for the HMAC of addresses. Not exposed by the API; losing it forgets who may not be written to.';
alter table campaign_private.address_keys enable row level security;
alter table campaign_private.address_keys force row level security;
revoke all on campaign_private.address_keys from public, anon, authenticated, service_role;
grant select, insert on campaign_private.address_keys to authenticated, service_role;
create policy "Owners use their key" on campaign_private.address_keys
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners get a key of their own" on campaign_private.address_keys
  for insert to authenticated with check (user_id = (select auth.uid()));

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

create function campaign_private.hash_address(email text, key campaign_private.address_keys)
returns bytea
language sql
immutable
security invoker
set search_path = ''
return sha256(key.outer_pad || sha256(key.inner_pad || convert_to(email, 'UTF8')));
comment on function campaign_private.hash_address(text, campaign_private.address_keys) is
  'HMAC-SHA256 of a normalised address under an owner''s key.';

create function campaign_private.is_suppressed_since(owner uuid, email text)
returns timestamptz
language sql
stable
security invoker
set search_path = ''
as $$
  select s.since from campaign_private.address_keys as k
  join public.suppressions as s
    on s.user_id = k.user_id and s.address = campaign_private.hash_address(email, k)
  where k.user_id = owner
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


-- contacts.suppressed_at --------------------------------------------------------------

create function campaign_private.await_suppressions()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Before the first row is locked: later would be a deadlock with who suppresses it.
  perform pg_advisory_xact_lock_shared(campaign_private.suppression_lock(auth.uid()))
  where auth.uid() is not null;
  return null;
end
$$;
comment on function campaign_private.await_suppressions() is
  'Lets no suppression of the caller''s be added while contacts are.';

create function campaign_private.await_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(campaign_private.suppression_lock(auth.uid()))
  where auth.uid() is not null;
  return null;
end
$$;
comment on function campaign_private.await_contacts() is
  'Lets no contact of the caller''s be added while a suppression is lifted.';

create function campaign_private.suppress_contact()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.suppressed_at := campaign_private.is_suppressed_since(new.user_id, new.email);
  return new;
end
$$;
comment on function campaign_private.suppress_contact() is
  'Whatever somebody writes into suppressed_at, what is stored is what the suppressions say.';

create function campaign_private.suppress_added_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Once for a statement: most owners have no suppressions, and imports are large.
  if not exists (
    select from (select distinct a.user_id from added as a) as o
    where exists (select from public.suppressions as s where s.user_id = o.user_id)
  ) then
    return null;
  end if;
  update public.contacts as c set suppressed_at = s.since
  from added as a
  join campaign_private.address_keys as k on k.user_id = a.user_id
  join public.suppressions as s
    on s.user_id = a.user_id and s.address = campaign_private.hash_address(a.email, k)
  where c.id = a.id;
  return null;
end
$$;
comment on function campaign_private.suppress_added_contacts() is
  'Marks those of one statement''s new contacts whose address is suppressed.';

create function campaign_private.lift_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  owner uuid;
begin
  for owner in select distinct l.user_id from lifted as l loop
    -- With an account everything goes; who deletes it may do nothing else here.
    if has_table_privilege('auth.users', 'select') then
      continue when not exists (select from auth.users as u where u.id = owner);
    end if;
    update public.contacts as c set suppressed_at = null
    where c.user_id = owner and c.suppressed_at is not null
      and campaign_private.is_suppressed_since(c.user_id, c.email) is null;
  end loop;
  return null;
end
$$;
comment on function campaign_private.lift_contacts() is
  'Once a suppression is gone, its contact may be written to again.';

create function campaign_private.remember_deleted_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  gone record;
begin
  for gone in
    select d.user_id as owner, array_agg(d.email) as emails
    from deleted as d where d.unsubscribed_at is not null group by d.user_id
  loop
    -- What goes with its account leaves no memory behind; who deletes that may do nothing
    -- else here. Whoever can't look acts for themselves, and so has an account.
    if has_table_privilege('auth.users', 'select') then
      continue when not exists (select from auth.users as u where u.id = gone.owner);
    end if;
    perform campaign_private.store_suppressions(gone.owner, gone.emails, 'unsubscribed', 'contact');
  end loop;
  return null;
end
$$;
comment on function campaign_private.remember_deleted_contacts() is
  'Whoever unsubscribed and is deleted stays out: their address is suppressed.';

create function campaign_private.remember_former_address()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform campaign_private.store_suppressions(
    old.user_id, array[old.email], 'unsubscribed', 'contact'
  );
  return null;
end
$$;
comment on function campaign_private.remember_former_address() is
  'Whoever unsubscribed and gets another address stays out under the former one as well.';

create trigger await_suppressions before insert or update of email on public.contacts
  for each statement execute function campaign_private.await_suppressions();
-- By name after normalize_contact: the address is in its stored form.
create trigger suppress_contact before insert on public.contacts
  for each row when (new.suppressed_at is not null)
  execute function campaign_private.suppress_contact();
create trigger suppress_changed_contact before update on public.contacts
  for each row when (
    old.suppressed_at is distinct from new.suppressed_at or old.email is distinct from new.email
  )
  execute function campaign_private.suppress_contact();
create trigger suppress_added_contacts after insert on public.contacts
  referencing new table as added
  for each statement execute function campaign_private.suppress_added_contacts();
create trigger remember_deleted_contacts after delete on public.contacts
  referencing old table as deleted
  for each statement execute function campaign_private.remember_deleted_contacts();
create trigger remember_former_address after update on public.contacts
  for each row when (old.email is distinct from new.email and old.unsubscribed_at is not null)
  execute function campaign_private.remember_former_address();
create trigger await_contacts before delete on public.suppressions
  for each statement execute function campaign_private.await_contacts();
create trigger lift_contacts after delete on public.suppressions
  referencing old table as lifted
  for each statement execute function campaign_private.lift_contacts();


-- the API -----------------------------------------------------------------------------

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
begin
  return query
  select s.* from campaign_private.address_keys as k
  join public.suppressions as s on s.user_id = k.user_id and s.address
    = campaign_private.hash_address(campaign_private.normalize_email(find_suppression.email), k)
  where k.user_id = (select auth.uid());
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
  campaign_private.hmac_pad(bytea, integer), campaign_private.hmac_sha256(bytea, bytea),
  campaign_private.random_key(),
  campaign_private.hash_address(text, campaign_private.address_keys),
  campaign_private.is_suppressed_since(uuid, text),
  campaign_private.store_suppressions(uuid, text[], text, text),
  campaign_private.suppress(uuid, text[], text, text), campaign_private.suppression_lock(uuid),
  campaign_private.await_suppressions(), campaign_private.await_contacts(),
  campaign_private.suppress_contact(),
  campaign_private.suppress_added_contacts(), campaign_private.lift_contacts(),
  campaign_private.remember_deleted_contacts(),
  campaign_private.remember_former_address(),
  public.suppress_addresses(text[], text, text), public.find_suppression(text),
  public.lift_suppression(text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.hmac_pad(bytea, integer), campaign_private.hmac_sha256(bytea, bytea),
  campaign_private.random_key(),
  campaign_private.hash_address(text, campaign_private.address_keys),
  campaign_private.is_suppressed_since(uuid, text),
  campaign_private.store_suppressions(uuid, text[], text, text),
  campaign_private.suppress(uuid, text[], text, text), campaign_private.suppression_lock(uuid),
  campaign_private.await_suppressions(), campaign_private.await_contacts(),
  campaign_private.suppress_contact(),
  campaign_private.suppress_added_contacts(), campaign_private.lift_contacts(),
  campaign_private.remember_deleted_contacts(),
  campaign_private.remember_former_address()
  to authenticated, service_role;
grant execute on function
  public.suppress_addresses(text[], text, text), public.find_suppression(text),
  public.lift_suppression(text, uuid)
  to authenticated;
