-- Chapter 2e. Address keys: what is kept of an address that is never written to again.
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

create function campaign_private.hash_address(email text, key campaign_private.address_keys)
returns bytea
language sql
immutable
security invoker
set search_path = ''
return sha256(key.outer_pad || sha256(key.inner_pad || convert_to(email, 'UTF8')));
comment on function campaign_private.hash_address(text, campaign_private.address_keys) is
  'HMAC-SHA256 of a normalised address under an owner''s key.';

revoke execute on function
  campaign_private.hmac_pad(bytea, integer), campaign_private.hmac_sha256(bytea, bytea),
  campaign_private.random_key(),
  campaign_private.hash_address(text, campaign_private.address_keys)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.hmac_pad(bytea, integer), campaign_private.hmac_sha256(bytea, bytea),
  campaign_private.random_key(),
  campaign_private.hash_address(text, campaign_private.address_keys)
  to authenticated, service_role;
