-- Chapter 6½. Assets: the images of a campaign, in a public bucket of Supabase Storage.
--
-- Objects are named by their content, so none is ever overwritten: <user>/<campaign>/<16 hex
-- of sha256>-<name>. The table says what a campaign calls them, and keeps those of a launch.

create table public.campaign_assets (
  campaign_id uuid not null,
  name text not null,
  user_id uuid not null default auth.uid(),
  path text not null,
  alt text,
  content_type text not null,
  bytes integer not null,
  created_at timestamptz not null default now(),
  constraint campaign_assets_pkey primary key (campaign_id, name),
  constraint campaign_assets_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  constraint campaign_assets_name_shape check (
    length(name) between 1 and 100 and name !~ '[[:cntrl:]"''/\\{}<>]'
  ),
  constraint campaign_assets_path_shape check (
    path ~ '^[0-9a-f-]{36}/[0-9a-f-]{36}/[0-9a-f]{16}-[a-z0-9][a-z0-9._-]{0,99}$'
    and starts_with(path, user_id::text || '/')
  ),
  constraint campaign_assets_alt_length check (length(alt) <= 1000),
  constraint campaign_assets_content_type_known check (
    content_type in ('image/png', 'image/jpeg', 'image/gif', 'image/webp')
  ),
  constraint campaign_assets_bytes_bounded check (bytes between 1 and 2097152)
);
create index campaign_assets_owner_index on public.campaign_assets (user_id, campaign_id);
create index campaign_assets_path_index on public.campaign_assets (user_id, path);
comment on table public.campaign_assets is
  'The images of a campaign: what its HTML calls each, and which object of the bucket campaign-assets that is.';
comment on column public.campaign_assets.path is
  'The object''s name in the bucket. Several names, and the copies of a campaign, may share one.';
comment on column public.campaign_assets.alt is
  'What is read out, or shown where images are off; empty for an image that says nothing, null if nobody said.';

alter table public.campaign_assets enable row level security;
alter table public.campaign_assets force row level security;
revoke all on public.campaign_assets from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.campaign_assets to service_role;
grant select, delete on public.campaign_assets to authenticated;
-- An upsert changes all that it is given, its key included.
grant insert (user_id, campaign_id, name, path, alt, content_type, bytes),
  update (campaign_id, name, path, alt, content_type, bytes)
  on public.campaign_assets to authenticated;
alter table public.campaign_assets
  alter column name set statistics 0, alter column alt set statistics 0,
  alter column path set statistics 0;
create policy "Owners read the assets of their campaigns" on public.campaign_assets
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add assets to their campaigns" on public.campaign_assets
  for insert to authenticated with check (
    user_id = (select auth.uid())
    -- The foreign key says so too, but later than the primary key, which would tell whether
    -- another owner's campaign has an asset of that name.
    and exists (
      select from public.campaigns as c
      where c.id = campaign_assets.campaign_id and c.user_id = (select auth.uid())
    )
  );
create policy "Owners change the assets of their campaigns" on public.campaign_assets
  for update to authenticated
  using (user_id = (select auth.uid()))
  with check (
    user_id = (select auth.uid())
    and exists (
      select from public.campaigns as c
      where c.id = campaign_assets.campaign_id and c.user_id = (select auth.uid())
    )
  );
create policy "Owners delete the assets of their campaigns" on public.campaign_assets
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.keep_assets()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- With its campaign it can go: the cascade comes when the campaign isn't there any more.
  if exists (
    select from public.campaigns as c
    where c.id = old.campaign_id and c.launched_at is not null
  ) then
    raise exception using errcode = 'CMP04',
      message = 'the assets of a campaign that was launched stay: its messages show them',
      detail = 'name',
      hint = 'duplicate the campaign, or add an asset of another name';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$$;
comment on function campaign_private.keep_assets() is
  'What messages show that are out there can''t be taken away or exchanged.';
create trigger keep_assets before delete on public.campaign_assets
  for each row execute function campaign_private.keep_assets();
create trigger keep_assets_as_they_are before update on public.campaign_assets
  for each row when (
    (old.campaign_id, old.name, old.path) is distinct from (new.campaign_id, new.name, new.path)
  )
  execute function campaign_private.keep_assets();

create function public.copy_assets(source uuid, target uuid)
returns setof public.campaign_assets
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return query
  insert into public.campaign_assets as copied (
    campaign_id, name, path, alt, content_type, bytes
  )
  select target, a.name, a.path, a.alt, a.content_type, a.bytes
  from public.campaign_assets as a
  where a.user_id = (select auth.uid()) and a.campaign_id = source
  order by a.name
  on conflict (campaign_id, name) do nothing
  returning copied.*;
end
$$;
comment on function public.copy_assets(uuid, uuid) is
  'Gives a copy of a campaign the same assets; they share the objects. Returns those that it lacked.';

create function campaign_private.is_asset_in_use(path text)
returns boolean
language sql
stable
security invoker
set search_path = ''
return exists (
  select from public.campaign_assets as a
  where a.user_id = auth.uid() and a.path = is_asset_in_use.path
);
comment on function campaign_private.is_asset_in_use(text) is
  'Whether one of the caller''s campaigns still shows an object.';

create function campaign_private.may_add_asset(path text)
returns boolean
language sql
stable
security invoker
set search_path = ''
return path ~ '^[0-9a-f-]{36}/[0-9a-f-]{36}/[0-9a-f]{16}-[a-z0-9][a-z0-9._-]{0,99}$'
  and split_part(path, '/', 1) = auth.uid()::text
  and exists (
    select from public.campaigns as c
    where c.user_id = auth.uid() and c.id::text = split_part(path, '/', 2)
  );
comment on function campaign_private.may_add_asset(text) is
  'Whether an object''s name is that of an asset of one of the caller''s campaigns.';

revoke execute on function
  campaign_private.keep_assets(), campaign_private.is_asset_in_use(text),
  campaign_private.may_add_asset(text), public.copy_assets(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.keep_assets(), campaign_private.is_asset_in_use(text),
  campaign_private.may_add_asset(text)
  to authenticated, service_role;
grant execute on function public.copy_assets(uuid, uuid) to authenticated;

-- A database without Supabase Storage can do without images.
do $$
begin
  if to_regclass('storage.objects') is null then
    raise notice 'there is no Supabase Storage here: campaigns can''t have assets';
    return;
  end if;
  insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
  values (
    'campaign-assets', 'campaign-assets', true, 2097152,
    array['image/png', 'image/jpeg', 'image/gif', 'image/webp']
  )
  on conflict (id) do update set
    public = excluded.public,
    file_size_limit = excluded.file_size_limit,
    allowed_mime_types = excluded.allowed_mime_types;
  -- Whoever has an image's address sees it, as the reader of a mail does; a list of the
  -- addresses is its owner's. There is no policy for updates: nothing is overwritten.
  create policy "Owners list the assets of their campaigns" on storage.objects
    for select to authenticated using (
      bucket_id = 'campaign-assets' and (storage.foldername(name))[1] = (select auth.uid())::text
    );
  create policy "Owners upload assets for their campaigns" on storage.objects
    for insert to authenticated with check (
      bucket_id = 'campaign-assets' and campaign_private.may_add_asset(name)
    );
  create policy "Owners delete assets that no campaign shows" on storage.objects
    for delete to authenticated using (
      bucket_id = 'campaign-assets' and (storage.foldername(name))[1] = (select auth.uid())::text
      and not campaign_private.is_asset_in_use(name)
    );
end
$$;
