-- Begins: the write-ahead, right before each request to a vendor.
--
-- Here is the last look at who may be written to, and here the rate is kept.

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
    and exists (
      select from public.campaigns as c
      where c.id = campaign_rates.campaign_id and c.user_id = (select auth.uid())
    )
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


-- the write-ahead ---------------------------------------------------------------------------

create type public.begun_part as (
  state text, retry_in double precision, contact_ids uuid[], skipped integer, left_out uuid[]
);
comment on type public.begun_part is
  'The answer to begin_send. Its state: begun (with whom: contact_ids, who may be written to now; left_out: of the part, who may not or has an outcome; skipped: how many may not); wait (for the rate: retry_in seconds); quiet; lost (the lease is over); or the status of a campaign that isn''t active.';

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
  asked constant uuid[] := held.contact_ids[after + 1 : through] || coalesce(again, '{}');
  candidates uuid[];
  barred jsonb;
begin
  candidates := campaign_private.without_outcome(held, asked);
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
  answer.left_out := '{}';
  if cardinality(answer.contact_ids) < cardinality(asked) then
    answer.left_out := array(
      select a.id from unnest(asked) as a (id) except select c.id from unnest(answer.contact_ids) as c (id));
  end if;
  return answer;
end
$$;
comment on function campaign_private.begun is 'The answer to begin_send, once nothing stands against it.';

create function campaign_private.barred(
  held public.campaign_batches, campaign public.campaigns, candidates uuid[]
) returns jsonb
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
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
set enable_seqscan = off set jit = off
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

revoke execute on function
  campaign_private.take_tokens,
  campaign_private.lease_time,
  campaign_private.begun,
  campaign_private.barred,
  campaign_private.capped,
  public.begin_send
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.take_tokens,
  campaign_private.lease_time,
  campaign_private.begun,
  campaign_private.barred,
  campaign_private.capped
  to authenticated, service_role;
grant execute on function
  public.begin_send
  to authenticated;
