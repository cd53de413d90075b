-- Deliveries: who is written to is frozen by the launch, and what became of it is appended.
--
-- A row for each member, taken through its states by updates, is the obvious design and
-- takes five times as long. So members stand in arrays of up to 1,000, in order; `begun`
-- says how far a sender has begun with one; and only an outcome is a row. Whoever is
-- within `begun` and has no outcome is in flight; whoever is beyond it and has none waits.
-- The counts in campaign_batches are kept by triggers in the transaction of each outcome,
-- so that all states add up to the audience at every instant.
--
-- Both tables refer to the campaign alone, and triggers see to it that the owner is the
-- campaign's: an index on (user_id, campaign_id) beside the keys would be the one that the
-- planner takes, as long as it has no statistics, and each look at a member would read all.

create table public.campaign_batches (
  campaign_id uuid not null,
  batch integer not null,
  user_id uuid not null default auth.uid(),
  variant text,
  held_out boolean not null default false,
  timezone text,
  not_before timestamptz,
  contact_ids uuid[] not null,
  size integer not null generated always as (cardinality(contact_ids)) stored,
  begun integer not null default 0,
  ahead integer not null default 0,
  sent integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  unknown integer not null default 0,
  in_flight integer not null
    generated always as (begun - (sent + failed + skipped + unknown - ahead)) stored,
  pending integer not null generated always as (cardinality(contact_ids) - begun - ahead) stored,
  lease uuid,
  leased_until timestamptz,
  claims integer not null default 0,
  constraint campaign_batches_pkey primary key (campaign_id, batch),
  constraint campaign_batches_campaign_id_fkey foreign key (campaign_id)
    references public.campaigns (id) on delete cascade,
  constraint campaign_batches_members check (
    size between 1 and 1000 and array_ndims(contact_ids) = 1 and array_lower(contact_ids, 1) = 1
    and array_position(contact_ids, null) is null
  ),
  constraint campaign_batches_counts check (
    least(begun, ahead, sent, failed, skipped, unknown, claims) >= 0
    and ahead <= sent + failed + skipped + unknown
    -- in_flight and pending
    and sent + failed + skipped + unknown - ahead <= begun
    and begun + ahead <= cardinality(contact_ids)
  ),
  constraint campaign_batches_lease_whole check ((lease is null) = (leased_until is null)),
  constraint campaign_batches_held_out check (not held_out or begun = 0)
)
-- Counts and leases change all the time, and aren't in an index: let them stay on their page.
with (fillfactor = 60);
comment on table public.campaign_batches is
  'The members of launched campaigns, frozen: up to 1,000 in a row, in the order of their ids.';
comment on column public.campaign_batches.variant is 'Which variant of the campaign they get; null if it has none.';
comment on column public.campaign_batches.held_out is 'Members for comparison only: never handed over.';
comment on column public.campaign_batches.timezone is
  'The time zone of their quiet hours; null for the campaign''s.';
comment on column public.campaign_batches.not_before is 'Not to be handed over before; null for at once.';
comment on column public.campaign_batches.size is 'How many members there are.';
comment on column public.campaign_batches.begun is
  'With how many of them a sender has begun, from the first on: noted before each request to a vendor. It goes back only with doubts that are to be tried again.';
comment on column public.campaign_batches.ahead is 'How many beyond begun have an outcome already.';
comment on column public.campaign_batches.in_flight is 'How many were begun with and have no outcome yet.';
comment on column public.campaign_batches.pending is 'How many still wait.';
comment on column public.campaign_batches.lease is 'Who works on it: a name that each claim makes anew; null for nobody.';
comment on column public.campaign_batches.leased_until is 'When the lease is over unless another part is begun before.';
comment on column public.campaign_batches.claims is 'How often it was claimed.';

create table public.campaign_deliveries (
  campaign_id uuid not null,
  contact_id uuid not null,
  user_id uuid not null default auth.uid(),
  batch integer not null,
  variant text,
  outcome text not null,
  reason text,
  provider_id text,
  at timestamptz not null default now(),
  constraint campaign_deliveries_pkey primary key (campaign_id, contact_id),
  constraint campaign_deliveries_campaign_id_fkey foreign key (campaign_id)
    references public.campaigns (id) on delete cascade,
  constraint campaign_deliveries_outcome_known check (
    outcome in ('sent', 'failed', 'skipped', 'unknown')
  ),
  constraint campaign_deliveries_reason_length check (length(reason) between 1 and 500),
  constraint campaign_deliveries_reason_given check (outcome = 'sent' or reason is not null),
  constraint campaign_deliveries_provider_id_length check (length(provider_id) between 1 and 500),
  constraint campaign_deliveries_at_plausible check (
    at between '2000-01-01 00:00:00+00' and '9999-12-30 00:00:00+00'
  )
);
create index campaign_deliveries_contact_id_index
  on public.campaign_deliveries (user_id, contact_id, at);
create index campaign_deliveries_provider_id_index
  on public.campaign_deliveries (user_id, provider_id) where provider_id is not null;
comment on table public.campaign_deliveries is
  'What became of each member of a campaign: at most one row each, so that nobody gets two.';
comment on column public.campaign_deliveries.contact_id is
  'The member. No foreign key: what was sent stays known when a contact is deleted.';
comment on column public.campaign_deliveries.outcome is
  'sent: a vendor took it; failed: a vendor refused it, or there was no message; skipped: it was never handed over; unknown: it may have been.';
comment on column public.campaign_deliveries.reason is 'Why, unless it was sent; of what was sent, that it bounced.';
comment on column public.campaign_deliveries.provider_id is 'The vendor''s own name for the message.';
comment on column public.campaign_deliveries.at is 'When the outcome was noted.';

alter table public.campaign_batches enable row level security;
alter table public.campaign_batches force row level security;
revoke all on public.campaign_batches from public, anon, authenticated, service_role;
-- Nobody deletes a batch, and there is nothing to change but how far it is and whose.
grant select, insert on public.campaign_batches to authenticated, service_role;
grant update (begun, ahead, sent, failed, skipped, unknown, lease, leased_until, claims)
  on public.campaign_batches to authenticated, service_role;
create policy "Owners read the batches of their campaigns" on public.campaign_batches
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Only a freeze adds batches" on public.campaign_batches
  for insert to authenticated
  with check (pg_trigger_depth() > 0 and user_id = (select auth.uid()));
create policy "Owners work on the batches of their campaigns" on public.campaign_batches
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

alter table public.campaign_deliveries enable row level security;
alter table public.campaign_deliveries force row level security;
revoke all on public.campaign_deliveries from public, anon, authenticated, service_role;
grant select, insert, delete on public.campaign_deliveries to authenticated, service_role;
grant update (outcome, reason, provider_id, at)
  on public.campaign_deliveries to authenticated, service_role;
create policy "Owners read the deliveries of their campaigns" on public.campaign_deliveries
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add deliveries to their campaigns" on public.campaign_deliveries
  for insert to authenticated with check (
    user_id = (select auth.uid())
    -- The foreign key says so too, but later than the primary key, which would tell whether
    -- another owner's campaign has a delivery to that contact.
    and campaign_id in (select c.id from public.campaigns as c where c.user_id = (select auth.uid()))
  );
create policy "Owners change the outcomes of their campaigns" on public.campaign_deliveries
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners take back the doubts of their campaigns" on public.campaign_deliveries
  for delete to authenticated using (user_id = (select auth.uid()));


-- what no writer can break --------------------------------------------------------------

create function campaign_private.guard_batch()
returns trigger
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off
as $$
begin
  if tg_op = 'INSERT' then
    if pg_trigger_depth() < 2 or new.user_id is distinct from (
      select c.user_id from public.campaigns as c where c.id = new.campaign_id
    ) then
      raise exception using errcode = '42501', message = 'only a freeze adds batches';
    end if;
    return new;
  end if;
  -- Counts follow the outcomes, whose trigger stands one floor further down.
  if pg_trigger_depth() < 2 and (
    new.begun < old.begun
    or (new.ahead, new.sent, new.failed, new.skipped, new.unknown)
      is distinct from (old.ahead, old.sent, old.failed, old.skipped, old.unknown)
  ) then
    raise exception using errcode = 'CMP07',
      message = 'the counts of a batch follow its deliveries, and what was begun stays so';
  end if;
  if new.begun > old.begun and old.ahead > 0 then
    new.ahead := new.ahead - (
      select count(*) from public.campaign_deliveries as d
      where d.campaign_id = old.campaign_id
        and d.contact_id = any (old.contact_ids[old.begun + 1 : new.begun])
    );
  end if;
  return new;
end
$$;
comment on function campaign_private.guard_batch() is
  'Members come from a freeze, counts from deliveries, and what was begun isn''t begun anew.';
create trigger guard_batch before insert or update on public.campaign_batches
  for each row execute function campaign_private.guard_batch();

create function campaign_private.guard_delivery()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    if old.outcome = new.outcome or old.outcome = 'unknown' or new.outcome = 'sent' then
      return new;
    end if;
  elsif old.outcome = 'unknown' or not exists (
    -- With its campaign, everything goes.
    select from public.campaigns as c where c.id = old.campaign_id
  ) then
    return old;
  end if;
  raise exception using errcode = 'CMP07',
    message = format('what is %s stays so: only a doubt can be resolved', old.outcome);
end
$$;
comment on function campaign_private.guard_delivery() is
  'Nothing turns sent back; a doubt may become anything, and anything may turn out as sent.';
create trigger guard_delivery before update or delete on public.campaign_deliveries
  for each row execute function campaign_private.guard_delivery();

create function campaign_private.count_deliveries()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  part record;
  held public.campaign_batches;
begin
  for part in
    select a.campaign_id, a.batch, array_agg(a.contact_id) as ids,
      count(*) filter (where a.outcome = 'sent') as sent,
      count(*) filter (where a.outcome = 'failed') as failed,
      count(*) filter (where a.outcome = 'skipped') as skipped,
      count(*) filter (where a.outcome = 'unknown') as unknown,
      min(a.user_id::text) as lowest_owner, max(a.user_id::text) as highest_owner
    from added as a group by a.campaign_id, a.batch order by a.campaign_id, a.batch
  loop
    held := campaign_private.lock_batch(part.campaign_id, part.batch);
    if held.user_id::text <> part.lowest_owner or held.user_id::text <> part.highest_owner then
      raise exception using errcode = '42501', message = 'a delivery is its campaign''s owner''s';
    end if;
    update public.campaign_batches as b set
      sent = b.sent + part.sent, failed = b.failed + part.failed,
      skipped = b.skipped + part.skipped, unknown = b.unknown + part.unknown,
      ahead = b.ahead + campaign_private.count_ahead(held, part.ids)
    where b.campaign_id = part.campaign_id and b.batch = part.batch;
  end loop;
  return null;
end
$$;
comment on function campaign_private.count_deliveries() is
  'Adds new outcomes to the counts of their batches, so that the log and the counts can''t part.';
create trigger count_deliveries after insert on public.campaign_deliveries
  referencing new table as added
  for each statement execute function campaign_private.count_deliveries();

create function campaign_private.recount_deliveries()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  update public.campaign_batches as b set
    sent = b.sent + change.sent, failed = b.failed + change.failed,
    skipped = b.skipped + change.skipped, unknown = b.unknown + change.unknown
  from (
    select e.campaign_id, e.batch,
      sum(e.weight) filter (where e.outcome = 'sent') as sent,
      sum(e.weight) filter (where e.outcome = 'failed') as failed,
      sum(e.weight) filter (where e.outcome = 'skipped') as skipped,
      sum(e.weight) filter (where e.outcome = 'unknown') as unknown
    from (
      select a.campaign_id, a.batch, a.outcome, 1 as weight from added as a
      union all
      select r.campaign_id, r.batch, r.outcome, -1 from removed as r
      union all
      select r.campaign_id, r.batch, o.outcome, 0
      from removed as r, unnest(array['sent', 'failed', 'skipped', 'unknown']) as o (outcome)
    ) as e
    group by e.campaign_id, e.batch
  ) as change
  where b.campaign_id = change.campaign_id and b.batch = change.batch
    and (change.sent, change.failed, change.skipped, change.unknown)
      is distinct from (0::bigint, 0::bigint, 0::bigint, 0::bigint);
  return null;
end
$$;
comment on function campaign_private.recount_deliveries() is
  'Takes changed outcomes over into the counts of their batches.';
create trigger recount_deliveries after update on public.campaign_deliveries
  referencing old table as removed new table as added
  for each statement execute function campaign_private.recount_deliveries();

create function campaign_private.return_deliveries()
returns trigger
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off
as $$
declare
  part record;
  held public.campaign_batches;
  first integer;
begin
  for part in
    select r.campaign_id, r.batch, array_agg(r.contact_id) as ids
    from removed as r
    where exists (select from public.campaigns as c where c.id = r.campaign_id)
    group by r.campaign_id, r.batch order by r.campaign_id, r.batch
  loop
    held := campaign_private.lock_batch(part.campaign_id, part.batch);
    if held.in_flight > 0 or (held.leased_until > clock_timestamp() and held.begun < held.size) then
      raise exception using errcode = 'CMP07',
        message = 'a sender is at work on these: their doubts can be tried again once it is done';
    end if;
    select least(held.begun, min(width_bucket(i.id, held.contact_ids)) - 1) into first
    from unnest(part.ids) as i (id);
    update public.campaign_batches as b set
      begun = first, lease = null, leased_until = null,
      unknown = b.unknown - cardinality(part.ids),
      ahead = (
        select count(*) from public.campaign_deliveries as d
        where d.campaign_id = held.campaign_id
          and d.contact_id = any (held.contact_ids[first + 1 :])
      )
    where b.campaign_id = part.campaign_id and b.batch = part.batch;
  end loop;
  return null;
end
$$;
comment on function campaign_private.return_deliveries() is
  'Doubts that are taken back wait again: their batch goes on at the first of them, past those who have an outcome.';
create trigger return_deliveries after delete on public.campaign_deliveries
  referencing old table as removed
  for each statement execute function campaign_private.return_deliveries();

create function campaign_private.lock_batch(campaign_id uuid, batch integer)
returns public.campaign_batches
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.campaign_batches;
begin
  select * into held from public.campaign_batches as b
  where b.campaign_id = lock_batch.campaign_id and b.batch = lock_batch.batch
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such batch';
  end if;
  return held;
end
$$;
comment on function campaign_private.lock_batch(uuid, integer) is
  'A batch, which nobody else works on until this transaction ends. Locked before its deliveries are written, by everybody, or two writers deadlock.';

create function campaign_private.count_ahead(held public.campaign_batches, ids uuid[])
returns integer
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  members constant uuid[] := held.contact_ids;
  strangers integer;
  ahead integer;
begin
  select count(*) filter (where members[p.place] is distinct from i.id),
    count(*) filter (where p.place > held.begun)
  into strangers, ahead
  from unnest(ids) as i (id), width_bucket(i.id, members) as p (place);
  if strangers > 0 then
    raise exception using errcode = '22023', detail = 'outcomes',
      message = format('%s of them aren''t members of this batch', strangers);
  end if;
  return ahead;
end
$$;
comment on function campaign_private.count_ahead is
  'How many of these members of a batch lie beyond what was begun; refuses who is no member.';


-- the freeze ------------------------------------------------------------------------------

create function campaign_private.freeze_members(campaign public.campaigns)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
set work_mem = '64MB'
as $$
declare
  -- Tests make both small. A hosted project ends a statement after eight seconds.
  patience constant interval := coalesce(
    nullif(current_setting('campaign_sdk.freeze_patience', true), ''), '2.5 seconds')::interval;
  chunk constant integer := coalesce(
    nullif(current_setting('campaign_sdk.freeze_chunk', true), ''), '100000')::integer;
begin
  if campaign.rules is null then
    campaign.frozen_at := clock_timestamp();
  end if;
  while campaign.frozen_at is null and clock_timestamp() < statement_timestamp() + patience loop
    campaign := campaign_private.freeze_chunk(campaign, chunk);
  end loop;
  return campaign;
end
$$;
comment on function campaign_private.freeze_members is
  'Freezes members until all are frozen or the statement has taken long enough; whoever comes next goes on after frozen_through.';

create function campaign_private.freeze_chunk(campaign public.campaigns, chunk integer)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  settings public.campaign_settings;
  range text := format('c.user_id = %L', campaign.user_id);
  last uuid;
  frozen bigint;
begin
  select s.* into settings from public.campaign_settings as s where s.user_id = campaign.user_id;
  if campaign.frozen_through is not null then
    range := range || format(' and c.id > %L', campaign.frozen_through);
  end if;
  execute format(
    'select c.id from public.contacts as c where %s order by c.id offset %s limit 1', range, chunk - 1
  ) into last;
  if last is not null then
    range := range || format(' and c.id <= %L', last);
  end if;
  if campaign.launched_at < now() then
    -- Whoever came since the launch isn't a member, though the freeze still goes on.
    range := range || format(' and c.created_at <= %L', campaign.launched_at);
  end if;
  execute campaign_private.freeze_query(campaign, settings, range) into frozen;
  campaign.audience_size := campaign.audience_size + frozen;
  campaign.frozen_through := last;
  if last is null then
    campaign.frozen_at := clock_timestamp();
  end if;
  return campaign;
end
$$;
comment on function campaign_private.freeze_chunk is
  'Freezes whoever of the next so many contacts matches and can be reached.';

create function campaign_private.freeze_query(
  campaign public.campaigns, settings public.campaign_settings, range text
) returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  -- Without quiet hours all zones are one, and without an experiment there is one arm.
  by_zone constant boolean := settings.quiet_from is not null;
  by_arm constant boolean := campaign.variants is not null or campaign.hold_out > 0;
  names text[];
begin
  if by_arm then
    names := array(
      select a.name from campaign_private.arms(campaign.variants, campaign.hold_out, campaign.test_share)
        as a where a.arm > 0 order by a.arm
    );
  end if;
  return format(
    $query$
    with zone as materialized (%s),
    member as (
      select c.id, %s as timezone, %s as arm,
        row_number() over (partition by %s order by c.id) - 1 as place
      from public.contacts as c %s %s
      where %s and c.unsubscribed_at is null and c.suppressed_at is null and %s
    ),
    part as (
      select m.timezone, m.arm, array_agg(m.id order by m.id) as ids
      from member as m group by m.timezone, m.arm, m.place / 1000
    ),
    due as materialized (
      select p.timezone, campaign_private.quiet_ends(%L, coalesce(p.timezone, %L), %L, %L) as not_before
      from part as p group by p.timezone
    ),
    frozen as (
      insert into public.campaign_batches
        (campaign_id, batch, user_id, variant, held_out, timezone, not_before, contact_ids)
      select %L, %s + row_number() over (order by p.ids), %L, (%L::text[])[p.arm], p.arm = -1,
        p.timezone, due.not_before, p.ids
      from part as p join due on due.timezone is not distinct from p.timezone
      returning size
    )
    select coalesce(sum(frozen.size), 0) from frozen
    $query$,
    case when by_zone then
      'select z.name from pg_catalog.pg_timezone_names as z where campaign_private.is_timezone(z.name)'
    else 'select null::text as name' end,
    case when by_zone then 'zone.name' else 'null::text' end,
    case when by_arm then campaign_private.arm_expression(
      campaign.variants, campaign.hold_out, campaign.test_share, 'drawn.bucket') else '0' end,
    concat_ws(', ', case when by_zone then 'zone.name' end, case when by_arm then
      campaign_private.arm_expression(
        campaign.variants, campaign.hold_out, campaign.test_share, 'drawn.bucket') end,
      'null::text'),
    case when by_zone then 'left join zone on zone.name = c.attributes ->> ''timezone''' end,
    case when by_arm then format(
      'cross join lateral (select %s as bucket from (
         select encode(sha256((%L || '':'' || c.id)::bytea), ''hex'') as digest offset 0
       ) as d offset 0) as drawn', campaign_private.bucket_expression('d.digest'), campaign.id) end,
    range, campaign_private.compile_rules(campaign.rules, campaign.launched_at, campaign.timezone),
    campaign.launched_at, campaign.timezone, settings.quiet_from, settings.quiet_until,
    campaign.id,
    (select coalesce(max(b.batch), 0) from public.campaign_batches as b where b.campaign_id = campaign.id),
    campaign.user_id, names
  );
end
$$;
comment on function campaign_private.freeze_query is
  'The statement that freezes the members within a range of ids: in batches, by time zone if there are quiet hours.';


-- what is known -----------------------------------------------------------------------------

create type public.delivery_counts as (
  audience_size integer, pending bigint, in_flight bigint, sent bigint, failed bigint,
  skipped bigint, unknown bigint, held_out bigint, frozen boolean, next_due timestamptz
);
comment on type public.delivery_counts is
  'How far a campaign is: pending, in_flight, sent, failed, skipped, unknown and held_out add up to audience_size; next_due is when the next of those that wait for their hour are due.';

create function public.delivery_status(campaign_id uuid)
returns setof public.delivery_counts
language sql
stable
security invoker
rows 1
set search_path = ''
as $$
  -- One statement is one snapshot.
  select c.audience_size, b.pending, b.in_flight, b.sent, b.failed, b.skipped, b.unknown, b.held_out,
    c.frozen_at is not null, b.next_due
  from public.campaigns as c, lateral (
    select coalesce(sum(b.pending) filter (where not b.held_out), 0) as pending,
      coalesce(sum(b.in_flight), 0) as in_flight,
      coalesce(sum(b.sent), 0) as sent, coalesce(sum(b.failed), 0) as failed,
      coalesce(sum(b.skipped), 0) as skipped, coalesce(sum(b.unknown), 0) as unknown,
      coalesce(sum(b.size) filter (where b.held_out), 0) as held_out,
      min(b.not_before) filter (where b.begun < b.size and b.not_before > now()) as next_due
    from public.campaign_batches as b where b.campaign_id = c.id
  ) as b
  where c.id = delivery_status.campaign_id and c.launched_at is not null
$$;
comment on function public.delivery_status(uuid) is
  'How far a launched campaign is, in one snapshot; no row if it isn''t launched, or isn''t the caller''s.';

create type public.campaign_member as (batch integer, place integer, contact json);
comment on type public.campaign_member is 'A frozen member: its batch, its place in it, and the contact as it is now.';

create function public.campaign_members(
  campaign_id uuid, after uuid default null, from_batch integer default null, page integer default 1000
) returns setof public.campaign_member
language plpgsql
stable
security invoker
set search_path = ''
set enable_seqscan = off
as $$
declare
  held public.campaign_batches;
  members uuid[];
  done integer;
  left_over integer := page;
  given integer;
begin
  if after is not null and from_batch is null then
    select b.batch into from_batch from public.campaign_batches as b
    where b.campaign_id = campaign_members.campaign_id and after = any (b.contact_ids);
    if not found then
      raise exception using errcode = '22023', detail = 'after',
        message = 'isn''t a member of this campaign';
    end if;
  end if;
  for held in
    select * from public.campaign_batches as b
    where b.campaign_id = campaign_members.campaign_id and not b.held_out
      and b.batch >= coalesce(from_batch, 0)
    order by b.batch
  loop
    members := held.contact_ids;
    done := case when held.batch = from_batch then width_bucket(after, members) else 0 end;
    return query
    select held.batch, width_bucket(c.id, members), to_json(c)
    from public.contacts as c
    where c.user_id = held.user_id and c.id = any (members[done + 1 :])
      and c.unsubscribed_at is null and c.suppressed_at is null
    order by c.id limit left_over;
    get diagnostics given = row_count;
    left_over := left_over - given;
    exit when left_over <= 0;
  end loop;
end
$$;
comment on function public.campaign_members is
  'The frozen members of a campaign who may still be written to, in their order: one page after a contact (which is faster with its batch).';


revoke execute on function
  campaign_private.guard_batch(), campaign_private.guard_delivery(),
  campaign_private.count_deliveries(), campaign_private.recount_deliveries(),
  campaign_private.return_deliveries(),
  campaign_private.lock_batch(uuid, integer),
  campaign_private.count_ahead(public.campaign_batches, uuid[]),
  campaign_private.freeze_members(public.campaigns),
  campaign_private.freeze_chunk(public.campaigns, integer),
  campaign_private.freeze_query(public.campaigns, public.campaign_settings, text),
  public.delivery_status(uuid), public.campaign_members(uuid, uuid, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.guard_batch(), campaign_private.guard_delivery(),
  campaign_private.count_deliveries(), campaign_private.recount_deliveries(),
  campaign_private.return_deliveries(),
  campaign_private.lock_batch(uuid, integer),
  campaign_private.count_ahead(public.campaign_batches, uuid[]),
  campaign_private.freeze_members(public.campaigns),
  campaign_private.freeze_chunk(public.campaigns, integer),
  campaign_private.freeze_query(public.campaigns, public.campaign_settings, text)
  to authenticated, service_role;
grant execute on function
  public.delivery_status(uuid), public.campaign_members(uuid, uuid, integer, integer)
  to authenticated;
