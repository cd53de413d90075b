-- Counts: what no writer can break about batches and deliveries.
--
-- Members come from a freeze, counts from the log of outcomes, and what was begun stays so.

create function campaign_private.guard_batch()
returns trigger
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
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
set enable_seqscan = off set jit = off
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

revoke execute on function
  campaign_private.guard_batch(),
  campaign_private.guard_delivery(),
  campaign_private.count_deliveries(),
  campaign_private.recount_deliveries(),
  campaign_private.return_deliveries(),
  campaign_private.lock_batch(uuid, integer),
  campaign_private.count_ahead(public.campaign_batches, uuid[])
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.guard_batch(),
  campaign_private.guard_delivery(),
  campaign_private.count_deliveries(),
  campaign_private.recount_deliveries(),
  campaign_private.return_deliveries(),
  campaign_private.lock_batch(uuid, integer),
  campaign_private.count_ahead(public.campaign_batches, uuid[])
  to authenticated, service_role;
