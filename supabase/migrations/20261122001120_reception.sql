-- Chapter 11b. Reception: reports are taken from their owner, or from the function "hook".

create function campaign_private.receive_reports(reports jsonb, owner uuid, named uuid)
returns public.received
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given campaign_private.report[];
  matched campaign_private.report[];
  fresh text[];
  result public.received;
begin
  given := array(select r from campaign_private.read_reports(reports, owner, named) as r);
  matched := array(
    select g from unnest(given) as g
    where g.kind <> 'ignored' and (
      g.campaign_id is not null
      or (g.kind in ('bounced', 'complained', 'unsubscribed') and g.address is not null)
    )
  );
  fresh := campaign_private.note_reports(matched, owner);
  result := campaign_private.heed_reports(
    array(select m from unnest(matched) as m where m.id = any (fresh)), owner
  );
  -- Whatever is said of a message, a vendor had taken it.
  perform campaign_private.note_receipts(owner, (
    select coalesce(jsonb_agg(jsonb_build_object(
      'campaign_id', m.campaign_id, 'contact_id', m.member_id, 'reason', m.reason,
      'type', case m.kind when 'bounced' then 'bounced' else 'delivered' end
    )), '[]')
    from unnest(matched) as m
    where m.id = any (fresh) and m.campaign_id is not null and m.member_id is not null
      and m.kind <> 'unsubscribed'
  ));
  result.inserted := cardinality(fresh);
  result.duplicates := cardinality(matched) - cardinality(fresh);
  result.ignored := (select count(*) from unnest(given) as g where g.kind = 'ignored');
  result.unmatched := jsonb_array_length(reports) - cardinality(matched) - result.ignored;
  return result;
end
$$;
comment on function campaign_private.receive_reports(jsonb, uuid, uuid) is
  'Takes an owner''s reports, in one transaction; the same again changes nothing.';

create function public.receive_reports(reports jsonb, campaign_id uuid default null)
returns public.received
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if receive_reports.campaign_id is not null and not exists (
    select from public.campaigns as c where c.id = receive_reports.campaign_id
  ) then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  return campaign_private.receive_reports(
    receive_reports.reports, auth.uid(), receive_reports.campaign_id
  );
end
$$;
comment on function public.receive_reports(jsonb, uuid) is
  'Takes what providers report to the caller; a report that names no campaign belongs to the one named here. The same again changes nothing. PT404: no such campaign.';

-- behind the function "hook" ---------------------------------------------------------------

insert into campaign_private.function_secrets (name, value)
values ('CAMPAIGN_INGEST_KEY', encode(campaign_private.random_key(), 'hex'));

create function campaign_private.owners()
returns uuid[]
language sql
stable
security invoker
set search_path = ''
as $$
  -- One look for each owner, however many contacts there are.
  with recursive owner (id) as (
    (select c.user_id from public.contacts as c order by c.user_id limit 1)
    union all
    select (
      select c.user_id from public.contacts as c
      where c.user_id > owner.id order by c.user_id limit 1
    )
    from owner where owner.id is not null
  )
  select coalesce(array_agg(owner.id), '{}') from owner where owner.id is not null
$$;
comment on function campaign_private.owners() is 'All who have contacts. For receive_events() only.';

create function campaign_private.owner_of_report(report jsonb)
returns uuid
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  email_wanted constant text := campaign_private.normalize_email(report ->> 'address');
  fitting uuid[];
begin
  if report ->> 'campaign_id' is not null then
    return (
      select c.user_id from public.campaigns as c where c.id = (report ->> 'campaign_id')::uuid
    );
  end if;
  -- By the vendor's name for the message, or by the address, if it fits one owner only: of
  -- several, nobody knows whose message it was.
  fitting := array(
    select o from unnest(campaign_private.owners()) as o
    where exists (
      select from public.campaign_deliveries as d
      where d.user_id = o and d.provider_id = report ->> 'provider_id'
    )
  );
  if fitting = '{}' then
    fitting := array(
      select o from unnest(campaign_private.owners()) as o
      where exists (
        select from public.contacts as c where c.user_id = o and c.email = email_wanted
      )
    );
  end if;
  return case when cardinality(fitting) = 1 then fitting[1] end;
end
$$;
comment on function campaign_private.owner_of_report(jsonb) is
  'Whose a report is: by its campaign, by its message, or by its address. For receive_events() only.';

create type public.taken as (received integer, ignored integer);
comment on type public.taken is
  'How many reports came, and how many were of no interest. No more: who holds the key of the function learns nothing of any row.';

create function public.receive_events(body text, proof text)
returns public.taken
language plpgsql
-- Whoever calls is nobody, and shows that the function has proven these reports.
security definer
set search_path = ''
as $$
declare
  secret constant text := (
    select s.value from campaign_private.function_secrets as s where s.name = 'CAMPAIGN_INGEST_KEY'
  );
  meant constant text := encode(
    campaign_private.hmac_sha256(convert_to(body, 'UTF8'), convert_to(secret, 'UTF8')), 'hex'
  );
  given jsonb;
  owner uuid;
  reports jsonb;
  result public.taken;
begin
  -- Hashed, so that how long it takes says nothing of how much is right.
  if proof is null or meant is null
    or sha256(convert_to(proof, 'UTF8')) <> sha256(convert_to(meant, 'UTF8')) then
    raise exception using errcode = '42501', message = 'the reports aren''t proven';
  end if;
  given := body::jsonb;
  for owner, reports in
    select o.id, jsonb_agg(r.report)
    from jsonb_array_elements(given -> 'reports') as r (report)
    cross join lateral (
      select coalesce(
        (given ->> 'owner')::uuid, campaign_private.owner_of_report(r.report)
      ) as id
      offset 0
    ) as o
    where r.report ->> 'kind' <> 'ignored' and o.id is not null
    group by o.id order by o.id
  loop
    perform campaign_private.receive_reports(reports, owner, null);
  end loop;
  result.received := jsonb_array_length(given -> 'reports');
  result.ignored := (
    select count(*) from jsonb_array_elements(given -> 'reports') as r
    where r ->> 'kind' = 'ignored'
  );
  return result;
end
$$;
comment on function public.receive_events(text, text) is
  'Takes reports, as JSON {"owner", "reports"}, that the function "hook" has proven; proof is their HMAC-SHA256 under CAMPAIGN_INGEST_KEY, in hex. The same again changes nothing.';

revoke execute on function
  campaign_private.receive_reports(jsonb, uuid, uuid), campaign_private.owners(),
  campaign_private.owner_of_report(jsonb), public.receive_reports(jsonb, uuid),
  public.receive_events(text, text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.receive_reports(jsonb, uuid, uuid)
  to authenticated, service_role;
grant execute on function public.receive_reports(jsonb, uuid) to authenticated;
grant execute on function public.receive_events(text, text) to anon;
