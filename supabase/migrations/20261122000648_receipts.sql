-- Doubts and receipts: what a person decides, and what a vendor says later.

create type public.resolved_doubts as (resolved integer, busy integer);
comment on type public.resolved_doubts is
  'How many doubts were resolved, and how many were left since a sender is at work on their batch.';

create function public.resolve_unknown(campaign_id uuid, decision text)
returns public.resolved_doubts
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.resolved_doubts;
  campaign public.campaigns;
  free integer[];
begin
  campaign := campaign_private.frozen_campaign(resolve_unknown.campaign_id);
  if decision is null or decision not in ('retry', 'failed') then
    raise exception using errcode = '22023', detail = 'unknown', message = 'must be retry or failed';
  elsif decision = 'retry' and campaign.status not in ('active', 'paused') then
    raise exception using errcode = 'CMP06', detail = campaign.status,
      message = format('a campaign that is %s can''t try anything again', campaign.status);
  end if;
  perform campaign_private.expire_leases(campaign.id);
  free := array(
    select h.batch from (
      select b.batch from public.campaign_batches as b
      where b.campaign_id = campaign.id and b.unknown > 0 and (
        decision = 'failed'
        or (b.in_flight = 0 and (b.begun = b.size or coalesce(b.leased_until <= clock_timestamp(), true)))
      )
      order by b.batch for no key update
    ) as h
  );
  if decision = 'retry' then
    delete from public.campaign_deliveries as d
    where d.campaign_id = campaign.id and d.outcome = 'unknown' and d.batch = any (free);
  else
    update public.campaign_deliveries as d
    set outcome = 'failed', reason = left('given up: ' || d.reason, 500), at = clock_timestamp()
    where d.campaign_id = campaign.id and d.outcome = 'unknown' and d.batch = any (free);
  end if;
  get diagnostics result.resolved = row_count;
  select coalesce(sum(b.unknown), 0) into result.busy
  from public.campaign_batches as b where b.campaign_id = campaign.id;
  return result;
end
$$;
comment on function public.resolve_unknown(uuid, text) is
  'A person''s decision about the doubts of a campaign: retry, which writes twice to whom a message had reached unless the vendor takes keys, or failed.';

create type public.noted_receipts as (changed integer, repeated integer, unmatched integer);
comment on type public.noted_receipts is
  'Of receipts: how many were news, how many said what was known, and how many are about no delivery of the caller''s.';

create function public.receive_receipts(receipts jsonb)
returns public.noted_receipts
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return campaign_private.note_receipts((select auth.uid()), receipts);
end
$$;
comment on function public.receive_receipts(jsonb) is
  'Takes what a vendor says later: [{"campaign_id", "contact_id"} or {"provider_id"}, with "type" (delivered or bounced) and "reason"]. In any order and as often as you like: what a vendor delivered or bounced, it had taken.';

create function campaign_private.note_receipts(owner uuid, receipts jsonb)
returns public.noted_receipts
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.noted_receipts := (0, 0, 0);
  part record;
  noted integer;
begin
  for part in
    with receipt as (
      select g.n, g.campaign_id, g.contact_id, g.provider_id,
        case when g.type = 'bounced' then concat_ws(': ', 'bounced', g.reason) end as reason
      from rows from (
        jsonb_to_recordset(receipts)
          as (campaign_id uuid, contact_id uuid, provider_id text, type text, reason text)
      ) with ordinality as g (campaign_id, contact_id, provider_id, type, reason, n)
    ),
    found as (
      select r.n, r.provider_id, r.reason, d.campaign_id, d.contact_id, d.batch
      from receipt as r, lateral (
        select d.campaign_id, d.contact_id, d.batch from public.campaign_deliveries as d
        where r.campaign_id is not null and d.user_id = owner
          and d.campaign_id = r.campaign_id and d.contact_id = r.contact_id
        union all
        select d.campaign_id, d.contact_id, d.batch from public.campaign_deliveries as d
        where r.campaign_id is null and d.user_id = owner and d.provider_id = r.provider_id
      ) as d
    ),
    -- A receipt may be faster than the answer to the request itself.
    early as (
      select r.n, r.provider_id, r.reason, r.campaign_id, r.contact_id, b.batch
      from receipt as r
      join public.campaign_batches as b
        on b.user_id = owner and b.campaign_id = r.campaign_id and r.contact_id = any (b.contact_ids)
      where not exists (select from found as f where f.n = r.n) and b.claims > 0
    )
    select a.campaign_id, a.batch, count(*) as size, jsonb_agg(jsonb_build_object(
      'contact_id', a.contact_id, 'outcome', 'sent', 'reason', a.reason, 'provider_id', a.provider_id
    ) order by a.reason nulls last) as outcomes
    from (select * from found union all select * from early) as a
    group by a.campaign_id, a.batch order by a.campaign_id, a.batch
  loop
    noted := campaign_private.note_outcomes(
      campaign_private.lock_batch(part.campaign_id, part.batch), part.outcomes);
    result.changed := result.changed + noted;
    result.repeated := result.repeated + part.size - noted;
  end loop;
  result.unmatched := jsonb_array_length(receipts) - result.changed - result.repeated;
  return result;
end
$$;
comment on function campaign_private.note_receipts(uuid, jsonb) is
  'Notes receipts about the deliveries of one owner.';

revoke execute on function
  campaign_private.note_receipts, public.resolve_unknown, public.receive_receipts
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.note_receipts to authenticated, service_role;
grant execute on function public.resolve_unknown, public.receive_receipts to authenticated;
