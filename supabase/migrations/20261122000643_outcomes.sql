-- Outcomes: what became of members is noted, once each, and doubts get their name.
--
-- The hand-over in three chapters: how a sender takes members (claims), begins with them
-- (begins), and says what became of them (here).
--
--   claim_batch    a lease on one batch, and its members as they are now
--   begin_send     the write-ahead: noted before each request to a vendor
--   settle_send    what became of them; any order, as often as you like
--   release_batch  the end of a lease: what certainly hasn't left waits again
--
-- A crash therefore leaves in doubt whoever the one request was for that was under way, and
-- the doubt has a name, `unknown`. Every function locks the batch before its deliveries.
--
-- Where members are looked up in large tables, `enable_seqscan` is off: a session keeps its
-- plans, and one that was made while a campaign had had nothing yet would read all of it later.
-- What is off is dearer than all else to the planner, so where it can't be helped a server with
-- LLVM would compile the plan, which takes longer than to follow it: hence `jit` is off as well.

create function campaign_private.variant_of(held public.campaign_batches)
returns text
language sql
stable
security invoker
set search_path = ''
return coalesce(
  held.variant, (select c.promoted from public.campaigns as c where c.id = held.campaign_id)
);
comment on function campaign_private.variant_of is
  'Which variant the members of a batch get: their own, or the promoted one.';

create function campaign_private.note_outcomes(held public.campaign_batches, outcomes jsonb)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  noted integer;
begin
  insert into public.campaign_deliveries as d
    (campaign_id, contact_id, user_id, batch, variant, outcome, reason, provider_id, at)
  select held.campaign_id, o.contact_id, held.user_id, held.batch,
    campaign_private.variant_of(held), o.outcome,
    coalesce(left(o.reason, 500), case when o.outcome <> 'sent' then 'no reason given' end),
    left(o.provider_id, 500), clock_timestamp()
  from (
    select distinct on (g.contact_id) g.*
    from jsonb_to_recordset(outcomes) as g (contact_id uuid, outcome text, reason text, provider_id text)
    order by g.contact_id, g.outcome = 'sent' desc
  ) as o
  on conflict (campaign_id, contact_id) do update set
    outcome = excluded.outcome,
    reason = case when d.outcome = 'sent' then coalesce(d.reason, excluded.reason) else excluded.reason end,
    provider_id = coalesce(d.provider_id, excluded.provider_id),
    at = case when d.outcome = excluded.outcome then d.at else excluded.at end
  where (d.outcome = 'unknown' and excluded.outcome <> 'unknown')
    or (excluded.outcome = 'sent' and (
      d.outcome <> 'sent' or (d.reason is null and excluded.reason is not null)
      or (d.provider_id is null and excluded.provider_id is not null)
    ));
  get diagnostics noted = row_count;
  return noted;
end
$$;
comment on function campaign_private.note_outcomes is
  'Notes what became of members of a batch: the first word counts, but "sent" is heard at any time and a doubt gives way to whatever is known.';

create function campaign_private.give_up(held public.campaign_batches, reason text)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  doubts integer;
begin
  update public.campaign_batches as b set lease = null, leased_until = null
  where b.campaign_id = held.campaign_id and b.batch = held.batch;
  insert into public.campaign_deliveries
    (campaign_id, contact_id, user_id, batch, variant, outcome, reason, at)
  select held.campaign_id, m.id, held.user_id, held.batch, campaign_private.variant_of(held),
    'unknown', give_up.reason,
    clock_timestamp()
  from unnest(
    campaign_private.without_outcome(held, held.contact_ids[1 : held.begun])
  ) as m (id)
  where held.in_flight > 0;
  get diagnostics doubts = row_count;
  return doubts;
end
$$;
comment on function campaign_private.give_up is
  'Ends the lease of a batch, and names the doubts: whoever it was begun with and has no outcome.';

create function campaign_private.expire_leases(campaign_id uuid)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.campaign_batches;
  doubts integer := 0;
begin
  for held in
    select * from public.campaign_batches as b
    where b.campaign_id = expire_leases.campaign_id
      and (b.lease is null or b.leased_until <= clock_timestamp())
      and b.in_flight > 0
    order by b.batch for no key update skip locked
  loop
    doubts := doubts + campaign_private.give_up(held, 'no answer before the lease was over');
  end loop;
  return doubts;
end
$$;
comment on function campaign_private.expire_leases(uuid) is
  'Turns what was begun under a lease that is over into doubts.';

create function campaign_private.without_outcome(held public.campaign_batches, ids uuid[])
returns uuid[]
language plpgsql
stable
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
as $$
declare
  members constant uuid[] := held.contact_ids;
begin
  -- Not a join: its plan would read what the whole campaign has had.
  return array(
    select i.id from unnest(ids) as i (id) where members[width_bucket(i.id, members)] = i.id
    except all
    select d.contact_id from public.campaign_deliveries as d
    where d.campaign_id = held.campaign_id and d.contact_id = any (ids)
    order by 1
  );
end
$$;
comment on function campaign_private.without_outcome is 'Who of these members of a batch has no outcome yet.';

create function public.settle_send(campaign_id uuid, batch integer, outcomes jsonb)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return campaign_private.note_outcomes(
    campaign_private.lock_batch(settle_send.campaign_id, settle_send.batch), outcomes);
end
$$;
comment on function public.settle_send(uuid, integer, jsonb) is
  'Notes what became of members of a batch: [{"contact_id", "outcome", "reason", "provider_id"}]. The same again changes nothing, a late "sent" settles a doubt, and nothing turns "sent" back. Returns how many were news.';

create function public.release_batch(
  campaign_id uuid, batch integer, lease uuid, unsent uuid[] default null, outcomes jsonb default null
) returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.campaign_batches := campaign_private.lock_batch(release_batch.campaign_id, release_batch.batch);
begin
  if outcomes is not null then
    perform campaign_private.note_outcomes(held, outcomes);
    held := campaign_private.lock_batch(release_batch.campaign_id, release_batch.batch);
  end if;
  if held.lease is distinct from release_batch.lease then
    return false;
  end if;
  unsent := campaign_private.without_outcome(held, coalesce(unsent, '{}'));
  perform campaign_private.give_up(held, 'the sender stopped before there was an answer');
  delete from public.campaign_deliveries as d
  where d.campaign_id = release_batch.campaign_id and d.contact_id = any (unsent)
    and d.outcome = 'unknown';
  return true;
end
$$;
comment on function public.release_batch is
  'Ends a lease early. Whoever was begun with and certainly not written to (unsent) waits again; who has no outcome is in doubt. False if the lease was lost.';

revoke execute on function
  campaign_private.variant_of,
  campaign_private.note_outcomes,
  campaign_private.give_up,
  campaign_private.expire_leases,
  campaign_private.without_outcome,
  public.settle_send,
  public.release_batch
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.variant_of,
  campaign_private.note_outcomes,
  campaign_private.give_up,
  campaign_private.expire_leases,
  campaign_private.without_outcome
  to authenticated, service_role;
grant execute on function
  public.settle_send,
  public.release_batch
  to authenticated;
