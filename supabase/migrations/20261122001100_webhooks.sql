-- Chapter 11. Webhooks: what providers report comes home, once each.
--
-- A report is a JSON object as campaign_sdk.webhooks makes it: id, kind, campaign_id,
-- contact_id, provider_id, address, at, url, actor, reason. Whoever brings reports has
-- proven them; here they are matched with what is the owner's, counted, and heeded.

create table campaign_private.webhook_reports (
  user_id uuid not null references auth.users (id) on delete cascade,
  report_id text not null,
  received_at timestamptz not null default now(),
  constraint webhook_reports_pkey primary key (user_id, report_id),
  constraint webhook_reports_report_id_length check (length(report_id) between 1 and 200)
);
comment on table campaign_private.webhook_reports is
  'The ids of reports that belong to no campaign, and of Mailgun''s, whose tokens sign nothing but themselves: so that none is heeded twice. Kept for 30 days, which is longer than anybody repeats them.';
create index webhook_reports_received_at_index
  on campaign_private.webhook_reports (user_id, received_at);

create table campaign_private.soft_bounces (
  user_id uuid not null references auth.users (id) on delete cascade,
  address bytea not null,
  moments timestamptz[] not null,
  constraint soft_bounces_pkey primary key (user_id, address),
  constraint soft_bounces_address_hashed check (octet_length(address) = 32)
);
comment on table campaign_private.soft_bounces is
  'When messages to an address bounced softly since the last one was delivered. The fifth suppresses it.';

alter table campaign_private.webhook_reports enable row level security;
alter table campaign_private.webhook_reports force row level security;
revoke all on campaign_private.webhook_reports from public, anon, authenticated, service_role;
-- Old ones are locked, to be forgotten; that takes the right to update as well.
grant select, insert, update, delete on campaign_private.webhook_reports
  to authenticated, service_role;
create policy "Owners see which reports were received" on campaign_private.webhook_reports
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners note reports of their own" on campaign_private.webhook_reports
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners lock reports of their own" on campaign_private.webhook_reports
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners forget reports of their own" on campaign_private.webhook_reports
  for delete to authenticated using (user_id = (select auth.uid()));

alter table campaign_private.soft_bounces enable row level security;
alter table campaign_private.soft_bounces force row level security;
revoke all on campaign_private.soft_bounces from public, anon, authenticated, service_role;
grant select, insert, update, delete on campaign_private.soft_bounces to authenticated, service_role;
create policy "Owners see the soft bounces of their contacts" on campaign_private.soft_bounces
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add soft bounces of their contacts" on campaign_private.soft_bounces
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners add to the soft bounces of their contacts" on campaign_private.soft_bounces
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners forget the soft bounces of their contacts" on campaign_private.soft_bounces
  for delete to authenticated using (user_id = (select auth.uid()));

create type campaign_private.report as (
  id text, kind text, campaign_id uuid, contact_id uuid, member_id uuid, address text,
  at timestamptz, url text, actor text, reason text
);
comment on type campaign_private.report is
  'A report, matched with what is the owner''s: no campaign or contact of somebody else. member_id: whom the message was for, a contact who may be gone.';

create function campaign_private.read_reports(reports jsonb, owner uuid, named uuid)
returns setof campaign_private.report
language sql
stable
rows 1000
security invoker
set search_path = ''
as $$
  select r.id, r.kind, known.campaign_id, known.contact_id,
    coalesce(known.member_id, known.contact_id),
    coalesce(
      known.address, (select p.email from public.contacts as p where p.id = known.contact_id)
    ),
    -- A provider's clock mustn't keep out what happened.
    least(greatest(coalesce(r.at, now()), '2000-01-01 00:00:00+00'), now()),
    case when length(r.url) between 1 and 4096 then r.url end,
    case when r.actor in ('human', 'proxy', 'machine') then r.actor else 'unknown' end,
    r.reason
  from jsonb_to_recordset(reports) as r (
    id text, kind text, campaign_id uuid, contact_id uuid, provider_id text, address text,
    at timestamptz, url text, actor text, reason text
  )
  -- Not joins: for a batch of unknown size the planner would read all of an owner's contacts.
  cross join lateral (
    select case when a.address ~ '^[^@]+@[^@]+$' and length(a.address) <= 320 then a.address end
      as address,
      (select c.id from public.campaigns as c
       where c.id = coalesce(r.campaign_id, d.campaign_id, named) and c.user_id = owner)
      as campaign_id,
      coalesce(
        (select p.id from public.contacts as p
         where p.id = coalesce(r.contact_id, d.contact_id) and p.user_id = owner),
        (select p.id from public.contacts as p
         where p.user_id = owner and p.email = a.address)
      ) as contact_id,
      coalesce(r.contact_id, d.contact_id) as member_id
    from (select campaign_private.normalize_email(r.address) as address) as a
    left join lateral (
      select d.campaign_id, d.contact_id from public.campaign_deliveries as d
      where d.user_id = owner and d.provider_id = r.provider_id limit 1
    ) as d on true
    offset 0
  ) as known
  where length(r.id) between 1 and 200
$$;
comment on function campaign_private.read_reports(jsonb, uuid, uuid) is
  'An owner''s reports; a campaign that they don''t name is the one named beside them, a contact is found by id, by the provider''s name for the message, or by address.';

create function campaign_private.forget_reports(owner uuid, new integer)
returns void
language sql
security invoker
set search_path = ''
as $$
  -- Two for each new one: they can't pile up, and nobody waits for a big clearance.
  with old as materialized (
    select r.report_id from campaign_private.webhook_reports as r
    where r.user_id = owner and r.received_at < now() - interval '30 days'
    order by r.received_at limit 2 * new
    for update skip locked
  )
  delete from campaign_private.webhook_reports as r using old
  where r.user_id = owner and r.report_id = old.report_id
$$;
comment on function campaign_private.forget_reports(uuid, integer) is
  'Forgets the ids of reports of an owner that are so old that nobody repeats them.';

create function campaign_private.note_reports(given campaign_private.report[], owner uuid)
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
  noted text[];
  counted text[];
begin
  -- One order for all writers: concurrent repeats of a report deadlock without it.
  with added as (
    insert into campaign_private.webhook_reports (user_id, report_id)
    select owner, g.id from unnest(given) as g
    where g.campaign_id is null or g.id like 'mailgun/%'
    order by g.id
    on conflict do nothing
    returning report_id
  )
  select coalesce(array_agg(a.report_id), '{}') into noted from added as a;
  perform campaign_private.forget_reports(owner, cardinality(noted));
  with added as (
    insert into public.campaign_events (
      campaign_id, event_id, user_id, contact_id, type, occurred_at, actor, link
    )
    select g.campaign_id, g.id, owner, g.contact_id, m.type, g.at, g.actor, g.url
    from unnest(given) as g
    join (values
      ('opened', 'impression'), ('clicked', 'click'), ('delivered', 'delivered'),
      ('bounced', 'bounced'), ('complained', 'complained'), ('unsubscribed', 'unsubscribed')
    ) as m (kind, type) on m.kind = g.kind
    where g.campaign_id is not null and (g.id not like 'mailgun/%' or g.id = any (noted))
    order by g.campaign_id, g.id
    on conflict do nothing
    returning event_id
  )
  select coalesce(array_agg(a.event_id), '{}') into counted from added as a;
  return array(
    select n from unnest(noted) as n where n not like 'mailgun/%'
    union select c from unnest(counted) as c
    -- Of Mailgun's, those that belong to no campaign.
    union select g.id from unnest(given) as g where g.campaign_id is null and g.id = any (noted)
  );
end
$$;
comment on function campaign_private.note_reports(campaign_private.report[], uuid) is
  'Stores reports as events and counts them; returns the ids of those that are new.';

create function campaign_private.count_soft_bounces(given campaign_private.report[], owner uuid)
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
  key campaign_private.address_keys;
  full_up text[];
begin
  insert into campaign_private.address_keys (user_id) values (owner) on conflict do nothing;
  select k.* into key from campaign_private.address_keys as k where k.user_id = owner;
  insert into campaign_private.soft_bounces as b (user_id, address, moments)
  select owner, campaign_private.hash_address(g.address, key), array_agg(g.at)
  from unnest(given) as g
  where g.kind = 'bounced' and g.reason = 'soft' and g.address is not null
    -- Reports come in any order: one from before a delivery says nothing any more.
    and not exists (
      select from public.campaign_events as e
      where e.user_id = owner and e.contact_id = g.contact_id
        and e.type = 'delivered' and e.occurred_at >= g.at
    )
  group by 2 order by 2
  on conflict (user_id, address) do update set moments = b.moments || excluded.moments;
  update campaign_private.soft_bounces as b set moments = array(
    select m from unnest(b.moments) as m where m > d.at
  )
  from (
    select campaign_private.hash_address(g.address, key) as address, max(g.at) as at
    from unnest(given) as g where g.kind = 'delivered' and g.address is not null group by 1
  ) as d
  where b.user_id = owner and b.address = d.address;
  full_up := array(
    select distinct g.address from unnest(given) as g
    join campaign_private.soft_bounces as b
      on b.user_id = owner and b.address = campaign_private.hash_address(g.address, key)
    where cardinality(b.moments) >= 5
  );
  delete from campaign_private.soft_bounces as b
  where b.user_id = owner and (
    cardinality(b.moments) = 0
    or b.address in (select campaign_private.hash_address(f, key) from unnest(full_up) as f)
  );
  return full_up;
end
$$;
comment on function campaign_private.count_soft_bounces(campaign_private.report[], uuid) is
  'Takes note of soft bounces and of deliveries, which end a row of them; returns the addresses with five in a row.';

create function campaign_private.addresses_of(
  given campaign_private.report[], kind text, reason text default null
)
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct g.address), '{}') from unnest(given) as g
  where g.kind = addresses_of.kind and g.address is not null
    and (addresses_of.reason is null or g.reason = addresses_of.reason)
$$;
comment on function campaign_private.addresses_of(campaign_private.report[], text, text) is
  'The addresses in reports of a kind.';

create type public.received as (
  inserted integer, duplicates integer, ignored integer, unmatched integer,
  unsubscribed integer, suppressed integer
);
comment on type public.received is
  'What became of reports: new, received before, of no interest, of nothing that is the owner''s; and how many contacts they unsubscribed and addresses they suppressed.';

create function campaign_private.heed_reports(given campaign_private.report[], owner uuid)
returns public.received
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.received;
  source constant text := split_part((given[1]).id, '/', 1);
  lists constant jsonb := jsonb_build_object(
    'hard_bounce', campaign_private.addresses_of(given, 'bounced', 'hard'),
    'complaint', campaign_private.addresses_of(given, 'complained')
  );
  -- Who is no contact, and shall not become one unseen.
  strangers constant text[] := array(
    select g.address from unnest(given) as g
    where g.kind = 'unsubscribed' and g.contact_id is null and g.address is not null
  );
  list record;
begin
  result.suppressed := 0;
  for list in
    select l.key as reason, array(select jsonb_array_elements_text(l.value)) as emails
    from jsonb_each(
      lists || jsonb_build_object(
        'soft_bounces', campaign_private.count_soft_bounces(given, owner),
        'unsubscribed', strangers
      )
    ) as l
    where l.value <> '[]' order by l.key
  loop
    result.suppressed := result.suppressed
      + campaign_private.suppress(owner, list.emails, list.reason, source);
  end loop;
  update public.contacts as c set unsubscribed_at = g.at
  from (
    select g.contact_id, min(g.at) as at from unnest(given) as g
    where g.kind in ('complained', 'unsubscribed') and g.contact_id is not null
    group by g.contact_id
  ) as g
  where c.id = g.contact_id and c.user_id = owner and c.unsubscribed_at is null;
  get diagnostics result.unsubscribed = row_count;
  return result;
end
$$;
comment on function campaign_private.heed_reports(campaign_private.report[], uuid) is
  'What reports ask for: hard bounces, complaints and the fifth soft bounce suppress an address; who complains or unsubscribes gets no more.';

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
  campaign_private.read_reports(jsonb, uuid, uuid),
  campaign_private.forget_reports(uuid, integer),
  campaign_private.note_reports(campaign_private.report[], uuid),
  campaign_private.count_soft_bounces(campaign_private.report[], uuid),
  campaign_private.addresses_of(campaign_private.report[], text, text),
  campaign_private.heed_reports(campaign_private.report[], uuid),
  campaign_private.receive_reports(jsonb, uuid, uuid),
  campaign_private.owners(), campaign_private.owner_of_report(jsonb),
  public.receive_reports(jsonb, uuid), public.receive_events(text, text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.read_reports(jsonb, uuid, uuid),
  campaign_private.forget_reports(uuid, integer),
  campaign_private.note_reports(campaign_private.report[], uuid),
  campaign_private.count_soft_bounces(campaign_private.report[], uuid),
  campaign_private.addresses_of(campaign_private.report[], text, text),
  campaign_private.heed_reports(campaign_private.report[], uuid),
  campaign_private.receive_reports(jsonb, uuid, uuid)
  to authenticated, service_role;
grant execute on function public.receive_reports(jsonb, uuid) to authenticated;
grant execute on function public.receive_events(text, text) to anon;
