-- Chapter 5. Segments: audiences described once and used by many campaigns.

create table public.audience_segments (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  description text,
  rules jsonb,
  timezone text not null default 'UTC',
  request_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- What campaigns points at: a campaign can't use another owner's segment.
  constraint audience_segments_owner_unique unique (user_id, id),
  constraint audience_segments_request_unique unique (user_id, request_id),
  constraint audience_segments_name_length check (
    length(btrim(name)) >= 1 and length(name) <= 200
  ),
  constraint audience_segments_description_size check (octet_length(description) <= 102400),
  constraint audience_segments_timezone_known check (campaign_private.is_timezone(timezone)),
  constraint audience_segments_dates_readable check (
    least(created_at, updated_at) >= '0001-01-02 00:00:00+00'
    and greatest(created_at, updated_at) <= '9999-12-30 00:00:00+00'
  )
);
comment on table public.audience_segments is
  'Audiences described by rules; who belongs to one is decided when it is asked.';
comment on column public.audience_segments.rules is
  'A react-querybuilder rule group; null while the segment is still being written, and then it has no members.';
comment on column public.audience_segments.timezone is
  'The IANA time zone in which relative dates such as "start of day" are taken.';
comment on column public.audience_segments.request_id is
  'Made by the client: a creation that is repeated, because its answer was lost, finds it taken.';

alter table public.audience_segments enable row level security;
alter table public.audience_segments force row level security;
revoke all on public.audience_segments from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.audience_segments to service_role;
grant select, delete on public.audience_segments to authenticated;
grant insert (user_id, name, description, rules, timezone, request_id),
  update (name, description, rules, timezone)
  on public.audience_segments to authenticated;
alter table public.audience_segments
  alter column name set statistics 0, alter column description set statistics 0,
  -- To the planner the owner of a policy is anybody: beside one with a million rows it would
  -- rather read everything. So it is told that an owner has few, and follows the index. (Not
  -- of contacts: whoever has a million of those is better served by a scan.)
  alter column user_id set (n_distinct = -0.001);
create policy "Owners read their segments" on public.audience_segments
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add segments of their own" on public.audience_segments
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their segments and keep them" on public.audience_segments
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their segments" on public.audience_segments
  for delete to authenticated using (user_id = (select auth.uid()));

create trigger check_rules before insert or update of rules on public.audience_segments
  for each row execute function campaign_private.check_rules();
create trigger touch_updated_at before update on public.audience_segments
  for each row execute function campaign_private.touch_updated_at();
