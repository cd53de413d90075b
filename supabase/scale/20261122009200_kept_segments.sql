-- Optional: who belongs to a segment, kept, for segments that are asked far more often than
-- they change, or that take too long to be asked at all.
--
-- For an empty database or a filled one. Nothing is kept by itself: keep_segment() does it, in
-- one statement, and again when it is called again; campaign_private.refresh_segments() for a
-- cron. What is kept says when it was taken (as_of), how often (version), and whether the
-- segment's rules are still those (is_current). A launch never reads it: it asks the rules.

do $$
begin
  if to_regclass('public.audience_segments') is null then
    raise exception using errcode = '42P01',
      message = 'the migrations of campaign_sdk come first: this is an addition to them';
  elsif to_regclass('public.segment_memberships') is not null then
    raise exception using errcode = '42710',
      message = 'segments can be kept already: nothing has been changed';
  end if;
end
$$;

create table public.segment_memberships (
  segment_id uuid not null,
  user_id uuid not null default auth.uid(),
  version integer not null default 1,
  as_of timestamptz not null default now(),
  rules jsonb,
  timezone text not null,
  total bigint not null,
  reachable bigint not null,
  -- The owner first: nobody learns of another's by trying their ids.
  constraint segment_memberships_pkey primary key (user_id, segment_id),
  constraint segment_memberships_segment_id_fkey foreign key (user_id, segment_id)
    references public.audience_segments (user_id, id) on delete cascade,
  constraint segment_memberships_counts check (
    version > 0 and total >= reachable and reachable >= 0
  )
);
comment on table public.segment_memberships is
  'Segments whose members are kept: as of when, and by which rules.';
comment on column public.segment_memberships.version is 'How often they were taken.';
comment on column public.segment_memberships.as_of is 'When they were taken, which relative dates begin from.';
comment on column public.segment_memberships.rules is 'The segment''s rules as they were then.';
comment on column public.segment_memberships.total is 'How many members there were.';
comment on column public.segment_memberships.reachable is 'How many of them could be written to.';

create table public.segment_members (
  segment_id uuid not null,
  part integer not null,
  user_id uuid not null default auth.uid(),
  contact_ids uuid[] not null,
  constraint segment_members_pkey primary key (user_id, segment_id, part),
  constraint segment_members_segment_id_fkey foreign key (user_id, segment_id)
    references public.segment_memberships (user_id, segment_id) on delete cascade,
  constraint segment_members_contact_ids check (
    part >= 0 and cardinality(contact_ids) between 1 and 1000 and array_ndims(contact_ids) = 1
    and array_position(contact_ids, null) is null
  )
);
comment on table public.segment_members is
  'The members that are kept: up to 1,000 ids in a row, in their order. A row each takes twelve times the room.';

alter table public.segment_memberships enable row level security;
alter table public.segment_memberships force row level security;
alter table public.segment_members enable row level security;
alter table public.segment_members force row level security;
revoke all on public.segment_memberships, public.segment_members
  from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.segment_memberships, public.segment_members
  to authenticated, service_role;
create policy "Owners read what is kept of their segments" on public.segment_memberships
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners keep segments of their own" on public.segment_memberships
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners keep their segments anew" on public.segment_memberships
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners keep their segments no longer" on public.segment_memberships
  for delete to authenticated using (user_id = (select auth.uid()));
create policy "Owners read the kept members of their segments" on public.segment_members
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners keep members of segments of their own" on public.segment_members
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners keep other members of their segments" on public.segment_members
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners keep members of their segments no longer" on public.segment_members
  for delete to authenticated using (user_id = (select auth.uid()));

create type public.kept_segment as (
  segment_id uuid, version integer, as_of timestamptz, total bigint, reachable bigint, is_current boolean
);
comment on type public.kept_segment is
  'What is kept of a segment: its size as of a moment; is_current unless the segment has other rules by now.';

create function public.kept_segment(segment_id uuid)
returns setof public.kept_segment
language plpgsql
stable
rows 1
security invoker
set search_path = ''
as $$
begin
  return query
  select m.segment_id, m.version, m.as_of, m.total, m.reachable,
    (m.rules, m.timezone) is not distinct from (s.rules, s.timezone)
  from public.audience_segments as s
  join public.segment_memberships as m on m.user_id = s.user_id and m.segment_id = s.id
  where s.id = kept_segment.segment_id;
end
$$;
comment on function public.kept_segment(uuid) is
  'What is kept of a segment of the caller''s, and how old it is; no row if nothing is.';

create function public.keep_segment(segment_id uuid)
returns setof public.kept_segment
language plpgsql
rows 1
security invoker
set search_path = ''
set work_mem = '64MB'
as $$
declare
  segment public.audience_segments;
begin
  -- Two at once would leave parts of both.
  perform pg_advisory_xact_lock(hashtextextended('campaign_sdk kept segment ' || keep_segment.segment_id, 0));
  select s.* into segment from public.audience_segments as s
  where s.id = keep_segment.segment_id and s.user_id = auth.uid();
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such segment';
  end if;
  execute format(
    $query$
    with member as (
      select c.id, c.unsubscribed_at is null and c.suppressed_at is null as is_reachable,
        row_number() over (order by c.id) - 1 as place
      from public.contacts as c %s where c.user_id = %L and %s
    ),
    part as materialized (
      select m.place / 1000 as part, array_agg(m.id order by m.id) as ids,
        count(*) filter (where m.is_reachable) as reachable
      from member as m group by 1
    ),
    kept as (
      insert into public.segment_memberships as k
        (segment_id, user_id, as_of, rules, timezone, total, reachable)
      select $1.id, $1.user_id, now(), $1.rules, $1.timezone,
        coalesce(sum(cardinality(p.ids)), 0), coalesce(sum(p.reachable), 0)
      from part as p
      on conflict on constraint segment_memberships_pkey do update set
        version = k.version + 1, as_of = excluded.as_of, rules = excluded.rules,
        timezone = excluded.timezone, total = excluded.total, reachable = excluded.reachable
    ),
    gone as (
      delete from public.segment_members as m
      where m.user_id = $1.user_id and m.segment_id = $1.id
        and m.part >= (select count(*) from part)
    )
    insert into public.segment_members as m (segment_id, part, user_id, contact_ids)
    select $1.id, p.part, $1.user_id, p.ids from part as p
    on conflict on constraint segment_members_pkey do update set contact_ids = excluded.contact_ids
    where m.contact_ids <> excluded.contact_ids
    $query$,
    campaign_private.behaviour_joins(segment.rules, now(), segment.timezone), segment.user_id,
    case when segment.rules is null then 'false'
      else campaign_private.compile_rules(segment.rules, now(), segment.timezone, true) end
  ) using segment;
  return query select k.* from public.kept_segment(segment.id) as k;
end
$$;
comment on function public.keep_segment(uuid) is
  'Keeps who belongs to a segment of the caller''s now, in one statement, and returns what is kept. PT404: there is no such segment.';

create function public.kept_contacts(
  segment_id uuid, after uuid default null, page integer default 1000, reachable boolean default false
)
returns setof public.contacts
language plpgsql
stable
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
as $$
declare
  held public.segment_members;
  left_over integer := page;
  given integer;
begin
  for held in
    select m.* from public.segment_members as m
    where m.segment_id = kept_contacts.segment_id and m.user_id = auth.uid()
      and (after is null or m.contact_ids[cardinality(m.contact_ids)] > after)
    order by m.part
  loop
    -- Not written out: a connection that knows the call takes its rows for as wide as they were
    -- before a hot field was added.
    return query execute
      'select c.* from public.contacts as c
       where c.user_id = $1 and c.id = any ($2) and ($3 is null or c.id > $3)
         and (not $4 or c.unsubscribed_at is null and c.suppressed_at is null)
       order by c.id limit $5'
      using held.user_id, held.contact_ids, after, reachable, left_over;
    get diagnostics given = row_count;
    left_over := left_over - given;
    exit when left_over <= 0;
  end loop;
end
$$;
comment on function public.kept_contacts(uuid, uuid, integer, boolean) is
  'The kept members of a segment of the caller''s, as they are now and as far as they are there: one page after an id.';

create function campaign_private.keep_segment(segment_id uuid)
returns setof public.kept_segment
language plpgsql
rows 1
security invoker
set search_path = ''
as $$
declare
  caller constant text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  perform set_config('request.jwt.claims', json_build_object('sub', s.user_id, 'role', 'authenticated')::text, true)
  from public.audience_segments as s where s.id = keep_segment.segment_id;
  return query select k.* from public.keep_segment(keep_segment.segment_id) as k;
  perform set_config('request.jwt.claims', caller, true);
end
$$;
comment on function campaign_private.keep_segment(uuid) is
  'Keeps who belongs to a segment, for its owner: for administrators and crons, whose statements may take longer.';

create function campaign_private.refresh_segments(older_than interval default '1 hour')
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  kept uuid;
  refreshed integer := 0;
begin
  for kept in
    select m.segment_id from public.segment_memberships as m
    where m.as_of < now() - older_than order by m.as_of
  loop
    begin
      perform campaign_private.keep_segment(kept);
      refreshed := refreshed + 1;
    exception
      -- One that can't be asked blocks no other; what is kept says that it is old.
      when others then
        raise warning 'segment % was not refreshed (%)', kept, sqlstate;
    end;
  end loop;
  return refreshed;
end
$$;
comment on function campaign_private.refresh_segments(interval) is
  'Takes what is kept anew where it is older than so much, for each owner in turn; for a cron of the database. Returns how many.';

revoke execute on function
  public.kept_segment(uuid), public.keep_segment(uuid),
  public.kept_contacts(uuid, uuid, integer, boolean), campaign_private.keep_segment(uuid),
  campaign_private.refresh_segments(interval)
  from public, anon, authenticated, service_role;
grant execute on function
  public.kept_segment(uuid), public.keep_segment(uuid),
  public.kept_contacts(uuid, uuid, integer, boolean)
  to authenticated;
