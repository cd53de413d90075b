-- The hand-over: how a sender takes members, begins with them, and says what became of them.
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

create table public.campaign_rates (
  campaign_id uuid primary key,
  user_id uuid not null default auth.uid(),
  next_at timestamptz not null,
  constraint campaign_rates_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade
);
create index campaign_rates_campaign_id_index on public.campaign_rates (user_id, campaign_id);
comment on table public.campaign_rates is
  'The token bucket of a campaign, which all its senders take from: it survives each of them.';
comment on column public.campaign_rates.next_at is 'From when on the next message may leave.';

alter table public.campaign_rates enable row level security;
alter table public.campaign_rates force row level security;
revoke all on public.campaign_rates from public, anon, authenticated, service_role;
grant select, insert on public.campaign_rates to authenticated, service_role;
grant update (next_at) on public.campaign_rates to authenticated, service_role;
create policy "Owners read the rates of their campaigns" on public.campaign_rates
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add rates to their campaigns" on public.campaign_rates
  for insert to authenticated with check (
    user_id = (select auth.uid())
    and campaign_id in (select c.id from public.campaigns as c where c.user_id = (select auth.uid()))
  );
create policy "Owners change the rates of their campaigns" on public.campaign_rates
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

create function campaign_private.take_tokens(held public.campaign_batches, wanted integer, rate double precision)
returns double precision
language plpgsql
security invoker
set search_path = ''
as $$
declare
  next_at timestamptz;
  -- What a late sender may catch up with: little, or a window of ten seconds would burst.
  slack constant interval := interval '0.1 seconds';
  start timestamptz;
begin
  insert into public.campaign_rates (campaign_id, user_id, next_at)
  values (held.campaign_id, held.user_id, clock_timestamp())
  on conflict do nothing;
  select r.next_at into next_at from public.campaign_rates as r
  where r.campaign_id = held.campaign_id for no key update;
  start := greatest(next_at, clock_timestamp() - slack);
  if start > clock_timestamp() then
    return extract(epoch from start - clock_timestamp());
  end if;
  update public.campaign_rates as r set next_at = start + wanted / rate * interval '1 second'
  where r.campaign_id = held.campaign_id;
  return 0;
end
$$;
comment on function campaign_private.take_tokens is
  'Takes so many tokens and returns 0, or takes none and returns how many seconds to wait.';

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


-- the lease -------------------------------------------------------------------------------

create type public.claimed_batch as (
  state text, retry_in double precision, due_at timestamptz,
  batch integer, lease uuid, begun integer, size integer, variant text, contacts json
);
comment on type public.claimed_batch is
  'The answer to a claim. Its state: claimed; wait (others are at work, or the freeze goes on: ask again in retry_in seconds); later (the next are due at due_at); done; or the status of a campaign that isn''t active. Contacts: [{"place", "contact"}].';

create function public.claim_batch(campaign_id uuid, seconds double precision default 60)
returns setof public.claimed_batch
language plpgsql
security invoker
rows 1
set search_path = ''
as $$
declare
  answer public.claimed_batch;
  campaign public.campaigns;
  settings public.campaign_settings;
  held public.campaign_batches;
begin
  campaign := campaign_private.frozen_campaign(campaign_id);
  select s.* into settings from public.campaign_settings as s where s.user_id = campaign.user_id;
  if campaign.status <> 'active' then
    answer.state := campaign.status;
  elsif campaign.frozen_at is null then
    answer.state := 'wait';
    answer.retry_in := 0.05;
  else
    perform campaign_private.expire_leases(campaign_id);
    select * into held from public.campaign_batches as b
    where b.campaign_id = claim_batch.campaign_id and not b.held_out and b.begun < b.size
      and (b.lease is null or b.leased_until <= clock_timestamp())
      and (b.not_before is null or b.not_before <= clock_timestamp())
      and campaign_private.is_chosen(b, campaign)
      and (settings.quiet_from is null or not campaign_private.is_quiet(
        clock_timestamp(), coalesce(b.timezone, campaign.timezone),
        settings.quiet_from, settings.quiet_until))
    order by b.batch limit 1 for no key update skip locked;
    answer := case when found then campaign_private.leased(held, seconds)
                   else campaign_private.nothing_to_claim(campaign, settings) end;
  end if;
  return next answer;
end
$$;
comment on function public.claim_batch(uuid, double precision) is
  'A lease on the next batch that is due, for so many seconds; PT404: there is no such campaign, or it isn''t the caller''s; CMP06: it isn''t launched.';

create function campaign_private.frozen_campaign(campaign_id uuid)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  campaign public.campaigns;
begin
  select * into campaign from public.campaigns as c where c.id = campaign_id;
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  elsif campaign.launched_at is null then
    raise exception using errcode = 'CMP06', detail = campaign.status,
      message = format('a campaign that is %s has nobody to be sent to yet', campaign.status),
      hint = 'launch it first';
  elsif campaign.frozen_at is null then
    perform campaign_private.press_on(campaign_id);
    select * into campaign from public.campaigns as c where c.id = campaign_id;
  end if;
  return campaign;
end
$$;
comment on function campaign_private.frozen_campaign(uuid) is
  'A launched campaign, whose freeze goes on if it was cut off.';

create function campaign_private.press_on(campaign_id uuid)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform from public.campaigns as c
  where c.id = campaign_id and c.frozen_at is null for no key update skip locked;
  if found then
    update public.campaigns as c set frozen_at = now() where c.id = campaign_id;
  end if;
end
$$;
comment on function campaign_private.press_on(uuid) is
  'Goes on with a freeze, unless somebody else is at it.';

create function public.freeze_campaign(campaign_id uuid)
returns setof public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform campaign_private.press_on(freeze_campaign.campaign_id);
  return query select * from public.campaigns as c where c.id = freeze_campaign.campaign_id;
end
$$;
comment on function public.freeze_campaign(uuid) is
  'Goes on with the freeze of a launched campaign: call it until frozen_at is set.';

create function campaign_private.is_chosen(held public.campaign_batches, campaign public.campaigns)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return held.variant is not null or campaign.variants is null or campaign.promoted is not null;
comment on function campaign_private.is_chosen is
  'Whether it is known which variant a batch gets: those who wait for the end of a test get the promoted one.';

create function campaign_private.leased(
  held public.campaign_batches, seconds double precision
) returns public.claimed_batch
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off
as $$
declare
  answer public.claimed_batch;
  members constant uuid[] := held.contact_ids;
begin
  answer.state := 'claimed';
  answer.batch := held.batch;
  answer.lease := gen_random_uuid();
  answer.begun := held.begun;
  answer.size := held.size;
  answer.variant := campaign_private.variant_of(held);
  update public.campaign_batches as b set
    lease = answer.lease, claims = b.claims + 1,
    leased_until = clock_timestamp() + campaign_private.lease_time(seconds)
  where b.campaign_id = held.campaign_id and b.batch = held.batch;
  select json_agg(
    -- What a contact is made of; whose it is is known, and who is here isn't unsubscribed.
    json_build_object('place', width_bucket(c.id, members), 'contact', json_build_object(
      'id', c.id, 'email', c.email, 'phone', c.phone, 'attributes', c.attributes,
      'created_at', c.created_at, 'updated_at', c.updated_at)) order by c.id
  ) into answer.contacts
  from public.contacts as c
  where c.user_id = held.user_id and c.id = any (members[held.begun + 1 :])
    and c.unsubscribed_at is null and c.suppressed_at is null
    and (held.ahead = 0 or not exists (
      select from public.campaign_deliveries as d
      where d.campaign_id = held.campaign_id and d.contact_id = c.id
    ));
  return answer;
end
$$;
comment on function campaign_private.leased is 'The answer to a claim that got a batch.';

create function campaign_private.lease_time(seconds double precision)
returns interval
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if seconds is null or not seconds between 0.1 and 3600 then
    raise exception using errcode = '22023', detail = 'lease',
      message = 'must lie between 0.1 and 3,600 seconds';
  end if;
  return seconds * interval '1 second';
end
$$;
comment on function campaign_private.lease_time is 'Seconds as an interval; refuses what is no lease.';

create function campaign_private.nothing_to_claim(
  campaign public.campaigns, settings public.campaign_settings
) returns public.claimed_batch
language plpgsql
security invoker
set search_path = ''
as $$
declare
  answer public.claimed_batch;
  at_work boolean;
  now_open boolean;
begin
  with zone as materialized (
    select z.timezone, campaign_private.quiet_ends(
      clock_timestamp(), coalesce(z.timezone, campaign.timezone),
      settings.quiet_from, settings.quiet_until) as open_at
    from (
      select distinct b.timezone from public.campaign_batches as b where b.campaign_id = campaign.id
    ) as z
  ),
  batch as (
    select b.begun < b.size as has_more, b.in_flight, b.leased_until > clock_timestamp() as is_leased,
      b.leased_until, greatest(b.not_before, z.open_at) as due_at
    from public.campaign_batches as b
    join zone as z on z.timezone is not distinct from b.timezone
    where b.campaign_id = campaign.id and not b.held_out and (b.begun < b.size or b.in_flight > 0)
      and campaign_private.is_chosen(b, campaign)
  )
  select bool_or(b.is_leased), bool_or(b.has_more and coalesce(b.due_at <= clock_timestamp(), true)),
    extract(epoch from min(b.leased_until) filter (where b.is_leased) - clock_timestamp()),
    min(b.due_at) filter (where b.has_more and b.due_at > clock_timestamp())
  into at_work, now_open, answer.retry_in, answer.due_at
  from batch as b;
  answer.state := case
    when at_work or now_open then 'wait' when answer.due_at is not null then 'later' else 'done'
  end;
  answer.retry_in := least(greatest(answer.retry_in, 0.02), 1);
  return answer;
end
$$;
comment on function campaign_private.nothing_to_claim is
  'The answer to a claim that got nothing: whether somebody else is at work, something is due later, or all is done.';


-- the write-ahead ---------------------------------------------------------------------------

create type public.begun_part as (
  state text, retry_in double precision, contact_ids uuid[], skipped integer
);
comment on type public.begun_part is
  'The answer to begin_send. Its state: begun (with whom: contact_ids, who may be written to now; skipped, how many may not); wait (for the rate: retry_in seconds); quiet; lost (the lease is over); or the status of a campaign that isn''t active.';

create function public.begin_send(
  campaign_id uuid,
  batch integer,
  lease uuid,
  after integer,
  through integer,
  seconds double precision default 60,
  rate double precision default null,
  again uuid[] default null,
  outcomes jsonb default null
) returns setof public.begun_part
language plpgsql
security invoker
rows 1
set search_path = ''
as $$
declare
  answer public.begun_part;
  campaign public.campaigns;
  settings public.campaign_settings;
  held public.campaign_batches := campaign_private.lock_batch(begin_send.campaign_id, begin_send.batch);
begin
  -- What became of the part before is noted whatever becomes of this one.
  if outcomes is not null then
    perform campaign_private.note_outcomes(held, outcomes);
    held := campaign_private.lock_batch(begin_send.campaign_id, begin_send.batch);
  end if;
  select * into campaign from public.campaigns as c where c.id = begin_send.campaign_id;
  select s.* into settings from public.campaign_settings as s where s.user_id = held.user_id;
  if held.lease is distinct from begin_send.lease or held.leased_until <= clock_timestamp() then
    answer.state := 'lost';
  elsif campaign.status <> 'active' then
    answer.state := campaign.status;
  elsif campaign_private.is_quiet(
    clock_timestamp(), coalesce(held.timezone, campaign.timezone), settings.quiet_from, settings.quiet_until
  ) then
    answer.state := 'quiet';
  else
    answer := campaign_private.begun(
      held, campaign, greatest(after, 0), least(through, held.size), seconds, rate, again);
  end if;
  return next answer;
end
$$;
comment on function public.begin_send is
  'To be called before each request to a vendor: notes that the members after one place and through another are begun with (and those to be tried again), takes what they need of the rate, prolongs the lease, and says who of them may be written to now. Notes the outcomes of the part before on the way. The same again, before the request to the vendor, gives the same answer.';

create function campaign_private.begun(
  held public.campaign_batches, campaign public.campaigns,
  after integer, through integer, seconds double precision, rate double precision, again uuid[]
) returns public.begun_part
language plpgsql
security invoker
set search_path = ''
as $$
declare
  answer public.begun_part;
  candidates uuid[];
  barred jsonb;
begin
  candidates := campaign_private.without_outcome(
    held, held.contact_ids[after + 1 : through] || coalesce(again, '{}'));
  answer.retry_in := 0;
  if rate is not null and cardinality(candidates) > 0 then
    answer.retry_in := campaign_private.take_tokens(held, cardinality(candidates), rate);
  end if;
  update public.campaign_batches as b set
    begun = case when answer.retry_in > 0 then b.begun else greatest(b.begun, through) end,
    leased_until = clock_timestamp() + campaign_private.lease_time(seconds)
  where b.campaign_id = held.campaign_id and b.batch = held.batch;
  if answer.retry_in > 0 then
    answer.state := 'wait';
    return answer;
  end if;
  barred := campaign_private.barred(held, campaign, candidates);
  answer.state := 'begun';
  answer.skipped := jsonb_array_length(barred);
  if answer.skipped > 0 then
    perform campaign_private.note_outcomes(held, barred);
  end if;
  answer.contact_ids := array(
    select c.id from unnest(candidates) as c (id)
    where not c.id = any (array(select (b.one ->> 'contact_id')::uuid from jsonb_array_elements(barred) as b (one)))
  );
  return answer;
end
$$;
comment on function campaign_private.begun is 'The answer to begin_send, once nothing stands against it.';

create function campaign_private.without_outcome(held public.campaign_batches, ids uuid[])
returns uuid[]
language plpgsql
stable
security invoker
set search_path = ''
set enable_seqscan = off
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

create function campaign_private.barred(
  held public.campaign_batches, campaign public.campaigns, candidates uuid[]
) returns jsonb
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off
as $$
declare
  settings public.campaign_settings;
  reachable uuid[];
  capped uuid[] := '{}';
begin
  select s.* into settings from public.campaign_settings as s where s.user_id = held.user_id;
  reachable := array(
    select c.id from public.contacts as c
    where c.user_id = held.user_id and c.id = any (candidates)
      and c.unsubscribed_at is null and c.suppressed_at is null
      and (campaign.channel not in ('sms', 'whatsapp') or c.phone is not null)
  );
  if settings.cap_messages is not null then
    capped := campaign_private.capped(held, settings, reachable);
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('contact_id', i.id, 'outcome', 'skipped', 'reason',
      case when i.id = any (capped) then 'capped' else coalesce((
        select case when c.suppressed_at is not null then 'suppressed'
                    when c.unsubscribed_at is not null then 'unsubscribed' else 'no phone' end
        from public.contacts as c where c.user_id = held.user_id and c.id = i.id
      ), 'deleted') end)), '[]')
    from unnest(candidates) as i (id)
    where not i.id = any (reachable) or i.id = any (capped)
  );
end
$$;
comment on function campaign_private.barred is
  'Who of these members may not be written to now, as outcomes: deleted, suppressed, unsubscribed, without a phone, or capped.';

create function campaign_private.capped(
  held public.campaign_batches, settings public.campaign_settings, ids uuid[]
) returns uuid[]
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off
as $$
declare
  since constant timestamptz := clock_timestamp() - make_interval(days => settings.cap_days);
  in_flight uuid[];
begin
  -- Two campaigns that begin with one contact in the same moment would each see the other's
  -- message not yet: so an owner with a cap begins with one part after the other.
  perform pg_advisory_xact_lock(hashtextextended('campaign_sdk cap ' || held.user_id, 0));
  in_flight := array(
    select m.id
    from public.campaigns as c
    join public.campaign_batches as b on b.campaign_id = c.id and b.in_flight > 0
    cross join unnest(b.contact_ids[1 : b.begun]) as m (id)
    where c.user_id = held.user_id and c.status in ('active', 'paused') and c.id <> held.campaign_id
      and m.id = any (ids)
      and not exists (
        select from public.campaign_deliveries as d
        where d.campaign_id = c.id and d.contact_id = m.id
      )
  );
  return array(
    select i.id from unnest(ids) as i (id)
    where (
      select count(*) from public.campaign_deliveries as d
      where d.user_id = held.user_id and d.contact_id = i.id and d.at > since
        and d.outcome in ('sent', 'unknown')
    ) + (select count(*) from unnest(in_flight) as f (id) where f.id = i.id) >= settings.cap_messages
  );
end
$$;
comment on function campaign_private.capped is
  'Who of these has had as many messages, sent or in doubt or under way, as the owner''s cap allows.';


-- the end -------------------------------------------------------------------------------------

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
  campaign_private.take_tokens, campaign_private.is_chosen, campaign_private.variant_of,
  campaign_private.note_outcomes, campaign_private.give_up,
  campaign_private.expire_leases, campaign_private.frozen_campaign, campaign_private.press_on,
  campaign_private.leased, campaign_private.lease_time,
  campaign_private.nothing_to_claim, campaign_private.begun, campaign_private.without_outcome,
  campaign_private.barred, campaign_private.capped,
  public.claim_batch, public.freeze_campaign, public.begin_send, public.settle_send,
  public.release_batch
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.take_tokens, campaign_private.is_chosen, campaign_private.variant_of,
  campaign_private.note_outcomes, campaign_private.give_up,
  campaign_private.expire_leases, campaign_private.frozen_campaign, campaign_private.press_on,
  campaign_private.leased, campaign_private.lease_time,
  campaign_private.nothing_to_claim, campaign_private.begun, campaign_private.without_outcome,
  campaign_private.barred, campaign_private.capped
  to authenticated, service_role;
grant execute on function
  public.claim_batch, public.freeze_campaign, public.begin_send, public.settle_send,
  public.release_batch
  to authenticated;
