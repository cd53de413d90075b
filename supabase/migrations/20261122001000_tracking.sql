-- Chapter 10. Tracking: links that are signed, and what the secrets behind them are.
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

revoke execute on function
  campaign_private.to_base64url(bytea), campaign_private.from_base64url(text),
  campaign_private.read_link(text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.to_base64url(bytea), campaign_private.from_base64url(text)
  to authenticated, service_role;
