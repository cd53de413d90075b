-- Chapter 10a. Link keys: what an owner's links are signed with, and how a key is revoked.

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

revoke execute on function
  campaign_private.keep_link_keys(), campaign_private.owners_link_key(uuid, integer, text),
  campaign_private.own_link_key(integer, text), public.link_signer(uuid),
  public.rotate_link_key(uuid), public.revoke_link_key(integer)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.keep_link_keys(), campaign_private.own_link_key(integer, text)
  to authenticated, service_role;
grant execute on function
  public.link_signer(uuid), public.rotate_link_key(uuid), public.revoke_link_key(integer)
  to authenticated;
