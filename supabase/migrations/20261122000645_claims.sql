-- Claims: a lease on the next batch that is due.
--
-- A sender may say in the same request what became of its last batch, and begin with the first
-- part of the next one: its way to the server is longer than all that is done here.

create type public.claimed_batch as (
  state text, retry_in double precision, due_at timestamptz,
  batch integer, lease uuid, begun integer, size integer, variant text, contacts json,
  part text, through integer, skipped integer, left_out uuid[]
);
comment on type public.claimed_batch is
  'The answer to a claim. Its state: claimed; wait (others are at work, or the freeze goes on: ask again in retry_in seconds); later (the next are due at due_at); done; or the status of a campaign that isn''t active. Contacts in columns of equal length: place, id, email, phone, attributes, created_at, updated_at. If a first part was asked for, part is its state, as begin_send''s, through its end, and left_out who of it may not be written to.';

create function public.claim_batch(
  campaign_id uuid,
  seconds double precision default 60,
  size integer default null,
  rate double precision default null,
  lease uuid default null,
  done integer default null,
  done_lease uuid default null,
  outcomes jsonb default null
) returns setof public.claimed_batch
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
  if size not between 1 and 1000 then
    raise exception using errcode = '22023', detail = 'size', message = 'must lie between 1 and 1,000';
  end if;
  if done is not null then
    perform public.release_batch(claim_batch.campaign_id, done, done_lease, null, outcomes);
  end if;
  campaign := campaign_private.frozen_campaign(campaign_id);
  select s.* into settings from public.campaign_settings as s where s.user_id = campaign.user_id;
  if campaign.status <> 'active' then
    answer.state := campaign.status;
  elsif campaign.frozen_at is null then
    answer.state := 'wait';
    answer.retry_in := 0.05;
  else
    held := campaign_private.next_batch(campaign, settings, lease);
    answer := case when held.batch is not null then campaign_private.leased(held, seconds, size, lease)
                   else campaign_private.nothing_to_claim(campaign, settings) end;
  end if;
  if answer.part is not null then
    answer := campaign_private.with_part(answer, campaign_private.begun(
      held, campaign, answer.begun, answer.through, seconds, rate, null));
  end if;
  return next answer;
end
$$;
comment on function public.claim_batch is
  'A lease on the next batch that is due, for so many seconds, with its first part of so many (size) begun as by begin_send, and after the release of the batch that is done, with its outcomes. The same again with the same name for the lease gives the same batch. PT404: there is no such campaign, or it isn''t the caller''s; CMP06: it isn''t launched.';

create function campaign_private.next_batch(
  campaign public.campaigns, settings public.campaign_settings, lease uuid
) returns public.campaign_batches
language plpgsql
security invoker
set search_path = ''
as $$
declare
  held public.campaign_batches;
begin
  -- Whoever asks under a name that has a batch hasn't heard the answer.
  select * into held from public.campaign_batches as b
  where b.campaign_id = campaign.id and b.lease = next_batch.lease
    and b.leased_until > clock_timestamp()
  for no key update;
  if found then
    return held;
  end if;
  perform campaign_private.expire_leases(campaign.id);
  select * into held from public.campaign_batches as b
  where b.campaign_id = campaign.id and not b.held_out and b.begun < b.size
    and (b.lease is null or b.leased_until <= clock_timestamp())
    and (b.not_before is null or b.not_before <= clock_timestamp())
    and campaign_private.is_chosen(b, campaign)
    and (settings.quiet_from is null or not campaign_private.is_quiet(
      clock_timestamp(), coalesce(b.timezone, campaign.timezone),
      settings.quiet_from, settings.quiet_until))
  order by b.batch limit 1 for no key update skip locked;
  return held;
end
$$;
comment on function campaign_private.next_batch is
  'The batch that this lease is on already, or else the next one that is due; locked.';

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
  held public.campaign_batches, seconds double precision, part_size integer, lease uuid
) returns public.claimed_batch
language plpgsql
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
as $$
declare
  answer public.claimed_batch;
  members constant uuid[] := held.contact_ids;
  again constant boolean := coalesce(held.lease = leased.lease, false);
  places integer[];
begin
  answer.state := 'claimed';
  answer.batch := held.batch;
  answer.lease := coalesce(leased.lease, gen_random_uuid());
  -- A claim that is repeated has begun already: with the first who have no outcome yet.
  answer.begun := case when again then least(held.begun, coalesce((
    select min(width_bucket(i.id, members)) - 1
    from unnest(campaign_private.without_outcome(held, members)) as i (id)
  ), held.begun)) else held.begun end;
  answer.size := held.size;
  answer.variant := campaign_private.variant_of(held);
  update public.campaign_batches as b set
    lease = answer.lease, claims = b.claims + case when again then 0 else 1 end,
    leased_until = clock_timestamp() + campaign_private.lease_time(seconds)
  where b.campaign_id = held.campaign_id and b.batch = held.batch;
  select
    -- What a contact is made of; whose it is is known, and who is here isn't unsubscribed.
    case when count(*) > 0 then json_build_object(
      'place', json_agg(m.place), 'id', json_agg(m.id), 'email', json_agg(m.email),
      'phone', json_agg(m.phone), 'attributes', json_agg(m.attributes),
      'created_at', json_agg(m.created_at), 'updated_at', json_agg(m.updated_at)) end,
    array_agg(m.place)
  into answer.contacts, places
  from (
    select c.*, width_bucket(c.id, members) as place
    from public.contacts as c
    where c.user_id = held.user_id and c.id = any (members[answer.begun + 1 :])
      and c.unsubscribed_at is null and c.suppressed_at is null
      and ((held.ahead = 0 and not again) or not exists (
        select from public.campaign_deliveries as d
        where d.campaign_id = held.campaign_id and d.contact_id = c.id
      ))
    order by c.id
  ) as m;
  if part_size is not null then
    answer.part := 'asked';
    -- Who can't be written to any more stands between the others, and behind them.
    answer.through := case when cardinality(places) > part_size then places[part_size] else held.size end;
  end if;
  return answer;
end
$$;
comment on function campaign_private.leased is 'The answer to a claim that got a batch.';

create function campaign_private.with_part(answer public.claimed_batch, part public.begun_part)
returns public.claimed_batch
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  answer.part := part.state;
  answer.retry_in := part.retry_in;
  answer.skipped := part.skipped;
  answer.left_out := part.left_out;
  return answer;
end
$$;
comment on function campaign_private.with_part is 'The answer to a claim that has begun with a part as well.';

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

revoke execute on function
  campaign_private.next_batch,
  campaign_private.is_chosen,
  campaign_private.leased,
  campaign_private.with_part,
  campaign_private.nothing_to_claim,
  public.claim_batch
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.next_batch,
  campaign_private.is_chosen,
  campaign_private.leased,
  campaign_private.with_part,
  campaign_private.nothing_to_claim
  to authenticated, service_role;
grant execute on function
  public.claim_batch
  to authenticated;
