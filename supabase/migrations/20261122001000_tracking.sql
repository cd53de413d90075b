-- Chapter 10. Tracking: links that are signed, and the keys that sign them.
--
-- A link says by itself whom it is for and where it leads, under a signature of its owner's
-- key, so that the function behind it works while the database is down. Whoever asks the
-- database to note a visit shows the link again, and it is verified here once more: the
-- functions hold no key that reads or writes a row.
--
--   click and open: key = HMAC(the functions' link secret, purpose, owner, number of the key)
--   unsubscribe:    the same under a secret that never leaves the database
--
-- So with the functions' whole environment in hand clicks and opens can be made up, and
-- nobody can be unsubscribed.

-- secrets -----------------------------------------------------------------------------

create table campaign_private.function_secrets (
  name text primary key,
  value text not null,
  constraint function_secrets_name_is_a_variable check (name ~ '^[A-Z][A-Z0-9_]{2,60}$'),
  constraint function_secrets_value_length check (length(value) between 16 and 4096)
);
comment on table campaign_private.function_secrets is
  'What the Edge Functions have in their environment, by name. No role of the API reads it; `campaign functions deploy` takes it over.';

create table campaign_private.database_secrets (
  name text primary key,
  value bytea not null default campaign_private.random_key(),
  constraint database_secrets_value_length check (octet_length(value) = 32)
);
comment on table campaign_private.database_secrets is
  'Secrets that never leave the database. No role of the API reads it.';

alter table campaign_private.function_secrets enable row level security;
alter table campaign_private.function_secrets force row level security;
alter table campaign_private.database_secrets enable row level security;
alter table campaign_private.database_secrets force row level security;
revoke all on campaign_private.function_secrets, campaign_private.database_secrets
  from public, anon, authenticated, service_role;

create function campaign_private.to_base64url(bytes bytea)
returns text
language sql
immutable strict
security invoker
set search_path = ''
return translate(encode(bytes, 'base64'), E'+/=\n', '-_');
comment on function campaign_private.to_base64url(bytea) is 'RFC 4648, section 5, without padding.';

create function campaign_private.from_base64url(given text)
returns bytea
language plpgsql
immutable strict
security invoker
set search_path = ''
as $$
declare
  bytes bytea;
begin
  if given !~ '^[A-Za-z0-9_-]+$' or length(given) % 4 = 1 then
    return null;
  end if;
  bytes := decode(
    translate(given, '-_', '+/') || repeat('=', (4 - length(given) % 4) % 4), 'base64'
  );
  -- The last character has bits that no byte uses: only one way to write them is taken.
  return case when campaign_private.to_base64url(bytes) = given then bytes end;
end
$$;
comment on function campaign_private.from_base64url(text) is
  'The bytes of a text that to_base64url() could have written; null for any other.';

insert into campaign_private.function_secrets (name, value)
values ('CAMPAIGN_LINK_KEY', campaign_private.to_base64url(campaign_private.random_key()));
insert into campaign_private.database_secrets (name) values ('unsubscribe');

-- an owner's keys ---------------------------------------------------------------------

create table public.link_keys (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  key_id integer not null default 1,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint link_keys_pkey primary key (user_id, key_id),
  constraint link_keys_key_id_numbered check (key_id between 1 and 65535),
  constraint link_keys_dates_readable check (
    least(created_at, revoked_at) >= '2000-01-01 00:00:00+00'
    and greatest(created_at, revoked_at) <= '9999-12-30 00:00:00+00'
  )
);
comment on table public.link_keys is
  'The numbers of each owner''s keys for links; the keys themselves are derived, and stored nowhere. New links are made under the highest number.';
comment on column public.link_keys.revoked_at is 'Since when links under this key lead nowhere; null for a key in use.';

alter table public.link_keys enable row level security;
alter table public.link_keys force row level security;
revoke all on public.link_keys from public, anon, authenticated, service_role;
grant select, insert, update on public.link_keys to authenticated, service_role;
create policy "Owners read the numbers of their keys" on public.link_keys
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add keys of their own" on public.link_keys
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners revoke their keys" on public.link_keys
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

create function campaign_private.keep_link_keys()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    -- Two rotations at once would take the same number: the second waits for its turn.
    perform pg_advisory_xact_lock(hashtextextended('link_keys ' || new.user_id, 0));
    new.key_id := 1 + coalesce(
      (select max(k.key_id) from public.link_keys as k where k.user_id = new.user_id), 0
    );
    new.created_at := now();
    new.revoked_at := null;
  else
    new.key_id := old.key_id;
    new.created_at := old.created_at;
    -- Who has revoked a key has done so for good.
    new.revoked_at := coalesce(old.revoked_at, new.revoked_at);
  end if;
  return new;
end
$$;
comment on function campaign_private.keep_link_keys() is
  'Keys are numbered one after the other, and revoked once and for good.';
create trigger keep_link_keys before insert or update on public.link_keys
  for each row execute function campaign_private.keep_link_keys();

create function campaign_private.owners_link_key(owner uuid, id integer, purpose text)
returns bytea
language sql
stable strict
-- Reads the secrets, which nobody else can.
security definer
set search_path = ''
return campaign_private.hmac_sha256(
  convert_to(purpose, 'UTF8') || uuid_send(owner) || substr(int4send(id), 3),
  case purpose
    when 'link' then (
      select campaign_private.from_base64url(s.value)
      from campaign_private.function_secrets as s where s.name = 'CAMPAIGN_LINK_KEY'
    )
    when 'unsubscribe' then (
      select s.value from campaign_private.database_secrets as s where s.name = 'unsubscribe'
    )
  end
);
comment on function campaign_private.owners_link_key(uuid, integer, text) is
  'The key of an owner for a purpose (link, unsubscribe), derived. For the functions of this chapter only.';

create function campaign_private.own_link_key(id integer, purpose text)
returns bytea
language sql
stable strict
-- Stands before owners_link_key(), which would tell everybody''s keys: this one tells one's own.
security definer
set search_path = ''
return campaign_private.owners_link_key(auth.uid(), id, purpose);
comment on function campaign_private.own_link_key(integer, text) is 'The caller''s own key for a purpose.';

create type public.link_signer as (owner uuid, key_id integer, link_key text, unsubscribe_key text);
comment on type public.link_signer is
  'What signs links of one owner: the number of the key, and both keys in base64url. Worth as much as a password.';

create function public.link_signer(campaign_id uuid)
returns public.link_signer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  signer public.link_signer;
begin
  perform campaign_private.require_campaign(link_signer.campaign_id);
  signer.owner := auth.uid();
  signer.key_id := (
    select k.key_id from public.link_keys as k
    where k.user_id = auth.uid() order by k.key_id desc limit 1
  );
  if signer.key_id is null or exists (
    select from public.link_keys as k
    where k.user_id = auth.uid() and k.key_id = signer.key_id and k.revoked_at is not null
  ) then
    signer.key_id := (public.rotate_link_key()).key_id;
  end if;
  signer.link_key := campaign_private.to_base64url(
    campaign_private.own_link_key(signer.key_id, 'link')
  );
  signer.unsubscribe_key := campaign_private.to_base64url(
    campaign_private.own_link_key(signer.key_id, 'unsubscribe')
  );
  return signer;
end
$$;
comment on function public.link_signer(uuid) is
  'What signs links of the caller''s campaign, under the newest key; made if there is none. PT404: not the caller''s.';

create function public.rotate_link_key(request_id uuid default null)
returns public.link_keys
language plpgsql
security invoker
set search_path = ''
as $$
declare
  earlier constant campaign_private.requests
    := campaign_private.note_request(rotate_link_key.request_id, 'rotate');
  made public.link_keys;
begin
  if earlier.request_id is not null then
    select k.* into made from public.link_keys as k
    where k.user_id = auth.uid() and k.key_id = (earlier.answer #>> '{}')::integer;
    return made;
  end if;
  insert into public.link_keys (user_id) values (auth.uid()) returning * into made;
  perform campaign_private.keep_answer(rotate_link_key.request_id, to_jsonb(made.key_id));
  return made;
end
$$;
comment on function public.rotate_link_key(uuid) is
  'Gives the caller a new key. Links under older ones go on working until those are revoked. The same request again makes no other.';

create function public.revoke_link_key(key_id integer)
returns public.link_keys
language plpgsql
security invoker
set search_path = ''
as $$
declare
  revoked public.link_keys;
begin
  update public.link_keys as k set revoked_at = now()
  where k.user_id = auth.uid() and k.key_id = revoke_link_key.key_id
  returning * into revoked;
  if revoked.key_id is null then
    raise exception using errcode = 'PT404', message = 'there is no such key';
  end if;
  return revoked;
end
$$;
comment on function public.revoke_link_key(integer) is
  'Revokes a key of the caller for good: no link under it works any more. PT404: there is none.';

-- reading a link ----------------------------------------------------------------------

create type campaign_private.link as (
  kind text, owner uuid, campaign_id uuid, contact_id uuid, links integer, url text
);
comment on type campaign_private.link is
  'What a signed link says; links: how many different ones stand beside it in the message.';

create function campaign_private.read_link(token text)
returns campaign_private.link
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  bytes constant bytea := campaign_private.from_base64url(left(token, 8192));
  size constant integer := octet_length(bytes);
  read campaign_private.link;
  number integer;
  meant bytea;
begin
  if size is null or size < 69 or length(token) > 8192 or get_byte(bytes, 0) <> 1 then
    return null;
  end if;
  read.kind := case get_byte(bytes, 1) when 1 then 'click' when 2 then 'open' when 3 then 'unsubscribe' end;
  number := 256 * get_byte(bytes, 2) + get_byte(bytes, 3);
  read.owner := encode(substr(bytes, 5, 16), 'hex')::uuid;
  if read.kind is null or not exists (
    select from public.link_keys as k
    where k.user_id = read.owner and k.key_id = number and k.revoked_at is null
  ) then
    return null;
  end if;
  meant := substr(
    campaign_private.hmac_sha256(
      substr(bytes, 1, size - 16),
      campaign_private.owners_link_key(
        read.owner, number, case read.kind when 'unsubscribe' then 'unsubscribe' else 'link' end
      )
    ), 1, 16
  );
  -- Hashed, so that how long it takes says nothing of how much is right.
  if sha256(meant) <> sha256(substr(bytes, size - 15)) then
    return null;
  end if;
  read.campaign_id := encode(substr(bytes, 21, 16), 'hex')::uuid;
  read.contact_id := encode(substr(bytes, 37, 16), 'hex')::uuid;
  read.links := get_byte(bytes, 52);
  read.url := nullif(convert_from(substr(bytes, 54, size - 69), 'UTF8'), '');
  return read;
exception
  when character_not_in_repertoire or untranslatable_character then
    return null;
end
$$;
comment on function campaign_private.read_link(text) is
  'What a token says, if its owner''s key has signed it and isn''t revoked; null for any other. For the functions of this chapter only.';

-- Functions are open to all roles by default.
revoke execute on function
  campaign_private.to_base64url(bytea), campaign_private.from_base64url(text),
  campaign_private.keep_link_keys(),
  campaign_private.owners_link_key(uuid, integer, text),
  campaign_private.own_link_key(integer, text), campaign_private.read_link(text),
  public.link_signer(uuid), public.rotate_link_key(uuid), public.revoke_link_key(integer)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.to_base64url(bytea), campaign_private.from_base64url(text),
  campaign_private.keep_link_keys(), campaign_private.own_link_key(integer, text)
  to authenticated, service_role;
grant execute on function
  public.link_signer(uuid), public.rotate_link_key(uuid), public.revoke_link_key(integer)
  to authenticated;
