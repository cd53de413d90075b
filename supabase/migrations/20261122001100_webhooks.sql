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

revoke execute on function
  campaign_private.read_reports(jsonb, uuid, uuid),
  campaign_private.forget_reports(uuid, integer),
  campaign_private.note_reports(campaign_private.report[], uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.read_reports(jsonb, uuid, uuid),
  campaign_private.forget_reports(uuid, integer),
  campaign_private.note_reports(campaign_private.report[], uuid)
  to authenticated, service_role;
